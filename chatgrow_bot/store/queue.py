"""Whose turn it is: the head of each lane, found by the index and never by a scan. Lanes that are asked for
side by side are looked at and taken in the same few statements, whatever their number.

Lanes and states stand in the statements as they are. Where SQLite finds a parameter to compare with what a
partial index is over, it plans the statement anew at every run, which takes longer than the run.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from ..messages import HOLDS_CHAT, WAITING, Delivery, Lane, Priority, State
from . import consent, obstacles, steps
from .partial import in_states
from .prepared import Asked
from .rows import Outgoing, to_outgoing
from .tables import connections, outbox

_WAITS, _HOLDS = in_states("outbox.state", WAITING), in_states("outbox.state", HOLDS_CHAT)
_ABOVE = outbox.alias("above")
_CHAT_HELD = exists().where(
    _ABOVE.c.connection_id == outbox.c.connection_id,
    _ABOVE.c.chat == outbox.c.chat,
    _ABOVE.c.id != outbox.c.id,
    in_states("above.state", HOLDS_CHAT),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody is ready to send the next message of a lane."""

    connection_id: str
    lane: Lane
    epoch: int
    now: datetime


@dataclass(frozen=True, slots=True)
class NotYet:
    """Something waits in a lane, and none of it may go now."""

    until: datetime | None  #: when to look again; None: when something else has moved, whatever the time


@dataclass(frozen=True, slots=True)
class Crowd:
    """Messages of a lane that become due together."""

    priority: Priority
    since: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in its lane."""

    id: str
    priority: Priority
    due: datetime


def _head(
    wanted: ColumnElement[object], lane: Lane, priority: Priority, *more: ColumnElement[bool]
) -> ScalarSelect[object]:
    """Of the message of a connection's lane that is due first and may go: its chat free, and still its
    tenant's. One priority at a time, so that the index finds it without passing those due later."""
    return (
        select(wanted)
        .where(
            outbox.c.connection_id == connections.c.id,
            outbox.c.lane == literal_column(f"'{lane}'"),
            outbox.c.priority == literal_column(str(priority.value)),
            outbox.c.tenant == connections.c.tenant,
            *more,
            _WAITS,
            ~_CHAT_HELD,
            *obstacles.NONE,
        )
        .order_by(outbox.c.due, outbox.c.id)
        .limit(literal_column("1"))
        .correlate(connections)
        .scalar_subquery()
    )


_OURS = and_(
    connections.c.id.in_(bindparam("names", expanding=True)),
    connections.c.epoch == bindparam("epoch"),
    connections.c.paused.is_(False),
)
_IS_DUE = outbox.c.due <= bindparam("now", type_=outbox.c.due.type)


def _heads(lane: Lane) -> Asked:
    first = func.coalesce(*(_head(outbox.c.id, lane, each, _IS_DUE) for each in Priority))
    found = select(outbox.c.id, outbox.c.connection_id, consent.REFUSED.label("refused"))
    return Asked(found.where(outbox.c.id.in_(select(first).where(_OURS))))


def _next(lane: Lane) -> Asked:
    heads = (_head(outbox.c.due, lane, each).label(each.name.lower()) for each in Priority)
    mine = (outbox.c.connection_id == connections.c.id, outbox.c.lane == literal_column(f"'{lane}'"))
    any_waits = exists().where(*mine, _WAITS).correlate(connections)
    return Asked(select(connections.c.id, *heads).where(_OURS, any_waits))


_HEADS, _NEXT = {lane: _heads(lane) for lane in Lane}, {lane: _next(lane) for lane in Lane}
_TAKE = Asked(
    update(outbox)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)), _WAITS)
    .values(
        state=State.CLAIMED,
        reason="",
        held=False,
        updated_at=bindparam("at"),
        attempts=outbox.c.attempts + 1,
        epoch=bindparam("our_epoch"),
    )
    .returning(outbox)
)


_DUE = type_coerce(outbox.c.due, BigInteger)
_MINUTE = type_coerce(
    case((outbox.c.due <= bindparam("now", type_=outbox.c.due.type), 0), else_=_DUE - _DUE % 60_000_000),
    outbox.c.due.type,
).label("since")
_CROWDS = {
    lane: Asked(
        select(outbox.c.priority, _MINUTE, func.count().label("count"))
        .where(
            outbox.c.connection_id == bindparam("name"),
            outbox.c.lane == literal_column(f"'{lane}'"),
            outbox.c.id < bindparam("first"),
            _WAITS,
        )
        .group_by(outbox.c.priority, _MINUTE)
        .order_by(outbox.c.priority, _MINUTE)
    )
    for lane in Lane
}

_PLACE = [outbox.c[each] for each in ("id", "connection_id", "lane", "priority", "due")]
_LATEST = Asked(select(*_PLACE).where(outbox.c.id >= bindparam("first"), _WAITS))
_CLAIMED = Asked(
    select(*_PLACE).where(
        outbox.c.connection_id == bindparam("name"), _HOLDS, outbox.c.state == State.CLAIMED
    )
)


