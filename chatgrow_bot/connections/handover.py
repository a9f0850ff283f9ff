"""What keepers learn, on its way up: a connection's state into memory, the database and the journal, messages
and acks to where they belong."""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..engine import Ack, Arrival, Engine
from ..errors import StoreUnavailable
from ..hub import ConnectionView
from ..messages import ConnectionChange, ConnectionState, Fault
from ..store import connections as store
from ..store.database import Database
from .ends import UNLINKED
from .newly_linked import is_newly_linked, objections, twin

#: Seconds between tries when a connection's state cannot be stored.
_PATIENCE = 5.0

log = structlog.get_logger("chatgrow.connections")


class Roads(Protocol):
    """Where messages and acks go, who is told that a connection is in sync, and where engines come from."""

    async def arrived(self, tenant: str, connection_id: str, arrival: Arrival) -> None:
        """Into the way in."""
        ...

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """To the way out."""
        ...

    def online(self, connection_id: str) -> None:
        """Messages may leave."""
        ...

    def freed(self, connection_id: str) -> None:
        """A connection is no longer paused: its lanes may be looked at."""
        ...

    def busy(self, connection_id: str) -> bool:
        """Whether a message of a connection is just being sent, or looked up."""
        ...

    def engine(self, name: str) -> Engine:
        """The engine of this name. Raises CannotStart when no plugin offers it."""
        ...


class Handover:
    """Implements listener.Listener for all connections."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        views: MutableMapping[str, ConnectionView],
        roads: Roads,
        report: Callable[[Fault], None],
        notifies: Callable[[str], bool],
    ) -> None:
        self._db = db
        self._clock = clock
        self._views = views  #: shared with whoever answers the owners
        self._roads = roads
        self._report = report
        self._notifies = notifies  #: whether a connection's troubles are told
        self._unlinked: set[str] = set()  #: whatever they are linked to next, it is linked anew

    async def arrived(self, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page."""
        await self._roads.arrived(self._views[connection_id].tenant, connection_id, arrival)

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of our messages came further."""
        await self._roads.acked(connection_id, ack)

    async def entered(self, connection_id: str, state: ConnectionState, reason: str, me: str | None) -> None:
        """A connection came into another state."""
        view = self._views[connection_id]
        if view.state in UNLINKED:
            self._unlinked.add(connection_id)
        change = ConnectionChange(
            connection_id=connection_id,
            tenant=view.tenant,
            state=state,
            previous=view.state,
            reason=reason,
            at=self._clock.now(),
        )
        is_new = me is not None and is_newly_linked(view.me, me, was_unlinked=connection_id in self._unlinked)
        other = twin(view, me, self._views.values()) if is_new else None
        self._views[connection_id] = replace(
            view, state=state, reason=reason, state_since=change.at, me=me or view.me
        )

        def work(conn: Connection) -> Sequence[str]:
            store.enter(conn, change, me)
            reasons = objections(conn, view, me, other) if is_new and me else ()
            if reasons:
                store.hold(conn, connection_id, "; ".join(reasons))
            return reasons

        reasons = await self._write(connection_id, work)
        if is_new:
            self._unlinked.discard(connection_id)
        if reasons:
            self._held(connection_id, "; ".join(reasons))

    async def _write(self, connection_id: str, work: Callable[[Connection], Sequence[str]]) -> Sequence[str]:
        while True:  # a full disk must not end the connection, nor the process
            try:
                return await self._db.write(work)
            except StoreUnavailable:
                log.exception("a connection's state cannot be stored yet", connection=connection_id)
                await self._clock.sleep(_PATIENCE)

    def _held(self, connection_id: str, reason: str) -> None:
        view = replace(self._views[connection_id], paused=True, paused_because=reason)
        self._views[connection_id] = view
        self.troubled(connection_id, f"it was paused: {reason}")

    async def swept_to(self, connection_id: str) -> datetime | None:
        """What came before this is known to be stored."""
        return await self._db.read(lambda conn: store.swept_to(conn, connection_id))

    async def swept(self, connection_id: str, to: datetime) -> None:
        """Everything before `to` is stored."""
        await self._db.write(lambda conn: store.mark_swept(conn, connection_id, to))

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        self._roads.online(connection_id)

    def busy(self, connection_id: str) -> bool:
        """Whether a message is just being sent, or looked up."""
        return self._roads.busy(connection_id)

    def pictured(self, connection_id: str, at: datetime | None) -> None:
        """There is a picture of the page, or none any more."""
        if view := self._views.get(connection_id):
            self._views[connection_id] = replace(view, picture_at=at)

    def troubled(self, connection_id: str, reason: str) -> None:
        """A session noticed something that a person should know."""
        view = self._views.get(connection_id)
        if view is None or not self._notifies(connection_id):
            log.info("not told", connection=connection_id, reason=reason)
            return
        self._report(
            Fault(
                where="connections",
                reason=reason,
                tenant=view.tenant,
                connection_id=connection_id,
                at=self._clock.now(),
            )
        )
