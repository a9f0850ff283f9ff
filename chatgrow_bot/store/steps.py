"""Every step of an outgoing message goes through here: the row, its timeline and the fact in one transaction,
and only from a state that allows it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, insert, select, update

from ..ids import new_id
from ..messages import HOLDS_CHAT, WAITING, Delivery, Outbound, State
from . import journal
from .rows import Outgoing, from_media, from_payload, to_outgoing
from .tables import in_states, outbox, timeline

_WAITS, _HOLDS = in_states("outbox.state", WAITING), in_states("outbox.state", HOLDS_CHAT)
_BY_ACK = {1: State.SENT, 2: State.DELIVERED, 3: State.READ, 4: State.READ}


def move(
    conn: Connection,
    message_id: str,
    state: State,
    at: datetime,
    *,
    since: Collection[State],
    reason: str = "",
    **values: Any,
) -> Outgoing | None:
    """Bring a message into a state, if it is in one of `since`; None when it is not (somebody was faster)."""
    which = (outbox.c.id == message_id, outbox.c.state.in_(tuple(since)))
    moved = _move(conn, which, state, at, reason, values)
    return moved[0] if moved else None


def _move(
    conn: Connection,
    which: Sequence[ColumnElement[bool] | TextClause],
    state: State,
    at: datetime,
    reason: str,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Sequence[Outgoing]:
    changes = {"state": state, "reason": reason, "updated_at": at, **values}
    result = conn.execute(update(outbox).where(*which).values(**changes).returning(outbox))
    moved = [to_outgoing(row) for row in result]
    if moved:
        tell(conn, *(row.delivery for row in moved))
    return moved


def intend(conn: Connection, message_id: str, content: Outbound, at: datetime) -> Outgoing | None:
    """The intent to send, with what is going to be said after the filters; None when it was taken back."""
    return move(
        conn,
        message_id,
        State.SENDING,
        at,
        since=(State.CLAIMED,),
        text=content.text,
        media=from_media(content.media),
        payload=from_payload(content.payload),
        kind=content.kind,
    )


def acked(conn: Connection, connection_id: str, wa_id: str, ack: int, at: datetime) -> Outgoing | None:
    """Note how far a message has come; never back. None when it is not ours, or was as far already."""
    if ack not in _BY_ACK:
        return None
    row = conn.execute(
        update(outbox)
        .where(outbox.c.connection_id == connection_id, outbox.c.wa_id == wa_id, outbox.c.ack < ack)
        .values(ack=ack, state=_BY_ACK[ack], reason="", updated_at=at)
        .returning(outbox)
    ).first()
    if row is None:
        return None
    known = to_outgoing(row)
    tell(conn, known.delivery)
    return known


def end_all(conn: Connection, tenant: str, connection_id: str, at: datetime, reason: str) -> None:
    """End whatever is under way on a connection: what has not left is taken back, what may have left is for a
    person to judge."""
    mine = (outbox.c.tenant == tenant, outbox.c.connection_id == connection_id)
    _move(conn, (*mine, _WAITS), State.CANCELLED, at, reason)
    _move(conn, (*mine, _HOLDS, outbox.c.state == State.CLAIMED), State.CANCELLED, at, reason)
    _move(conn, (*mine, _HOLDS), State.QUARANTINED, at, f"it is not known whether it left; {reason}")


def expire(conn: Connection, now: datetime, most: int) -> Sequence[Outgoing]:
    """End waiting messages whose time to live has ended, so many at once; those that were ended."""
    overdue = select(outbox.c.id).where(_WAITS, outbox.c.expires_at <= now).limit(most)
    reason = "its time to live ended before it could leave"
    return _move(conn, (_WAITS, outbox.c.id.in_(overdue)), State.EXPIRED, now, reason)


def tell(conn: Connection, *deliveries: Delivery) -> None:
    """A step of each, in its timeline and in the journal."""
    steps = [
        {"id": new_id(), "message_id": d.id, "at": d.updated_at, "state": d.state, "reason": d.reason}
        for d in deliveries
    ]
    conn.execute(insert(timeline), steps)
    journal.tell(conn, *deliveries, at=deliveries[0].updated_at)
