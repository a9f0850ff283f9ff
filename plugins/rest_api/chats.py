"""What is done in a chat at once, past the queue: read marks, typing, presence; and who is there."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.engine import Activity
from chatgrow_bot.hub import Chats
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.server.bodies import read_body

from .connections import PATH
from .content import international
from .models.chats import GroupList, GroupShown, MemberShown, NumberChecked, Presence, Typing
from .replies import reply, tenant_of


class ChatRoutes:
    """/chats, /presence, /numbers and /groups of a connection."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom. Looking up a number is for operators: WhatsApp counts such questions
        against the account."""
        one, operator = f"{PATH}/{{connection_id}}", Access.OPERATOR
        chat = f"{one}/chats/{{chat}}"
        yield Route(method="POST", path=f"{chat}/read", handler=self.read, access=operator)
        yield Route(method="POST", path=f"{chat}/typing", handler=self.type, access=operator)
        yield Route(method="POST", path=f"{one}/presence", handler=self.appear, access=operator)
        yield Route(method="GET", path=f"{one}/numbers/{{number}}", handler=self.check, access=operator)
        yield Route(method="GET", path=f"{one}/groups", handler=self.groups, access=Access.VIEWER)

    async def read(self, request: web.Request) -> web.Response:
        """Let the writers of a chat see that all was read."""
        await self._chats.mark_read(*_connection(request), request.match_info["chat"])
        return web.Response(status=204)

    async def type(self, request: web.Request) -> web.Response:
        """Be seen typing or recording, for a while."""
        body = await read_body(request, Typing) if request.body_exists else Typing()
        chat, activity = request.match_info["chat"], Activity(body.activity)
        await self._chats.show(*_connection(request), chat, activity, body.seconds)
        return web.Response(status=204)

    async def appear(self, request: web.Request) -> web.Response:
        """Be seen as online, or no longer."""
        body = await read_body(request, Presence)
        await self._chats.be_available(*_connection(request), body.available)
        return web.Response(status=204)

    async def check(self, request: web.Request) -> web.Response:
        """Whether a number is on WhatsApp."""
        number = international(request.match_info["number"])
        chat = await self._chats.check(*_connection(request), number)
        return reply(NumberChecked(number=number, exists=chat is not None, chat=chat))

    async def groups(self, request: web.Request) -> web.Response:
        """The groups that the account is in, and who is in them."""
        found = await self._chats.groups(*_connection(request))
        return reply(
            GroupList(
                groups=[
                    GroupShown(
                        chat=group.chat,
                        name=group.name,
                        members=[
                            MemberShown(chat=member.chat, name=member.name, admin=member.admin)
                            for member in group.members
                        ],
                    )
                    for group in found
                ]
            )
        )


def _connection(request: web.Request) -> tuple[str, str]:
    return tenant_of(request), request.match_info["connection_id"]
