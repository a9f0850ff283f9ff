"""When things that are sent little of left, or were promised to leave. A promise is on disk, so that those
who wait stay spread over the time that there is for them when the process is another one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, or_, select, text, update

from ..messages import Delivery, State
from .dialect import upsert
from .tables import connections, inbox, outbox
from .tables import places as t


class Ration(StrEnum):
    """What is rationed."""

    FIRST_CONTACT = "first_contact"  #: messages to people we never had to do with; counted by chat
    WARM_UP = "warm_up"  #: messages of an account that was linked lately; counted one by one


#: No ration looks farther back.
_KEPT = timedelta(days=2)
_AT_ONCE = 500  #: holders in one statement


def take(conn: Connection, connection_id: str, ration: Ration, holder: str, at: datetime) -> None:
    """One leaves at this time; what is too old to count is forgotten."""
    mine = (t.c.connection_id == connection_id, t.c.ration == ration)
    conn.execute(delete(t).where(*mine, t.c.at < at - _KEPT))
    conn.execute(
        upsert(t).values(connection_id=connection_id, ration=ration, holder=holder, at=at, gone=True)
    )


def promise(conn: Connection, connection_id: str, ration: Ration, holder: str, at: datetime) -> None:
    """One may leave at this time."""
    values = {"connection_id": connection_id, "ration": ration, "holder": holder, "at": at, "gone": False}
    conn.execute(upsert(t).values(**values))


def of(conn: Connection, connection_id: str, ration: Ration, holder: str, now: datetime) -> datetime | None:
    """When somebody's place is, or was."""
    mine = (t.c.connection_id == connection_id, t.c.ration == ration, t.c.holder == holder)
    row = conn.execute(select(t.c.at, t.c.gone).where(*mine)).first()
    return row and _seen(row, now)


def nth_newest(
    conn: Connection, connection_id: str, ration: Ration, n: int, now: datetime, *, besides: str, gone: bool
) -> datetime | None:
    """When the n-th newest of the others is, or was: of all, or of those that have left."""
    query = select(t.c.at, t.c.gone).where(*_others(connection_id, ration, besides, gone))
    row = conn.execute(query.order_by(t.c.at.desc()).limit(1).offset(n - 1)).first()
    return row and _seen(row, now)


def count(
    conn: Connection,
    connection_id: str,
    ration: Ration,
    since: datetime,
    to: datetime,
    *,
    besides: str,
    gone: bool,
) -> int:
    """How many of the others are from `since` on and before `to`: of all, or of those that have left."""
    others = _others(connection_id, ration, besides, gone)
    query = select(func.count()).where(*others, t.c.at >= since, t.c.at < to)
    return int(conn.execute(query).scalar_one())


def _seen(row: Row[datetime, bool], now: datetime) -> datetime:
    """What left before the clock was set back left just now."""
    at, gone = row
    return min(at, now) if gone else at


def _others(connection_id: str, ration: Ration, besides: str, gone: bool) -> list[ColumnElement[bool]]:
    others = [t.c.connection_id == connection_id, t.c.ration == ration, t.c.holder != besides]
    return [*others, t.c.gone] if gone else others


def is_first_contact(conn: Connection, delivery: Delivery) -> bool:
    """Whether it goes to somebody who never wrote on its connection and to whom nothing got through there, as
    far as messages are kept."""
    tables = (inbox, outbox)
    wrote, written = (
        exists().where(
            table.c.connection_id == delivery.connection_id,
            table.c.chat == delivery.chat,
            table.c.tenant == delivery.tenant,
            *more,
        )
        for table, more in zip(tables, ((), (outbox.c.ack >= 1,)), strict=True)
    )
    return not conn.execute(select(or_(wrote, written))).scalar_one()


def give_up(conn: Connection, deliveries: Sequence[Delivery]) -> None:
    """These never leave: what they were promised is for others."""
    for start in range(0, len(deliveries), _AT_ONCE):
        some = deliveries[start : start + _AT_ONCE]
        names = {each.connection_id for each in some}
        holders = {each.id for each in some} | {each.chat for each in some}
        theirs = (t.c.connection_id.in_(names), t.c.ration.in_(tuple(Ration)), t.c.holder.in_(holders))
        conn.execute(delete(t).where(*theirs, ~t.c.gone))


def move(conn: Connection, connection_id: str, lid: str, chat: str) -> None:
    """A linked id was learnt to be the person of a chat: what was promised to the one is the other's, if he
    has no place yet."""
    other = t.alias("other")
    mine = (t.c.connection_id == connection_id, t.c.ration == Ration.FIRST_CONTACT)
    his = (other.c.connection_id == connection_id, other.c.ration == Ration.FIRST_CONTACT)
    waiting = (*mine, t.c.holder == lid, ~t.c.gone)
    there = exists().where(*his, other.c.holder == chat)
    conn.execute(update(t).where(*waiting, ~there).values(holder=chat))
    conn.execute(delete(t).where(*waiting))


def turned_back(conn: Connection, now: datetime) -> None:
    """The clock may have been set back: what left later than now left just now, and counts no longer than
    that."""
    every = select(connections.c.id)  # the index's own terms: what is not ahead is not looked at
    ahead = (t.c.connection_id.in_(every), t.c.ration.in_(tuple(Ration)), t.c.at > now, t.c.gone)
    conn.execute(update(t).where(*ahead).values(at=now))


def promised(conn: Connection) -> set[str]:
    """The connections on which somebody waits to be written to for the first time."""
    query = select(t.c.connection_id).where(t.c.ration == Ration.FIRST_CONTACT, ~t.c.gone).distinct()
    return set(conn.execute(query).scalars())


def release(conn: Connection, connection_id: str, at: datetime, chat: str | None = None) -> bool:
    """Have those first contacts (or one of them) that wait looked at anew; whether any did."""
    waiting = [t.c.connection_id == connection_id, t.c.ration == Ration.FIRST_CONTACT, ~t.c.gone]
    if chat is not None:
        waiting.append(t.c.holder == chat)
    held = (outbox.c.connection_id == connection_id, text("outbox.held"), outbox.c.due > at)
    who = select(t.c.holder).where(*waiting)
    queued = (*held, outbox.c.state == State.QUEUED, outbox.c.chat.in_(who))
    conn.execute(update(outbox).where(*queued).values(due=at))
    return bool(conn.execute(delete(t).where(*waiting)).rowcount)
