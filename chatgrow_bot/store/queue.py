"""Whose turn it is: the head of each lane, found by the index and never by a scan. Lanes that are asked for
side by side are looked at and taken in the same few statements, whatever their number."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)

from ..messages import HOLDS_CHAT, WAITING, Delivery, Lane, Priority, State
from . import consent, obstacles, steps
from .rows import Outgoing, to_outgoing
from .tables import connections, in_states, outbox

_WAITS = in_states("outbox.state", WAITING)
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


def _head(
    wanted: ColumnElement[object], priority: Priority, *more: ColumnElement[bool]
) -> ScalarSelect[object]:
    """Of the message of a connection's lane that is due first and may go: its chat free, and still its
    tenant's. One priority at a time, so that the index finds it without passing those due later."""
    return (
        select(wanted)
        .where(
            outbox.c.connection_id == connections.c.id,
            outbox.c.lane == bindparam("lane"),
            outbox.c.priority == literal_column(str(priority.value)),
            outbox.c.tenant == connections.c.tenant,
            *more,
            _WAITS,
            ~_CHAT_HELD,
            *obstacles.NONE,
        )
        .order_by(outbox.c.due, outbox.c.id)
        .limit(1)
        .correlate(connections)
        .scalar_subquery()
    )


_OURS = and_(
    connections.c.id.in_(bindparam("names", expanding=True)),
    connections.c.epoch == bindparam("epoch"),
    connections.c.paused.is_(False),
)
_IS_DUE = outbox.c.due <= bindparam("now", type_=outbox.c.due.type)
_HEADS = select(func.coalesce(*(_head(outbox.c.id, each, _IS_DUE) for each in Priority))).where(_OURS)
_NEXT = select(
    connections.c.id, *(_head(outbox.c.due, each).label(each.name.lower()) for each in Priority)
).where(_OURS)
_TAKE = (
    update(outbox)
    .where(
        outbox.c.id.in_(bindparam("ids", expanding=True)),
        outbox.c.state.in_(bindparam("waiting", expanding=True)),
    )
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


def claim(conn: Connection, claims: Sequence[Claim]) -> Sequence[Outgoing | datetime | None]:
    """Take the next message of each lane, counting the attempt before it is made.

    For each the message, or when to look again, or None when none may go, whatever the time. A message to
    somebody who has opted out ends here, and its lane is to be looked at again.
    """
    found: dict[tuple[str, Lane], Outgoing | datetime] = {}
    for lane in Lane:  # replies first: what is taken there may hold a chat that the other lane waits for too
        for epoch in {each.epoch for each in claims if each.lane is lane}:
            asked = [each for each in claims if each.lane is lane and each.epoch == epoch]
            names, now = {each.connection_id for each in asked}, max(each.now for each in asked)
            which = {"lane": lane, "epoch": epoch}
            taken = _take(conn, names, which, now)
            later = _later(conn, names - taken.keys(), which)
            found |= {(name, lane): each for name, each in (later | taken).items()}
    answers: list[Outgoing | datetime | None] = []
    for each in claims:
        answer = found.get((each.connection_id, each.lane))
        answers.append(answer)
        if isinstance(answer, Outgoing):  # whoever asks for the same lane beside it looks again
            found[each.connection_id, each.lane] = each.now
    return answers


def _take(
    conn: Connection, names: Set[str], which: Mapping[str, object], now: datetime
) -> dict[str, Outgoing | datetime]:
    heads = conn.execute(_HEADS, {"names": list(names), "now": now, **which}).scalars()
    ids = [each for each in heads if each]
    if not ids:
        return {}
    values = {"ids": ids, "waiting": WAITING, "at": now, "our_epoch": which["epoch"]}
    rows = [to_outgoing(row) for row in conn.execute(_TAKE, values)]
    steps.told(conn, [row.delivery for row in rows])
    taken: dict[str, Outgoing | datetime] = {row.delivery.connection_id: row for row in rows}
    refused = consent.refused(conn, {(row.delivery.tenant, row.delivery.chat) for row in rows})
    for row in rows:
        d = row.delivery
        if (d.tenant, d.chat) in refused:
            steps.move(conn, d.id, State.CANCELLED, now, since=(State.CLAIMED,), reason=consent.OPTED_OUT)
            taken[d.connection_id] = now
    return taken


def _later(conn: Connection, names: Set[str], which: Mapping[str, object]) -> dict[str, Outgoing | datetime]:
    """When the earliest message of each lane is due that may go."""
    if not names:
        return {}
    rows = conn.execute(_NEXT, {"names": list(names), **which})
    heads = {name: [due for due in dues if due] for name, *dues in rows}
    return {name: min(dues) for name, dues in heads.items() if dues}


def overdue(conn: Connection, names: Set[str], epoch: int, before: datetime) -> set[str]:
    """Those of these connections on which a message that may go was due before then."""
    heads = (_later(conn, names, {"lane": lane, "epoch": epoch}) for lane in Lane)
    found = ((name, due) for each in heads for name, due in each.items())
    return {name for name, due in found if isinstance(due, datetime) and due < before}


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
