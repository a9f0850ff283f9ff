"""The queue of all connections together: how it stands, paused, stopped, let go."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import NotAllowed
from chatgrow_bot.hub import Backlog, Halt, Identity, Queue, Scope, Workers
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body, read_query

from .models.queue import HaltShown, QueueShown, Shut, StatusAsked, WaitingShown, WorkersShown
from .replies import reply, tenant_of

PATH = "/api/queue"

_TAG = "Queue"
_STATUS = Doc(tag=_TAG, query=StatusAsked, answer=QueueShown)
_SHUT = Doc(tag=_TAG, body=Shut, optional=True, answer=QueueShown, also=(409,))
_OPEN = Doc(tag=_TAG, answer=QueueShown)


class QueueRoutes:
    """/api/queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom: what holds up everybody is for admins."""
        admin = Access.ADMIN
        yield Route(
            method="GET",
            path=f"{PATH}/status",
            handler=self.status,
            scope=Scope.READ,
            doc=_STATUS,
            access=Access.VIEWER,
        )
        yield Route(
            method="POST",
            path=f"{PATH}/pause",
            handler=self.pause,
            scope=Scope.ADMIN,
            doc=_SHUT,
            access=admin,
        )
        yield Route(
            method="POST", path=f"{PATH}/stop", handler=self.stop, scope=Scope.ADMIN, doc=_SHUT, access=admin
        )
        yield Route(
            method="POST",
            path=f"{PATH}/resume",
            handler=self.resume,
            scope=Scope.ADMIN,
            doc=_OPEN,
            access=admin,
        )

    async def status(self, request: web.Request) -> web.Response:
        """The caller's own messages by state and connection; with ?all=true everybody's, for admins.

        What waits is counted once a second. A key that is bound to some connections sees those alone.
        """
        asked = read_query(request, StatusAsked)
        if asked.all and not request[IDENTITY].sees_all:
            raise NotAllowed("What all users have in the queue is for admins")
        return await self._show(None if asked.all else tenant_of(request), request[IDENTITY])

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

    async def _show(self, tenant: str | None, who: Identity | None = None) -> web.Response:
        status, sees_all = await self._queue.status(tenant), who is None or who.sees_all
        halt, mine = status.halt, [e for e in status.backlogs if who is None or who.may_use(e.connection_id)]
        whole = Backlog.together(mine)
        return reply(
            QueueShown(
                halt=_halt(halt, sees_all) if halt else None,
                by_state=by_state(whole),
                oldest_waiting=whole.oldest_waiting,
                paused_connections=[each.connection_id for each in mine if each.paused],
                connections=[
                    WaitingShown(
                        connection_id=each.connection_id,
                        by_state=by_state(each),
                        oldest_waiting=each.oldest_waiting,
                        paused=each.paused,
                        paused_because=each.paused_because,
                    )
                    for each in mine
                ],
                workers=_workers(status.workers, sees_all) if status.workers else None,
            )
        )


def by_state(backlog: Backlog) -> dict[str, int]:
    """How many messages are in which state."""
    return {state.value: count for state, count in backlog.by_state.items()}


def _halt(halt: Halt, sees_all: bool) -> HaltShown:
    return HaltShown(how=halt.how.value, by=halt.by if sees_all else "", reason=halt.reason, at=halt.at)


def _workers(workers: Workers, sees_all: bool) -> WorkersShown:
    busy = workers.busy if sees_all else None
    return WorkersShown(concurrency=workers.concurrency, alive=workers.alive, in_flight=busy)


async def reason_of(request: web.Request) -> str:
    """Why something is shut; whoever does it may keep it to himself."""
    return (await read_body(request, Shut)).reason if request.body_exists else ""
