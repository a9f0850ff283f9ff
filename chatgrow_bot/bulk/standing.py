"""What keeps a bulk send back, and when it will have ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from ..clock import Clock
from ..errors import ChatgrowError
from ..hub import Batch, BatchState, ConnectionView, Halt
from ..limits import Policy, windows
from ..messages import ConnectionState, Delivery, Lane, Outbound, Priority
from ..store import bulk_outlook as store
from ..store import connections as stored_connections
from ..store import halts
from ..store.database import Database
from ..store.rows import Outgoing

#: Why a connection may take nothing in; None when it may.
Refusal = Callable[[str, str, ConnectionView | None], ChatgrowError | None]


class WayOut(Protocol):
    """Where rows become messages."""

    def draft(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        lane: Lane,
        cause: str = "",
    ) -> Outgoing:
        """The row that a message will be. Raises BadInput."""
        ...

    def wake(self, connection_id: str) -> None:
        """Look at a connection's lanes now."""
        ...


class Foresight(Protocol):
    """Who knows when messages may leave."""

    async def learn(self, delivery: Delivery) -> None:
        """Know how fast a message's owner may send now."""
        ...

    def forecast(self, conn: Connection, delivery: Delivery, slot: datetime | None, ahead: int) -> datetime:
        """When a message is likely to leave whose lane may send from `slot` on, with so many before it."""
        ...


def comes(batch: Batch, now: datetime) -> datetime:
    """From when on its rows may leave, by its own times."""
    begins = max(now, batch.send_at or now)
    return windows.opens(batch.hours, begins) if batch.hours else begins


def own_times(batch: Batch, now: datetime) -> str:
    """Which of its own times it waits for, in a sentence; empty when they have come."""
    if batch.send_at and batch.send_at > now:
        return f"it begins at {batch.send_at:%F %T} UTC"
    if (opens := comes(batch, now)) > now:
        return f"its sending hours begin at {opens:%F %R} UTC"
    return ""


def waits_for(
    batch: Batch, view: ConnectionView | None, halt: Halt | None, refusal: Refusal, now: datetime
) -> str:
    """What keeps all of it back, in a sentence; empty when nothing does."""
    name = batch.connection_id
    if refused := refusal(batch.tenant, name, view):
        return refused.detail
    if halt:
        return halts.said(halt)
    if times := own_times(batch, now):
        return times
    if view and view.paused:
        return f"connection '{name}' is paused"
    if view and view.state is not ConnectionState.ONLINE:
        return f"connection '{name}' is {view.state}"
    return ""


class Standing:
    """Tells how far a bulk send is from its end."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: WayOut,
        gate: Foresight,
        policy: Callable[[str], Policy],
        refusal: Refusal,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._gate = gate
        self._policy = policy
        self._refusal = refusal

    async def completion(self, batch: Batch) -> datetime | None:
        """When its last row is likely to leave, by the pacing, by what else its connection has to send and by
        the hours in which it may not; None when nobody can tell."""
        if batch.state is not BatchState.RUNNING:
            return None
        chat = await self._db.read(lambda conn: store.last_chat(conn, batch.batch_id))
        draft = self._draft(batch, chat or "15550000000@c.us")
        await self._gate.learn(draft)
        return await self._db.read(lambda conn: self._look(conn, batch, draft))

    def _draft(self, batch: Batch, chat: str) -> Delivery:
        last = Outbound(to=chat, text="the last", priority=Priority.LOW)
        return self._outbox.draft(
            batch.tenant, batch.connection_id, last, source="bulk", lane=Lane.SEND
        ).delivery

    def _look(self, conn: Connection, batch: Batch, last: Delivery) -> datetime | None:
        now, name = self._clock.now(), batch.connection_id
        views = stored_connections.by_id(conn, {name})
        if self._refusal(batch.tenant, name, views.get(name)):
            return None
        left = store.left(conn, batch.tenant, name)
        mine = left.get(batch.batch_id, 0)
        # The bulk sends of a connection go on side by side: the shorter of two is through first.
        ahead = sum(min(mine, each) for each in left.values()) + store.before(conn, name, now) - 1
        slot = stored_connections.next_slots(conn, name).get((name, Lane.SEND))
        start = max(now, batch.send_at or now, slot or now)
        likely = self._gate.forecast(conn, last, start, max(0, ahead))
        if batch.hours is None:
            return likely
        busy = timedelta(seconds=max(0, ahead) * self._policy(name).paces[Lane.SEND].mean)
        done = windows.after(batch.hours, start, busy)
        return done and windows.opens(batch.hours, max(done, likely))
