"""The outgoing messages. Every step of one goes through `move`: the row, its timeline and the fact in one
transaction, and only from a state that allows it. What is asked in somebody's name takes his tenant; all
else is for the core alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)

from ..ids import new_id
from ..messages import HOLDS_CHAT, WAITING, Delivery, Lane, Outbound, Priority, State, TimelineEntry
from . import contacts, journal
from .rows import Outgoing, from_media, from_payload, outgoing, to_outgoing
from .tables import connections, idempotency, in_states, outbox, timeline

_WAITS, _HOLDS = in_states("outbox.state", WAITING), in_states("outbox.state", HOLDS_CHAT)
_ABOVE = outbox.alias("above")
_CHAT_HELD = exists().where(
    _ABOVE.c.connection_id == outbox.c.connection_id,
    _ABOVE.c.chat == outbox.c.chat,
    _ABOVE.c.id != outbox.c.id,
    in_states("above.state", HOLDS_CHAT),
)
_BY_ACK = {1: State.SENT, 2: State.DELIVERED, 3: State.READ, 4: State.READ}


def add(conn: Connection, rows: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """Store messages to send, each under the one chat that its reader has here; as they were stored."""
    if not rows:
        return ()
    stored = [_addressed(conn, row) for row in rows]
    conn.execute(insert(outbox), [_values(row) for row in stored])
    _tell(conn, *(row.delivery for row in stored))
    return stored


def _addressed(conn: Connection, row: Outgoing) -> Outgoing:
    chat = contacts.canonical(conn, row.delivery.connection_id, row.delivery.chat)
    return row if chat == row.delivery.chat else replace(row, delivery=replace(row.delivery, chat=chat))


def _values(row: Outgoing) -> dict[str, Any]:
    d = row.delivery
    return {
        "id": d.id,
        "tenant": d.tenant,
        "connection_id": d.connection_id,
        "chat": d.chat,
        "wa_id": d.wa_id,
        "kind": d.kind,
        "text": row.text,
        "media": from_media(row.media),
        "payload": from_payload(row.payload),
        "about": d.about,
        "mentions": list(row.mentions) or None,
        "forwarded": row.forwarded,
        "lane": d.lane,
        "priority": d.priority,
        "state": d.state,
        "source": d.source,
        "because": d.because,
        "due": d.due,
        "expires_at": d.expires_at,
        "created_at": d.created_at,
        "updated_at": d.updated_at,
    }


def claim(conn: Connection, connection_id: str, lane: Lane, epoch: int, now: datetime) -> Outgoing | None:
    """Take the next message of a lane, counting the attempt before it is made. None when none may go now."""
    for priority in Priority:
        head = _first(connection_id, lane, priority, epoch).where(outbox.c.due <= now)
        if found := conn.execute(head).scalar():
            since, attempts = (State.QUEUED, State.RETRY), outbox.c.attempts + 1
            return move(conn, found, State.CLAIMED, now, since=since, attempts=attempts, epoch=epoch)
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
        _tell(conn, *(row.delivery for row in moved))
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
    _tell(conn, known.delivery)
    return known


def knows(conn: Connection, connection_id: str, wa_id: str) -> bool:
    """Whether a message under this WhatsApp id is one of ours."""
    query = select(outbox.c.id).where(outbox.c.connection_id == connection_id, outbox.c.wa_id == wa_id)
    return conn.execute(query).first() is not None


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


def in_state(conn: Connection, state: State, connection_id: str | None = None) -> Sequence[Outgoing]:
    """All messages in a state, oldest first."""
    query = select(outbox).where(outbox.c.state == state)
    if state in HOLDS_CHAT:  # these are few and have an index; a word more, and SQLite would take another
        query = query.where(_HOLDS)
    mine = [row for row in _rows(conn, query) if connection_id in (None, row.delivery.connection_id)]
    return sorted(mine, key=lambda row: row.delivery.id)


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


def history(conn: Connection, tenant: str, message_id: str) -> Sequence[TimelineEntry]:
    """Every step of a message's life so far, oldest first."""
    query = (
        select(timeline)
        .join(outbox, outbox.c.id == timeline.c.message_id)
        .where(outbox.c.id == message_id, outbox.c.tenant == tenant)
        .order_by(timeline.c.at, timeline.c.id)
    )
    return [
        TimelineEntry(at=row.at, state=State(row.state), reason=row.reason) for row in conn.execute(query)
    ]


def automatic_since(conn: Connection, connection_id: str, chat: str, since: datetime) -> Sequence[Outgoing]:
    """The automatic replies queued for a chat since a time."""
    return _rows(
        conn,
        select(outbox).where(
            outbox.c.connection_id == connection_id,
            outbox.c.chat == chat,
            outbox.c.lane == Lane.REPLY,
            outbox.c.created_at >= since,
        ),
    )


def by_key(conn: Connection, tenant: str, key: str) -> tuple[str, Outgoing | None] | None:
    """What was queued under an idempotency key: the digest of the request, and the message."""
    row = conn.execute(
        select(idempotency).where(idempotency.c.tenant == tenant, idempotency.c.key == key)
    ).first()
    return row and (row.digest, outgoing(conn, tenant, row.message_id))


def keep_key(conn: Connection, row: Outgoing, key: str, digest: str) -> None:
    """Remember under which key a message was queued."""
    d = row.delivery
    conn.execute(
        insert(idempotency).values(
            tenant=d.tenant, key=key, digest=digest, message_id=d.id, created_at=d.created_at
        )
    )


def _rows(conn: Connection, query: Select[Any]) -> Sequence[Outgoing]:
    return [to_outgoing(row) for row in conn.execute(query)]


def _tell(conn: Connection, *deliveries: Delivery) -> None:
    """A step of each, in its timeline and in the journal."""
    steps = [
        {"id": new_id(), "message_id": d.id, "at": d.updated_at, "state": d.state, "reason": d.reason}
        for d in deliveries
    ]
    conn.execute(insert(timeline), steps)
    journal.tell(conn, *deliveries, at=deliveries[0].updated_at)
