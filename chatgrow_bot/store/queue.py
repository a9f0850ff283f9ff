"""Whose turn it is: the head of a connection's lane, found by the index and never by a scan."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, literal, select, tuple_

from ..messages import HOLDS_CHAT, WAITING, Delivery, Lane, Priority, State
from . import steps
from .rows import Outgoing
from .tables import connections, in_states, outbox

_WAITS = in_states("outbox.state", WAITING)
_ABOVE = outbox.alias("above")
_CHAT_HELD = exists().where(
    _ABOVE.c.connection_id == outbox.c.connection_id,
    _ABOVE.c.chat == outbox.c.chat,
    _ABOVE.c.id != outbox.c.id,
    in_states("above.state", HOLDS_CHAT),
)


def claim(conn: Connection, connection_id: str, lane: Lane, epoch: int, now: datetime) -> Outgoing | None:
    """Take the next message of a lane, counting the attempt before it is made. None when none may go now."""
    for priority in Priority:
        head = _first(connection_id, lane, priority, epoch).where(outbox.c.due <= now)
        if found := conn.execute(head).scalar():
            since, attempts = (State.QUEUED, State.RETRY), outbox.c.attempts + 1
            return steps.move(conn, found, State.CLAIMED, now, since=since, attempts=attempts, epoch=epoch)
    return None


def next_due(conn: Connection, connection_id: str, lane: Lane, epoch: int) -> datetime | None:
    """When the earliest waiting message of a lane is due; None when none may go, whatever the time."""
    heads = [conn.execute(_first(connection_id, lane, each, epoch)).first() for each in Priority]
    return min((head.due for head in heads if head), default=None)


def _first(connection_id: str, lane: Lane, priority: Priority, epoch: int) -> Select[Any]:
    """The message of a lane that is due first and may go: its chat free, its connection ours, not paused, and
    still its tenant's. One priority at a time, so that the index finds it without passing those due later."""
    ours = and_(
        connections.c.id == outbox.c.connection_id,
        connections.c.tenant == outbox.c.tenant,
        connections.c.epoch == epoch,
        connections.c.paused.is_(False),
    )
    return (
        select(outbox.c.id, outbox.c.due)
        .join(connections, ours)
        .where(
            outbox.c.connection_id == connection_id,
            outbox.c.lane == lane,
            outbox.c.priority == priority,
            _WAITS,
            ~_CHAT_HELD,
        )
        .order_by(outbox.c.due, outbox.c.id)
        .limit(1)
    )


def waiting_lanes(conn: Connection) -> Sequence[tuple[str, Lane]]:
    """The connections and lanes on which anything waits."""
    rows = conn.execute(select(outbox.c.connection_id, outbox.c.lane).where(_WAITS).distinct())
    return [(row.connection_id, Lane(row.lane)) for row in rows]


def ahead(conn: Connection, delivery: Delivery) -> int:
    """How many messages of its lane go before this one."""
    columns = (outbox.c.priority, outbox.c.due, outbox.c.id)
    mine = (delivery.priority, delivery.due, delivery.id)
    values = [literal(value, column.type) for value, column in zip(mine, columns, strict=True)]
    query = select(func.count()).where(
        outbox.c.connection_id == delivery.connection_id,
        outbox.c.lane == delivery.lane,
        _WAITS,
        tuple_(*columns) < tuple_(*values),
    )
    return int(conn.execute(query).scalar_one())
