"""What a message waits for, in sentences: all that stands in its way at this moment, the widest first. What
is said here is what the claim looks at; obstacles.py and queue.py have it as conditions."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Row, select, text

from ..messages import HOLDS_CHAT, UNSENT, WAITING, ConnectionState, Delivery, State
from . import connections as stored_connections
from . import halts, queue
from .partial import in_states
from .tables import connections, outbox

#: It is in somebody's hands: nothing stands in its way.
_ON_ITS_WAY = {
    State.CLAIMED: "taken from the queue and about to leave",
    State.SENDING: "WhatsApp has not answered yet",
}
#: It is looked up, and then sent on, without anybody's doing.
_UNCLEAR = "it is not known whether it left; it is looked up once the connection has been in sync for a while"


def waits_for(conn: Connection, delivery: Delivery, now: datetime) -> str:
    """What it waits for, in a sentence; empty when it waits for nothing."""
    return "; ".join(_reasons(conn, delivery, now))


def _reasons(conn: Connection, delivery: Delivery, now: datetime) -> Iterator[str]:
    if delivery.state is State.QUARANTINED:
        yield f"a person decides whether it is sent again or given up: {delivery.reason}"
    elif delivery.state is State.UNKNOWN:
        yield _UNCLEAR
        yield from _connection(conn, delivery)
    elif delivery.state in _ON_ITS_WAY:
        yield f"it is on its way since {_at(delivery.updated_at)}: {_ON_ITS_WAY[delivery.state]}"
        yield from _connection(conn, delivery)
    elif delivery.state in WAITING:
        yield from (reasons := list(_in_the_way(conn, delivery, now)))
        if not reasons:
            yield f"its turn comes; {queue.ahead(conn, delivery, now)} of its lane go first"


def _in_the_way(conn: Connection, delivery: Delivery, now: datetime) -> Iterator[str]:
    if halt := halts.get(conn):
        yield halts.said(halt)
    yield from _connection(conn, delivery)
    if delivery.due > now:
        why = f", because {delivery.reason.rstrip('.')}" if delivery.reason else ""
        yield f"it is not due before {_at(delivery.due)}{why}"
    yield from _others(conn, delivery)
    slot = stored_connections.next_slots(conn, delivery.connection_id).get(
        (delivery.connection_id, delivery.lane)
    )
    if slot and slot > now:
        yield f"the next slot of its lane '{delivery.lane}' is at {_at(slot)}"


def _connection(conn: Connection, delivery: Delivery) -> Iterator[str]:
    name = delivery.connection_id
    found = conn.execute(select(connections).where(connections.c.id == name)).first()
    if found is None or found.tenant != delivery.tenant:
        yield f"there is no connection '{name}' any more"
        return
    if found.paused:
        yield f"connection '{name}' is paused" + _why(found.paused_because)
    if found.state != ConnectionState.ONLINE:
        yield f"connection '{name}' is {found.state}" + _why(found.reason)


def _others(conn: Connection, delivery: Delivery) -> Iterator[str]:
    """The other messages that it waits for."""
    here = (outbox.c.connection_id == delivery.connection_id, outbox.c.chat == delivery.chat)
    holds = (*here, in_states("outbox.state", HOLDS_CHAT), outbox.c.id != delivery.id)
    if other := conn.execute(select(outbox).where(*holds)).first():
        yield f"its chat is held by message {_told(other)}"
    lane = (outbox.c.lane == delivery.lane, outbox.c.priority <= delivery.priority)
    older = (*here, *lane, outbox.c.id < delivery.id, text("held"))
    if other := conn.execute(select(outbox).where(*older).order_by(outbox.c.id)).first():
        yield f"message {_told(other)} goes first, not before {_at(other.due)}"
    about = (outbox.c.id == delivery.about, in_states("outbox.state", UNSENT))
    if delivery.about and (other := conn.execute(select(outbox).where(*about)).first()):
        yield f"the message that it is about has not left: {_told(other)}"


def _told(other: Row[tuple[object, ...]]) -> str:
    return f"{other.id}, which is {other.state}{_why(other.reason)}"


def _why(reason: str) -> str:
    return f" ({reason.rstrip('.')})" if reason else ""


def _at(time: datetime) -> str:
    return f"{time:%F %T} UTC"
