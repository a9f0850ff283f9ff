"""What is kept of a person: kind by kind, each looked for in pages by readers, and removed by the writer a
few rows at a time. The kinds themselves are in personal_messages.py and personal_rows.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    delete,
    literal,
    or_,
    select,
    tuple_,
)

from .people import Person
from .tables import connections

#: Rows looked at by one read, and removed by one transaction.
PAGE, AT_ONCE = 1000, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A row that is about him."""

    key: Any
    shown: Mapping[str, Any] | None  #: as he may have it; None: it is somebody else's as well
    file: str = ""  #: SHA-256 of the file that it names


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found."""

    found: Sequence[Found]
    after: Any  #: where the next look begins; None: that was all


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of row."""

    name: str  #: as the export, the log and the answer call it
    tables: tuple[str, ...]  #: of which it takes care
    look: Callable[[Connection, Person, Any], Looked]
    """`look(conn, person, after)`: the next rows about him; `after` is None at first."""
    remove: Callable[[Connection, Person, Sequence[Any], datetime], int]
    """`remove(conn, person, keys, now)`: take these away, or him out of them; how many."""
    messages: bool = False  #: its keys are ids of messages
    last: bool = False  #: by it all else is found, so it goes when that is gone


def page(kind: Kind, person: Person, after: Any) -> Callable[[Connection], Looked]:
    """A look, for whoever reads."""
    return lambda conn: kind.look(conn, person, after)


def walk(
    table: Table,
    keys: Sequence[Column[Any]],
    mine: Callable[[Person], ColumnElement[bool]],
    his: Callable[[Person], ColumnElement[bool]],
    shown: Callable[[Connection, Person, Row[Any]], Found | None],
) -> Callable[[Connection, Person, Any], Looked]:
    """A look along a table's primary key, for what no index leads to: so many rows at a time, that none takes
    long. `mine` are the tenant's, `his` what is about the person among them."""
    along: Any = tuple_(*keys)

    def look(conn: Connection, person: Person, after: Any) -> Looked:
        is_his = his(person).label("is_his")
        query: Select[Any] = select(*keys, is_his).where(mine(person)).order_by(*keys).limit(PAGE)
        if after is not None:
            values = [literal(value, key.type) for value, key in zip(after, keys, strict=True)]
            query = query.where(along > tuple_(*values))
        page = conn.execute(query).all()
        hits = [tuple(row[:-1]) for row in page if row.is_his]
        found = []
        for start in range(0, len(hits), AT_ONCE):
            some = select(table).where(mine(person), along.in_(hits[start : start + AT_ONCE])).order_by(*keys)
            found += [each for row in conn.execute(some) if (each := shown(conn, person, row))]
        return Looked(found, tuple(page[-1][:-1]) if len(page) == PAGE else None)

    return look


def at_once(
    query: Callable[[Person], Select[Any]], key: Callable[[Row[Any]], Any]
) -> Callable[[Connection, Person, Any], Looked]:
    """A look for what is little, and found by its index."""

    def look(conn: Connection, person: Person, after: Any) -> Looked:
        rows = conn.execute(query(person)).all()
        return Looked([Found(key=key(row), shown=fields(row)) for row in rows], None)

    return look


def on_connection(name: str, table: Table, *columns: str, last: bool = False) -> Kind:
    """Rows of the tenant's connections that name him in one of these columns; the first is of the key."""

    def his(person: Person) -> Any:
        own = select(connections.c.id).where(connections.c.tenant == person.tenant)
        names = (table.c[column].in_(person.names) for column in columns)
        return and_(table.c.connection_id.in_(own), or_(*names))

    def remove(conn: Connection, person: Person, keys: Sequence[Any], now: datetime) -> int:
        which = tuple_(table.c.connection_id, table.c[columns[0]]).in_(keys)
        return conn.execute(delete(table).where(his(person), which)).rowcount

    return Kind(
        name=name,
        tables=(table.name,),
        look=at_once(
            lambda person: select(table).where(his(person)),
            lambda row: (row.connection_id, getattr(row, columns[0])),
        ),
        remove=remove,
        last=last,
    )


def fields(row: Row[Any], *without: str) -> Mapping[str, Any]:
    """A row as it is shown: named as in the API, without what says nothing to a reader."""
    left_out = {"tenant", "trace", "media", *without}
    shown = {_camel(name): value for name, value in row._mapping.items() if name not in left_out}
    media = row._mapping.get("media")
    if media:
        shown["file"] = {name: media[name] for name in ("sha256", "mimetype", "filename", "size", "kind")}
    return shown


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
