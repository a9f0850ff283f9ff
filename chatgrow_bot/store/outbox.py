"""The outgoing messages: taken in, and asked about. Their steps are in steps.py, whose turn
it is in queue.py. What is asked in somebody's name takes his tenant; all else is for the core alone."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select

from ..messages import HOLDS_CHAT, WAITING, Delivery, State, TimelineEntry
from . import contacts, spent, steps, suppressions
from .partial import in_states
from .prepared import Asked, Prepared
from .rows import Outgoing, from_media, from_payload, outgoing, to_outgoing
from .tables import UNPLANNED, idempotency, outbox, timeline

_ADD = Prepared(insert(outbox), outbox.c.keys())
#: Why one that is due later than it was queued is: it says so, and by that it is known from a planned one.
_IN_BETWEEN = "others get their turn between two messages to one chat"
_BY = [outbox.c[each] for each in ("connection_id", "chat", "lane", "priority")]
#: Every chat is looked up on every connection that is named beside it: SQLite finds pairs by no index.
_LAST = Asked(
    select(*_BY, func.max(outbox.c.due).label("due"))
    .where(outbox.c.connection_id.in_(bindparam("names", expanding=True)))
    .where(outbox.c.chat.in_(bindparam("chats", expanding=True)), UNPLANNED)
    .group_by(*_BY)
)
_AT_ONCE = 25
_HOLDS = in_states("outbox.state", HOLDS_CHAT)


def add(conn: Connection, rows: Sequence[Outgoing], *, wanted: bool = False) -> Sequence[Delivery]:
    """Store messages to send, each under the one chat that its reader has here and in its place behind others
    to him; as they were stored. They are `wanted` where it was just asked that no reader opted out."""
    if not rows:
        return ()
    stored = _spread(conn, [_addressed(conn, row) for row in rows])
    if not wanted:
        suppressions.recall(conn, {(each.tenant, each.chat) for each in stored})
    _ADD.run(conn, [_values(row, delivery) for row, delivery in zip(rows, stored, strict=True)])
    steps.tell(conn, *stored, first=True)
    return stored


def _addressed(conn: Connection, row: Outgoing) -> tuple[Delivery, Outgoing]:
    chat = contacts.canonical(conn, row.delivery.connection_id, row.delivery.chat)
    return (row.delivery if chat == row.delivery.chat else replace(row.delivery, chat=chat)), row


def _spread(conn: Connection, rows: Sequence[tuple[Delivery, Outgoing]]) -> Sequence[Delivery]:
    """Messages to one chat become due a gap apart, so that a hundred for one person let others pass between
    them. The order within the chat is that of their age; one whose sender chose its time keeps it, save that
    answers to one message never overtake each other."""
    last: dict[tuple[str, str, str, int], datetime] = {}
    answers: dict[tuple[str, str, str], datetime] = {}
    lines = sorted({_line(delivery)[:2] for delivery, row in rows if row.gap})
    for start in range(0, len(lines), _AT_ONCE):
        names, chats = zip(*lines[start : start + _AT_ONCE], strict=True)
        found = _LAST.rows(conn, names=sorted(set(names)), chats=sorted(set(chats)))
        last |= {(e.connection_id, e.chat, e.lane, e.priority): e.due for e in found}
    placed: list[Delivery] = []
    for delivery, row in rows:
        line, gap, answer = _line(delivery), row.gap, (*_line(delivery)[:2], row.cause)
        if row.cause and (due := answers.get(answer, delivery.due)) > delivery.due:
            delivery = replace(delivery, due=due, reason=_IN_BETWEEN if gap else "")
        before = last.get(line) if gap else None
        if before is not None and (due := before + gap) > delivery.due:
            delivery = replace(delivery, due=due, reason=_IN_BETWEEN)
        if gap:
            last[line] = delivery.due
        answers[answer] = delivery.due
        placed.append(delivery)
    return placed


def _line(d: Delivery) -> tuple[str, str, str, int]:
    return d.connection_id, d.chat, d.lane, d.priority


def _values(row: Outgoing, d: Delivery) -> dict[str, Any]:
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
        "request_id": d.request_id,
        "mentions": list(row.mentions) or None,
        "forwarded": row.forwarded,
        "lane": d.lane,
        "priority": d.priority,
        "state": d.state,
        "ack": d.ack,
        "attempts": d.attempts,
        "recoveries": row.recoveries,
        "epoch": row.epoch,
        "reason": d.reason,
        "source": d.source,
        "because": d.because,
        "cause": row.cause,
        "trace": None,
        "held": False,
        "due": d.due,
        "expires_at": d.expires_at,
        "created_at": d.created_at,
        "updated_at": d.updated_at,
    }


def knows(conn: Connection, connection_id: str, wa_id: str) -> bool:
    """Whether a message under this WhatsApp id is one of ours."""
    query = select(outbox.c.id).where(outbox.c.connection_id == connection_id, outbox.c.wa_id == wa_id)
    return conn.execute(query).first() is not None


def held(conn: Connection, tenant: str) -> Sequence[Delivery]:
    """A tenant's messages that wait for a person's decision, oldest first."""
    mine = (outbox.c.tenant == tenant, in_states("outbox.state", (State.QUARANTINED,)))
    query = select(outbox).where(*mine).order_by(outbox.c.id)
    return [to_outgoing(row).delivery for row in conn.execute(query)]


def under_way(conn: Connection, tenant: str | None) -> Mapping[State, int]:
    """How many messages are in each state that is not an end, for one tenant or for everybody."""
    live = in_states("outbox.state", (*WAITING, *HOLDS_CHAT, State.QUARANTINED))
    query = select(outbox.c.state, func.count()).where(live).group_by(outbox.c.state)
    if tenant is not None:
        query = query.where(outbox.c.tenant == tenant)
    return {State(state): count for state, count in conn.execute(query)}


def in_state(conn: Connection, state: State, on: Collection[str] | None = None) -> Sequence[Outgoing]:
    """All messages in a state, or those on these connections, oldest first."""
    query = select(outbox).where(outbox.c.state == state)
    if state in HOLDS_CHAT:  # these are few and have an index; a word more, and SQLite would take another
        query = query.where(_HOLDS)
    mine = [to_outgoing(row) for row in conn.execute(query) if on is None or row.connection_id in on]
    return sorted(mine, key=lambda row: row.delivery.id)


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


def by_key(conn: Connection, tenant: str, key: str) -> tuple[str, Outgoing | None] | None:
    """What was queued under an idempotency key: the digest of what is sent, and the message. Asked of the
    writer, who knows also what was erased since."""
    if row := _kept(conn, tenant, key):
        return row.digest, outgoing(conn, tenant, row.message_id)
    return ("", None) if spent.among(conn, {spent.of_key(tenant, key)}) else None


def asked_before(conn: Connection, tenant: str, key: str, asked: str) -> Outgoing | None:
    """What was queued under an idempotency key, if it was for the same request."""
    row = _kept(conn, tenant, key)
    return outgoing(conn, tenant, row.message_id) if row and row.asked == asked else None


def _kept(conn: Connection, tenant: str, key: str) -> Row[Any] | None:
    where = (idempotency.c.tenant == tenant, idempotency.c.key == key)
    return conn.execute(select(idempotency).where(*where)).first()


def keep_key(conn: Connection, row: Outgoing, key: str, digest: str, asked: str) -> None:
    """Remember under which key a message was queued."""
    d = row.delivery
    conn.execute(
        insert(idempotency).values(
            tenant=d.tenant,
            key=key,
            digest=digest,
            asked=asked,
            message_id=d.id,
            created_at=d.created_at,
        )
    )
