"""Bulk sends as stored: taken in, and looked at. What moves their rows is in bulk_feeding.py. How far a row
has come is read where that is written down: in its message. Nothing is counted on the side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from ..hub import Batch, BatchState, Content, Rejection, RowResult, RowState, SendingHours
from ..messages import Kind, Outbound, State
from ..payloads import Payload
from . import suppressions
from .bulk_tables import bulk_batches as t
from .bulk_tables import bulk_rows as rows
from .prepared import Asked, Prepared
from .rows import from_payload, to_payload
from .tables import consent, contacts, outbox

_ADD_ROWS = Prepared(insert(rows), rows.c.keys())
_AT_ONCE = 512
_OPTED_OUT = Asked(
    select(consent.c.person).where(
        consent.c.tenant == bindparam("tenant"),
        consent.c.person.in_(bindparam("people", expanding=True)),
        consent.c.opted_out,
    )
)
_KNOWN = Asked(
    select(contacts.c.lid, contacts.c.chat).where(
        contacts.c.connection_id == bindparam("connection_id"),
        contacts.c.lid.in_(bindparam("lids", expanding=True)),
    )
)
#: What a message may be when it is erased, which its row says by itself from then on.
LEFT = (State.SENT, State.DELIVERED, State.READ, State.FAILED, State.EXPIRED, State.UNKNOWN)
#: What a row is by itself. What waits for its file waits; any other is what its message is.
_BY_ITSELF = (*LEFT, RowState.REJECTED, RowState.CANCELLED)
_STATE = case(
    (rows.c.state.in_(_BY_ITSELF), rows.c.state),
    else_=func.coalesce(outbox.c.state, RowState.WAITING.value),
).label("shown")


@dataclass(frozen=True, slots=True)
class Stored:
    """A bulk send, and what only the core needs of it."""

    batch: Batch
    asked: str
    request_id: str
    media: Mapping[str, Any] | None
    payload: Mapping[str, Any] | None


def add(
    conn: Connection, values: Mapping[str, Any], of_rows: Sequence[Mapping[str, Any]], since: datetime
) -> None:
    """Store a request, whole; its key is free if it was used before `since`."""
    if values["key"]:
        mine = (t.c.tenant == values["tenant"], t.c.key == values["key"], t.c.created_at < since)
        conn.execute(update(t).where(*mine).values(key=None))
    conn.execute(insert(t).values(**values))
    _ADD_ROWS.run(conn, of_rows)


def opted_out(conn: Connection, tenant: str, people: Sequence[str]) -> set[str]:
    """Those of these who want nothing from a tenant. For the writer."""
    found = {person for _, person in suppressions.among(conn, [(tenant, person) for person in people])}
    for start in range(0, len(people), _AT_ONCE):
        some = list(people[start : start + _AT_ONCE])
        found.update(row.person for row in _OPTED_OUT.rows(conn, tenant=tenant, people=some))
    return found


def canonical(conn: Connection, connection_id: str, lids: Sequence[str]) -> Mapping[str, str]:
    """The chats under which these linked ids stand on a connection, where they are known."""
    found: dict[str, str] = {}
    for start in range(0, len(lids), _AT_ONCE):
        some = list(lids[start : start + _AT_ONCE])
        found |= {row.lid: row.chat for row in _KNOWN.rows(conn, connection_id=connection_id, lids=some)}
    return found


def by_key(conn: Connection, tenant: str, key: str, since: datetime) -> Stored | None:
    """What was taken in under an Idempotency-Key since then."""
    mine = (t.c.tenant == tenant, t.c.key == key, t.c.created_at >= since)
    found = conn.execute(select(t).where(*mine)).first()
    return to_stored(found) if found else None


def get(conn: Connection, tenant: str, batch_id: str) -> Stored | None:
    """One of a tenant's."""
    found = conn.execute(select(t).where(t.c.tenant == tenant, t.c.id == batch_id)).first()
    return to_stored(found) if found else None


def newest(
    conn: Connection, tenant: str, limit: int, before: str, on: frozenset[str] | None
) -> Sequence[Stored]:
    """So many of a tenant's, newest first; older than `before`, on these connections, if that is named."""
    query = select(t).where(t.c.tenant == tenant).order_by(t.c.id.desc()).limit(limit)
    if before:
        query = query.where(t.c.id < before)
    if on is not None:
        query = query.where(t.c.connection_id.in_(sorted(on)))
    return [to_stored(row) for row in conn.execute(query)]


def rejections(conn: Connection, batch_id: str, most: int) -> Sequence[Rejection]:
    """Its first rows that were not taken in."""
    which = (rows.c.batch_id == batch_id, rows.c.state == RowState.REJECTED)
    found = conn.execute(select(rows).where(*which).order_by(rows.c.number).limit(most))
    return [Rejection(number=row.number, to=row.recipient, reason=row.reason) for row in found]


