"""Messages both ways, newest first, in pages. A page looks at so many of the newest at most, by an index, and
says how far back it came: a search that finds little does not read everything for it.

What is looked for in a text is found in small letters and capitals alike: of every alphabet on PostgreSQL, of
the Latin letters without marks (a to z) on SQLite.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, select

from ..hub import Direction, Page, Wanted, Written
from .contacts import canonical
from .rows import to_inbound, to_outgoing
from .tables import inbox, outbox

#: Messages of each direction that a page looks at.
SPAN = 20_000
#: By how much a clock that was set back may have mixed up the times of messages.
_MIXED_UP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Side:
    """One direction."""

    table: Table
    made: Column[datetime]
    read: Callable[[Row[Any]], Written]


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found on one side, and the oldest that was looked at; None if that was all."""

    rows: Sequence[Row[Any]]
    floor: Row[Any] | None


def _came(row: Row[Any]) -> Written:
    message = to_inbound(row)
    return Written(message=message, content=message)


def _went(row: Row[Any]) -> Written:
    outgoing = to_outgoing(row)
    return Written(message=outgoing.delivery, content=outgoing.content)


_SIDES = {
    Direction.INBOUND: _Side(inbox, inbox.c.received_at, _came),
    Direction.OUTBOUND: _Side(outbox, outbox.c.created_at, _went),
}


def messages(conn: Connection, tenant: str, wanted: Wanted, *, span: int = SPAN) -> Page:
    """A page of a tenant's messages."""
    looked = {
        side: _look(conn, side, tenant, wanted, span)
        for direction, side in _SIDES.items()
        if wanted.direction in (direction, None) and not (wanted.state and side.table is inbox)
    }
    # What is older than the floor of one side was not looked at on both.
    floors = [each.floor for each in looked.values() if each.floor is not None]
    floor = max(floors, key=lambda row: str(row.id), default=None)
    found = [(row, side) for side, each in looked.items() for row in each.rows]
    found = [(row, side) for row, side in found if floor is None or row.id >= floor.id]
    found.sort(key=lambda each: str(each[0].id), reverse=True)
    shown = [side.read(row) for row, side in found[: wanted.limit]]
    if len(found) > wanted.limit:
        last, side = found[wanted.limit - 1]
        return Page(messages=shown, next=last.id, searched_back_to=last._mapping[side.made.name])
    if floor is not None:
        return Page(messages=shown, next=floor.id, searched_back_to=floor.made)
    return Page(messages=shown, next="", searched_back_to=None)


def _look(conn: Connection, side: _Side, tenant: str, wanted: Wanted, span: int) -> _Looked:
    ids, within = side.table.c.id, _within(conn, side.table, tenant, wanted)
    newest_first = select(ids, side.made.label("made")).where(*within).order_by(ids.desc())
    floor = conn.execute(newest_first.offset(span - 1).limit(1)).first()
    if floor is not None:
        within.append(ids >= floor.id)
    fits = [*within, *_filters(side, wanted)]
    query = select(side.table).where(*fits).order_by(ids.desc()).limit(wanted.limit + 1)
    rows = conn.execute(query).all()
    if floor is not None and wanted.since and floor.made < wanted.since - _MIXED_UP:
        floor = None  # what is older still is not asked for
    return _Looked(rows, floor)


def _within(conn: Connection, table: Table, tenant: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What an index finds: a tenant's messages, or those of one chat."""
    within: list[ColumnElement[bool]] = [table.c.tenant == tenant]
    if wanted.before:
        within.append(table.c.id < wanted.before)
    if wanted.chat and wanted.connections and len(wanted.connections) == 1:
        (name,) = wanted.connections
        within += [table.c.connection_id == name, table.c.chat == canonical(conn, name, wanted.chat)]
    return within


def _filters(side: _Side, wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = side.table.c
    filters: list[ColumnElement[bool]] = []
    if wanted.connections is not None:
        filters.append(columns.connection_id.in_(sorted(wanted.connections)))
    if wanted.chat and not (wanted.connections and len(wanted.connections) == 1):
        filters.append(columns.chat == wanted.chat)
    if wanted.state:
        filters.append(columns.state == wanted.state)
    if wanted.kind:
        filters.append(columns.kind == wanted.kind)
    if wanted.since:
        filters.append(side.made >= wanted.since)
    if wanted.until:
        filters.append(side.made < wanted.until)
    if wanted.text:
        filters.append(columns.text.icontains(wanted.text, autoescape=True))
    return filters