def claim(conn: Connection, claims: Sequence[Claim]) -> Sequence[Outgoing | NotYet | None]:
    """Take the next message of each lane, counting the attempt before it is made.

    None when nothing waits there, or the connection is paused or somebody else's. A message to somebody who
    has opted out ends here, and its lane is to be looked at again.
    """
    found: dict[tuple[str, Lane], Outgoing | NotYet] = {}
    for lane in Lane:  # replies first: what is taken there may hold a chat that the other lane waits for too
        for epoch in {each.epoch for each in claims if each.lane is lane}:
            asked = [each for each in claims if each.lane is lane and each.epoch == epoch]
            names, now = {each.connection_id for each in asked}, max(each.now for each in asked)
            taken = _take(conn, names, lane, epoch, now)
            later = _later(conn, names - taken.keys(), lane, epoch)
            found |= {(name, lane): each for name, each in (later | taken).items()}
    answers: list[Outgoing | NotYet | None] = []
    for each in claims:
        answer = found.get((each.connection_id, each.lane))
        answers.append(answer)
        if isinstance(answer, Outgoing):  # whoever asks for the same lane beside it looks again
            found[each.connection_id, each.lane] = NotYet(each.now)
    return answers


def _take(
    conn: Connection, names: Set[str], lane: Lane, epoch: int, now: datetime
) -> dict[str, Outgoing | NotYet]:
    heads = _HEADS[lane].rows(conn, names=list(names), now=now, epoch=epoch)
    taken: dict[str, Outgoing | NotYet] = {}
    for head in heads:
        if head.refused:
            steps.move(conn, head.id, State.CANCELLED, now, since=WAITING, reason=consent.OPTED_OUT)
            taken[head.connection_id] = NotYet(now)
    if ids := [head.id for head in heads if not head.refused]:
        found = _TAKE.rows(conn, ids=ids, at=now, our_epoch=epoch)
        rows = [to_outgoing(row) for row in found]
        steps.told(conn, [row.delivery for row in rows])
        taken |= {row.delivery.connection_id: row for row in rows}
    return taken


def _later(conn: Connection, names: Set[str], lane: Lane, epoch: int) -> dict[str, NotYet]:
    """When the earliest message is due that may go, of each lane in which any waits."""
    if not names:
        return {}
    rows = _NEXT[lane].rows(conn, names=list(names), epoch=epoch)
    return {name: NotYet(min((due for due in dues if due), default=None)) for name, *dues in rows}


def overdue(conn: Connection, names: Set[str], epoch: int, before: datetime) -> set[str]:
    """Those of these connections on which a message that may go was due before then."""
    lanes = (_later(conn, names, lane, epoch) for lane in Lane)
    return {name for lane in lanes for name, head in lane.items() if head.until and head.until < before}


def waiting_lanes(conn: Connection) -> Sequence[tuple[str, Lane]]:
    """The connections and lanes on which anything waits."""
    rows = conn.execute(select(outbox.c.connection_id, outbox.c.lane).where(_WAITS).distinct())
    return [(row.connection_id, Lane(row.lane)) for row in rows]


def crowds(conn: Connection, connection_id: str, lane: Lane, now: datetime, first: str) -> Sequence[Crowd]:
    """What waits in a lane, of what is older than the id `first`: by priority, and by the minute in which it
    becomes due; what is due, as one."""
    found = _CROWDS[lane].rows(conn, name=connection_id, now=now, first=first)
    return [Crowd(Priority(row.priority), row.since, row.count) for row in found]


def latest(conn: Connection, connection_id: str, lane: Lane, first: str) -> Sequence[Place]:
    """What waits in a lane of the rest: few, found by their ids. And what is taken from it, and has no slot
    yet."""
    rows = (*_LATEST.rows(conn, first=first), *_CLAIMED.rows(conn, name=connection_id))
    return [
        Place(row.id, Priority(row.priority), row.due)
        for row in rows
        if (row.connection_id, row.lane) == (connection_id, lane)
    ]


def waits(conn: Connection, delivery: Delivery) -> bool:
    """Whether a message is still in the queue."""
    this = (outbox.c.id == delivery.id, outbox.c.tenant == delivery.tenant)
    return conn.execute(select(outbox.c.id).where(*this, _WAITS)).first() is not None


def ahead(conn: Connection, delivery: Delivery, now: datetime) -> int:
    """How many messages of its lane go before this one. What is more urgent, and planned for later, does
    not."""
    columns = (outbox.c.due, outbox.c.id)
    mine = (delivery.due, delivery.id)
    values = [literal(value, column.type) for value, column in zip(mine, columns, strict=True)]
    equal = and_(outbox.c.priority == delivery.priority, tuple_(*columns) < tuple_(*values))
    urgent = and_(outbox.c.priority < delivery.priority, outbox.c.due <= max(delivery.due, now))
    query = select(func.count()).where(
        outbox.c.connection_id == delivery.connection_id,
        outbox.c.lane == delivery.lane,
        _WAITS,
        or_(equal, urgent),
    )
    return int(conn.execute(query).scalar_one())
