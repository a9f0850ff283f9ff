"""What a process that died, or a turn that failed, left half done: found again, counted, and given to a
person when it happens to the same message again and again. The count and the alert stand in the transaction
that does it, so that a message which kills every process that touches it runs out of tries all the same."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    case,
    literal,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from ..messages import HOLDS_CHAT, WAITING, Fault, State
from . import journal, places, steps
from .outbox import in_state
from .partial import in_states
from .rows import Outgoing, to_outgoing
from .tables import RECOVERED, outbox

_HOLDS, _WAITS = in_states("outbox.state", HOLDS_CHAT), in_states("outbox.state", WAITING)
#: A message stored so much later than now was stored by another clock.
_CLOCK_NOISE = timedelta(seconds=2)
#: What is due so soon after its last step was not planned for that time.
_UNPLANNED = timedelta(minutes=10)
_AGAIN = outbox.c.recoveries + 1


@dataclass(frozen=True, slots=True)
class Look:
    """A connection whose messages of unclear fate are asked for."""

    connection_id: str
    besides: Collection[str]  #: ids of messages that are in somebody's hands
    epoch: int
    most: int  #: how often one may be picked up
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one connection."""

    picked_up: bool  #: whether a turn had left any half done
    unknown: Sequence[Outgoing]  #: whose outcome is not known, oldest first


def look(conn: Connection, looks: Sequence[Look]) -> Sequence[Found]:
    """Pick up what turns left half done, and find what is UNKNOWN, for many connections at once: there is
    mostly nothing, and after a start each of thousands asks."""
    names, besides = {each.connection_id for each in looks}, {id for each in looks for id in each.besides}
    left = {id: name for id, name in stranded(conn, besides).items() if name in names}
    if left:
        last = max(looks, key=lambda each: each.at)
        pick_up(conn, left, last.epoch, last.most, last.at)
    unknown = defaultdict(list)
    for row in in_state(conn, State.UNKNOWN, names):
        unknown[row.delivery.connection_id].append(row)
    touched = set(left.values())
    return [Found(each.connection_id in touched, unknown[each.connection_id]) for each in looks]


def stranded(conn: Connection, besides: Collection[str] = ()) -> Mapping[str, str]:
    """The messages of all connections that were taken and are in nobody's hands, `besides` being in
    somebody's: their connections, by their ids."""
    under_way = outbox.c.state.in_((State.CLAIMED, State.SENDING))
    found = conn.execute(select(outbox.c.id, outbox.c.connection_id).where(_HOLDS, under_way))
    return {row.id: row.connection_id for row in found if row.id not in besides}


def suspects(conn: Connection) -> Mapping[str, str]:
    """The messages that wait and were found half sent before, after a death or in a turn that failed: their
    connections, by their ids."""
    found = conn.execute(select(outbox.c.id, outbox.c.connection_id, outbox.c.state).where(RECOVERED))
    return {row.id: row.connection_id for row in found if row.state in WAITING}


def pick_up(conn: Connection, ids: Collection[str], epoch: int, most: int, at: datetime) -> None:
    """Queue again what was not handed over, and hold it after `most` times; what may have left is UNKNOWN,
    and counted when it is looked up if it was an earlier process that left it."""
    these = outbox.c.id.in_(ids)
    claimed, sending = (these, outbox.c.state == State.CLAIMED), (these, outbox.c.state == State.SENDING)
    untried = {"epoch": epoch, "recoveries": _AGAIN, "attempts": outbox.c.attempts - 1}
    often = f"its turn was cut short {most} times before it was handed over"
    quarantine(conn, (*claimed, most <= _AGAIN), at, often, **untried)
    cut = "its turn was cut short before it was handed over"
    steps.move_all(conn, claimed, State.QUEUED, at, cut, untried)
    ours = case((outbox.c.epoch == epoch, _AGAIN), else_=outbox.c.recoveries)
    steps.move_all(conn, sending, State.UNKNOWN, at, "its sending was cut short", {"recoveries": ours})


def looks_up(conn: Connection, row: Outgoing, epoch: int) -> int:
    """Note that a message which an earlier process left UNKNOWN is about to be looked up; how often it was
    recovered, this time included: a process may have died of that, too."""
    mine = (outbox.c.id == row.delivery.id, outbox.c.epoch == row.epoch)
    conn.execute(update(outbox).where(*mine).values(epoch=epoch, recoveries=_AGAIN))
    return row.recoveries + 1


def from_the_future(conn: Connection, now: datetime) -> Collection[str]:
    """Let go what waits for a time that only a clock set back makes far. The connections it is on.

    A step noted later than now was noted by another clock: what was to follow it so many seconds later
    follows now, and what was held is asked about anew, for a promise of that clock is none. What a sender
    planned keeps its time. Ids grow with time: no other row is read.
    """
    places.turned_back(conn, now)
    after = now + _CLOCK_NOISE
    turned = outbox.c.updated_at > after
    moment = type_coerce(literal(now, outbox.c.due.type), BigInteger)
    ahead = type_coerce(outbox.c.due, BigInteger) - type_coerce(outbox.c.updated_at, BigInteger)
    stored_later = outbox.c.id > f"{int(after.timestamp() * 1000):012x}"
    placed = or_(ahead <= _UNPLANNED // timedelta(microseconds=1), outbox.c.reason != "")
    held = update(outbox).where(text("held"), _WAITS, turned).values(due=now, updated_at=now)
    let_go = [to_outgoing(row).delivery for row in conn.execute(held.returning(outbox))]
    places.give_up(conn, let_go)
    changes = (
        update(outbox).where(stored_later, _WAITS, turned, placed).values(due=ahead + moment, updated_at=now),
        update(outbox).where(_HOLDS, outbox.c.state == State.RETRY, turned).values(due=now, updated_at=now),
        update(outbox).where(_HOLDS, outbox.c.state == State.UNKNOWN, turned).values(updated_at=now),
    )
    return {each.connection_id for each in let_go}.union(
        row.connection_id
        for change in changes
        for row in conn.execute(change.returning(outbox.c.connection_id))
    )


def quarantine(
    conn: Connection, which: Sequence[ColumnElement[bool]], at: datetime, reason: str, **values: Any
) -> None:
    """Leave every message that is meant to a person, and alert one."""
    reason = f"{reason}; a person decides"
    for row in steps.move_all(conn, which, State.QUARANTINED, at, reason, values):
        d = row.delivery
        said = f"message {d.id}: {reason}"
        fault = Fault(where="outbox", reason=said, tenant=d.tenant, connection_id=d.connection_id, at=at)
        journal.tell(conn, fault, at=at)
