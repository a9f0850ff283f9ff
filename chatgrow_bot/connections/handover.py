"""What keepers learn, on its way up: a connection's state into memory, the database and the journal, messages
and acks to where they belong."""

from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from ..clock import Clock
from ..engine import Ack, Arrival, Engine
from ..errors import StoreUnavailable
from ..hub import ConnectionView
from ..messages import ConnectionChange, ConnectionState, Fault
from ..store import connections as store
from ..store.database import Database

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

    def engine(self, name: str) -> Engine:
        """The engine of this name. Raises EngineError when no plugin offers it."""
        ...


class Handover:
    """Implements keeper.Listener for all connections."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        views: MutableMapping[str, ConnectionView],
        roads: Roads,
        report: Callable[[Fault], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._views = views  #: shared with whoever answers the owners
        self._roads = roads
        self._report = report

    async def arrived(self, connection_id: str, arrival: Arrival) -> None:
        """A message is on the page."""
        await self._roads.arrived(self._views[connection_id].tenant, connection_id, arrival)

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of our messages came further."""
        await self._roads.acked(connection_id, ack)

    async def entered(self, connection_id: str, state: ConnectionState, reason: str, me: str | None) -> None:
        """A connection came into another state."""
        view = self._views[connection_id]
        change = ConnectionChange(
            connection_id=connection_id,
            tenant=view.tenant,
            state=state,
            previous=view.state,
            reason=reason,
            at=self._clock.now(),
        )
        self._views[connection_id] = replace(
            view, state=state, reason=reason, state_since=change.at, me=me or view.me
        )
        while True:  # a full disk must not end the connection, nor the process
            try:
                return await self._db.write(lambda conn: store.enter(conn, change, me))
            except StoreUnavailable:
                log.exception("a connection's state cannot be stored yet", connection=connection_id)
                await self._clock.sleep(_PATIENCE)

    async def swept_to(self, connection_id: str) -> datetime | None:
        """What came before this is known to be stored."""
        return await self._db.read(lambda conn: store.swept_to(conn, connection_id))

    async def swept(self, connection_id: str, to: datetime) -> None:
        """Everything before `to` is stored."""
        await self._db.write(lambda conn: store.mark_swept(conn, connection_id, to))

    def online(self, connection_id: str) -> None:
        """In sync: messages may leave."""
        self._roads.online(connection_id)

    def troubled(self, connection_id: str, reason: str) -> None:
        """A session noticed something that a person should know."""
        self._report(
            Fault(
                where="connections",
                reason=reason,
                tenant=self._views[connection_id].tenant,
                connection_id=connection_id,
                at=self._clock.now(),
            )
        )
