"""What is kept of each endpoint besides its settings: how far its feeds have come, what was refused, and what
was sent lately. Each query takes the tenant."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select, update

from .tables import deliveries, endpoints, letters, places

#: Deliveries kept of an endpoint, and how long; and how long a dead letter is.
LINES = 200
LINES_KEPT, LETTERS_KEPT = timedelta(days=7), timedelta(days=30)


class Kind(StrEnum):
    """What a feed brings."""

    LIVE = "live"  #: what happens
    REPLAY = "replay"  #: what happened, once more
    LETTERS = "letters"  #: dead letters, once more


@dataclass(slots=True, kw_only=True)
class Place:
    """How far a feed has come."""

    tenant: str
    endpoint: str
    feed: Kind
    position: int  #: all up to here is done
    until: int | None = None  #: where it ends; None: never
    event_id: str = ""  #: of the event that is tried again
    attempts: int = 0  #: at that event, so far
    next_at: datetime | None = None  #: when the next one is
    stopped_at: datetime | None = None  #: the live one's alone: since when the endpoint is disabled
    stopped_because: str = ""

    def begin_anew(self) -> None:
        """Forget earlier tries."""
        self.event_id, self.attempts, self.next_at = "", 0, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An event that the receiver refused."""

    tenant: str
    endpoint: str
    position: int
    event_id: str
    event_tenant: str
    connection_id: str  #: empty when the event is of none
    type: str
    status: int | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An attempt."""

    tenant: str
    endpoint: str
    connection_id: str | None  #: as the event's; None: it was a test
    at: datetime
    line: Mapping[str, Any]  #: what there is to show of it


def open_place(conn: Connection, place: Place) -> None:
    """A new feed's."""
    conn.execute(insert(places).values(**asdict(place)))


def write_places(conn: Connection, found: Iterable[Mapping[str, Any]]) -> None:
    """How far feeds have come. One that has ended meanwhile stays ended."""
    for row in found:
        mine = _of(places, row["tenant"], row["endpoint"])
        conn.execute(update(places).where(*mine, places.c.feed == row["feed"]).values(**row))


def close_place(conn: Connection, place: Place) -> None:
    """A feed has come to its end."""
    mine = _of(places, place.tenant, place.endpoint)
    conn.execute(delete(places).where(*mine, places.c.feed == place.feed))


def all_places(conn: Connection) -> Sequence[Place]:
    """Where all feeds left off."""
    rows = conn.execute(select(places)).all()
    return [Place(**{**row._mapping, "feed": Kind(row.feed)}) for row in rows]


def write_letter(conn: Connection, tenant: str, endpoint: str, position: int, letter: Letter | None) -> None:
    """Keep a dead letter in place of the one that there was; None: keep none."""
    mine = _of(letters, tenant, endpoint)
    conn.execute(delete(letters).where(*mine, letters.c.position == position))
    if letter:
        conn.execute(insert(letters).values(**asdict(letter)))


def dead(
    conn: Connection,
    tenant: str,
    endpoint: str,
    after: int,
    most: int,
    until: int | None = None,
    connections: Collection[str] | None = None,
) -> Sequence[Letter]:
    """Dead letters behind a position, as far as another, in order; of some connections alone, or of all."""
    where = [*_of(letters, tenant, endpoint), letters.c.position > after]
    where += [] if until is None else [letters.c.position <= until]
    where += [] if connections is None else [letters.c.connection_id.in_(sorted(connections))]
    rows = conn.execute(select(letters).where(*where).order_by(letters.c.position).limit(most))
    return [Letter(**row._mapping) for row in rows]


def last_letter(conn: Connection, tenant: str, endpoint: str) -> int:
    """The position of the last dead letter; 0 when there is none."""
    query = select(func.max(letters.c.position)).where(*_of(letters, tenant, endpoint))
    return conn.execute(query).scalar() or 0


def write_lines(conn: Connection, lines: Sequence[Line]) -> None:
    """Add attempts of one endpoint, and let its oldest go."""
    t, mine = deliveries, _of(deliveries, lines[0].tenant, lines[0].endpoint)
    conn.execute(insert(t), [asdict(each) for each in lines])
    past = select(t.c.id).where(*mine).order_by(t.c.id.desc()).offset(LINES).limit(1)
    if (last := conn.execute(past).scalar()) is not None:
        conn.execute(delete(t).where(*mine, t.c.id <= last))


def sent(
    conn: Connection,
    tenant: str,
    endpoint: str,
    before: int | None,
    most: int,
    connections: Collection[str] | None = None,
) -> Sequence[Row[Any]]:
    """The attempts of an endpoint, newest first; of some connections alone (and tests), or of all."""
    t, where = deliveries, _of(deliveries, tenant, endpoint)
    where += [] if before is None else [t.c.id < before]
    if connections is not None:
        where.append(t.c.connection_id.is_(None) | t.c.connection_id.in_(sorted(connections)))
    return conn.execute(select(t).where(*where).order_by(t.c.id.desc()).limit(most)).all()


def remove(conn: Connection, tenant: str, endpoint: str) -> None:
    """Forget an endpoint, and all that is kept of it."""
    conn.execute(delete(endpoints).where(endpoints.c.tenant == tenant, endpoints.c.id == endpoint))
    for table in (places, letters, deliveries):
        conn.execute(delete(table).where(*_of(table, tenant, endpoint)))


def tidy(conn: Connection, now: datetime) -> None:
    """Let go of what is old, whosever it is."""
    conn.execute(delete(deliveries).where(deliveries.c.at < now - LINES_KEPT))
    conn.execute(delete(letters).where(letters.c.at < now - LETTERS_KEPT))


def _of(table: Table, tenant: str, endpoint: str) -> list[ColumnElement[bool]]:
    return [table.c.tenant == tenant, table.c.endpoint == endpoint]