def counts(conn: Connection, batch_id: str) -> Mapping[str, int]:
    """Its rows by state."""
    joined = rows.outerjoin(outbox, outbox.c.id == rows.c.message_id)
    query = select(_STATE, func.count()).select_from(joined).where(rows.c.batch_id == batch_id)
    return {str(state): int(count) for state, count in conn.execute(query.group_by(text("shown")))}


def results(
    conn: Connection, batch_id: str, limit: int, after: int, states: frozenset[str] | None
) -> Sequence[RowResult]:
    """Its rows behind a number."""
    joined = rows.outerjoin(outbox, outbox.c.id == rows.c.message_id)
    query = (
        select(
            rows.c.number,
            rows.c.recipient,
            rows.c.chat,
            _STATE,
            case((rows.c.state.in_(_BY_ITSELF), rows.c.reason), else_=outbox.c.reason).label("why"),
            rows.c.message_id,
            outbox.c.updated_at,
        )
        .select_from(joined)
        .where(rows.c.batch_id == batch_id, rows.c.number > after)
        .order_by(rows.c.number)
        .limit(limit)
    )
    if states is not None:
        query = query.where(_in_states(states))
    return [
        RowResult(
            number=row.number,
            to=row.recipient,
            chat=row.chat,
            state=str(row.shown),
            reason=row.why or "",
            message_id=row.message_id or "",
            updated_at=row.updated_at,
        )
        for row in conn.execute(query)
    ]


def _in_states(states: frozenset[str]) -> ColumnElement[bool]:
    own = rows.c.state.in_(sorted(states & {*_BY_ITSELF}))
    others = and_(
        rows.c.state.not_in(_BY_ITSELF),
        func.coalesce(outbox.c.state, RowState.WAITING.value).in_(sorted(states)),
    )
    return or_(own, others)


def to_stored(row: Row[Any]) -> Stored:
    """A row of `bulk_batches`."""
    return Stored(to_batch(row._asdict()), row.asked, row.request_id, row.media, row.payload)


def to_batch(values: Mapping[str, Any]) -> Batch:
    """The values of a row of `bulk_batches`, as others see them."""
    own = ("tenant", "connection_id", "name", "reason", "accepted", "rejected", "send_at", "expires_at")
    return Batch(
        batch_id=values["id"],
        state=BatchState(values["state"]),
        hours=to_hours(values["hours"]),
        created_at=values["created_at"],
        ended_at=values["ended_at"],
        **{name: values[name] for name in own},
    )


def to_hours(value: Mapping[str, Any] | None) -> SendingHours | None:
    """Stored hours."""
    if value is None:
        return None
    return SendingHours(
        start=time.fromisoformat(value["start"]),
        end=time.fromisoformat(value["end"]),
        days=frozenset(value["days"]),
        zone=value["zone"],
    )


def from_hours(hours: SendingHours | None) -> Mapping[str, Any] | None:
    """Hours as they are stored."""
    if hours is None:
        return None
    start, end = (each.isoformat("minutes") for each in (hours.start, hours.end))
    return {"start": start, "end": end, "days": sorted(hours.days), "zone": hours.zone}


def to_carried(value: Mapping[str, Any] | None) -> Payload | None:
    """What a request or a row carries, as it was stored with its kind."""
    return None if value is None else to_payload(Kind(value["kind"]), value["value"])


def from_carried(content: Content) -> Mapping[str, Any] | None:
    """What is carried, as it is stored."""
    if content.payload is None:
        return None
    kind = Outbound(to="", payload=content.payload).kind
    return {"kind": kind, "value": from_payload(content.payload)}


def named_files(conn: Connection, tenant: str) -> set[str]:
    """The files, by SHA-256, that a tenant's bulk sends name which have not ended."""
    live = (t.c.tenant == tenant, t.c.ended_at.is_(None))
    of_batches = conn.execute(select(t.c.media).where(*live, t.c.media.is_not(None))).scalars()
    of_rows = conn.execute(
        select(rows.c.media).join(t, t.c.id == rows.c.batch_id).where(*live, rows.c.media.is_not(None))
    ).scalars()
    return {media["sha256"] for media in (*of_batches, *of_rows)}


def ended(conn: Connection, before: datetime, most: int) -> Sequence[str]:
    """Those that ended before then."""
    return list(conn.execute(select(t.c.id).where(t.c.ended_at < before).limit(most)).scalars())


def remove(conn: Connection, batch_ids: Sequence[str], before: datetime) -> int:
    """Let go of these, with their rows, if they ended before then; how many went."""
    old = (t.c.id.in_(batch_ids), t.c.ended_at < before)
    conn.execute(delete(rows).where(rows.c.batch_id.in_(select(t.c.id).where(*old))))
    return conn.execute(delete(t).where(*old)).rowcount
