"""What figures are counted from: facts about messages, and when each message came where. Read by the hundred,
and no more of each than is counted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, Text, bindparam, case, func, select, type_coerce

from ..messages import Delivery, Inbound, Lane, State
from .journal import HOOKS
from .prepared import Asked
from .tables import inbox, journal, outbox, timeline

_AT = type_coerce(timeline.c.at, BigInteger)
_A_DAY = 86_400_000_000


class Said(msgspec.Struct, frozen=True):
    """What a fact says of a message."""

    id: str
    state: State | None = None  #: None of one that came in
    ack: int = 0
    reason: str = ""
    first: bool = False  #: nothing was told of it before


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about a message."""

    where: tuple[str, str, str]  #: whose, on which connection, on which day
    said: Said


_SAID = msgspec.json.Decoder(Said)
_ABOUT_MESSAGES = frozenset({HOOKS[Inbound], HOOKS[Delivery]})
_NEXT = Asked(
    select(
        journal.c.position,
        type_coerce(journal.c.at, BigInteger).label("at"),
        journal.c.hook,
        journal.c.tenant,
        journal.c.connection_id,
        type_coerce(journal.c.body, Text).label("body"),
    )
    .where(journal.c.position > bindparam("after"))
    .order_by(journal.c.position)
    .limit(bindparam("most"))
)


def told(conn: Connection, after: int, most: int) -> tuple[int, int, Sequence[Told]]:
    """The next facts, so many at most: how many, the position of the last, and those about messages that can
    be read."""
    rows = _NEXT.rows(conn, after=after, most=most)
    found = [
        Told((row.tenant, row.connection_id, _day(row.at // _A_DAY)), said)
        for row in rows
        if row.hook in _ABOUT_MESSAGES and (said := _said(row.body))
    ]
    return len(rows), rows[-1].position if rows else after, found


def _said(body: str) -> Said | None:
    try:
        return _SAID.decode(body)
    except (msgspec.DecodeError, UnicodeEncodeError):  # of another version; it must not hold up the others
        return None


@lru_cache(maxsize=8)
def _day(number: int) -> str:
    """A day by its number since 1970."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def _when(name: str, state: State, which: Any = func.min) -> Any:
    return which(case((timeline.c.state == state, _AT))).label(name)


_LIVES = Asked(
    select(
        outbox.c.id,
        outbox.c.lane,
        _when("queued", State.QUEUED),
        _when("sending", State.SENDING, func.max),
        _when("sent", State.SENT),
        _when("delivered", State.DELIVERED),
        _when("read", State.READ),
        func.count(case((timeline.c.state == State.READ, 1))).label("reads"),
    )
    .join(timeline, timeline.c.message_id == outbox.c.id)
    .where(outbox.c.id.in_(bindparam("ids", expanding=True)))
    .group_by(outbox.c.id, outbox.c.lane)
)
_TYPED = Asked(select(inbox.c.id).where(inbox.c.id.in_(bindparam("ids", expanding=True)), inbox.c.from_me))


@dataclass(frozen=True, slots=True)
class Life:
    """When a message came into its states, in microseconds since 1970; None for one it was never in."""

    lane: Lane
    queued: int | None
    sending: int | None  #: for the last time
    sent: int | None
    delivered: int | None
    read: int | None
    reads: int  #: how often it is told as read: a second time when it was played


def lives(conn: Connection, ids: Collection[str]) -> Mapping[str, Life]:
    """Those of these outgoing messages that are still kept, by id."""
    found = _LIVES.rows(conn, ids=list(ids)) if ids else ()
    return {row.id: Life(Lane(row.lane), *row[2:]) for row in found}


def typed(conn: Connection, ids: Collection[str]) -> Collection[str]:
    """Those of these messages in the inbox that were typed on the linked phone."""
    return {row.id for row in _TYPED.rows(conn, ids=list(ids))} if ids else ()
