"""Admin commands over HTTP: the same that every other front runs."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Commands, Scope
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body

from .models.commands import CommandAnswer, CommandCall, CommandInfo, CommandList
from .replies import reply

PATH = "/api/commands"

_ALL = Doc(tag="Commands", answer=CommandList)
_RUN = Doc(tag="Commands", body=CommandCall, optional=True, answer=CommandAnswer, also=(409,))


class CommandRoutes:
    """/api/commands."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: any user, for each command names its own role."""
        yield Route(
            method="GET", path=PATH, handler=self.list, scope=Scope.ADMIN, doc=_ALL, access=Access.VIEWER
        )
        yield Route(
            method="POST",
            path=f"{PATH}/{{name}}",
            handler=self.run,
            scope=Scope.ADMIN,
            doc=_RUN,
            access=Access.VIEWER,
        )

    async def list(self, request: web.Request) -> web.Response:
        """The commands that the caller may use."""
        role = request[IDENTITY].role
        return reply(
            CommandList(
                commands=[
                    CommandInfo(name=each.name, help=each.help, role=each.role, confirm=each.confirm)
                    for each in self._commands.all()
                    if role.includes(each.role)
                ]
            )
        )

    async def run(self, request: web.Request) -> web.Response:
        """Run one, or learn the code that confirms it."""
        call = await read_body(request, CommandCall) if request.body_exists else CommandCall()
        answer = await self._commands.run(request.match_info["name"], call.args, request[IDENTITY])
        return reply(CommandAnswer(ok=answer.ok, text=answer.text, data=dict(answer.data)))
