"""The queue of all connections together: how it stands, paused, stopped, let go."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import BadInput, NotAllowed
from chatgrow_bot.hub import Queue, Role
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server.bodies import read_body

from .models.queue import HaltShown, QueueShown, Shut
from .replies import reply, tenant_of

PATH = "/api/queue"


class QueueRoutes:
    """/api/queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: what holds up everybody is for admins."""
        admin = Access.ADMIN
        yield Route(method="GET", path=f"{PATH}/status", handler=self.status, access=Access.VIEWER)
        yield Route(method="POST", path=f"{PATH}/pause", handler=self.pause, access=admin)
        yield Route(method="POST", path=f"{PATH}/stop", handler=self.stop, access=admin)
        yield Route(method="POST", path=f"{PATH}/resume", handler=self.resume, access=admin)

    async def status(self, request: web.Request) -> web.Response:
        """The caller's own messages by state; with ?all=true everybody's, for admins."""
        asked = request.query.get("all", "false")
        if asked not in ("true", "false"):
            raise BadInput("'all' is true or false")
        if asked == "true" and request[IDENTITY].role is not Role.ADMIN:
            raise NotAllowed("What all users have in the queue is for admins")
        return await self._show(None if asked == "true" else tenant_of(request))

    async def pause(self, request: web.Request) -> web.Response:
        """Nothing leaves any more; messages are taken in, and answered into the queue."""
        await self._queue.pause(request[IDENTITY].username, await reason_of(request))
        return await self._show(None)

    async def stop(self, request: web.Request) -> web.Response:
        """Emergency stop: nothing leaves by any road, and nobody is asked to answer."""
        await self._queue.stop(request[IDENTITY].username, await reason_of(request))
        return await self._show(None)

    async def resume(self, request: web.Request) -> web.Response:
        """Let everything go again."""
        await self._queue.resume(request[IDENTITY].username)
        return await self._show(None)

    async def _show(self, tenant: str | None) -> web.Response:
        status = await self._queue.status(tenant)
        halt = status.halt
        shown = HaltShown(how=halt.how.value, by=halt.by, reason=halt.reason, at=halt.at) if halt else None
        return reply(
            QueueShown(
                halt=shown,
                by_state={state.value: count for state, count in status.by_state.items()},
                oldest_waiting=status.oldest_waiting,
            )
        )


async def reason_of(request: web.Request) -> str:
    """Why something is shut; whoever does it may keep it to himself."""
    return (await read_body(request, Shut)).reason if request.body_exists else ""
