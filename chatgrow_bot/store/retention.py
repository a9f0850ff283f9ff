"""What is old enough to go, and its going. Looked for by readers, in pages; removed by the writer, a few rows
at a time, under a guard that asks again: what is live, held, or named by what is live never goes."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, exists, func, select, text, tuple_

from ..states import State
from . import bulk as stored_bulk
from . import conversations as stored_conversations
from . import counts as stored_counts
from . import customers as stored_customers
from . import journal as stored_journal
from . import spent as stored_spent
from . import tallies as stored_tallies
from . import traces as stored_traces
from . import usage as stored_usage
from .account_tables import webhook_uses
from .bulk_tables import bulk_rows
from .partial import in_states
from .tables import bookmarks, idempotency, inbox, jobs, journal, outbox, parked

#: A message in one of these has ended: nothing waits for it any more.
ENDED = (State.SENT, State.DELIVERED, State.READ, State.FAILED, State.CANCELLED, State.EXPIRED)
_LIVE = in_states("naming.state", tuple(state for state in State if state not in ENDED))
#: The index's own term, as a literal: without it SQLite does not use the index.
_NAMES = text("naming.about != ''")
#: Nobody has set it aside to look at it again.
_FACT_MAY_GO = ~exists().where(parked.c.position == journal.c.position)
#: Rows looked at by one read.
_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of row that goes with time."""

    name: str
    find: Callable[[Connection, datetime, int], Sequence[Any]]
    """`find(conn, before, most)`: the keys of so many rows, at most, that may go."""
    remove: Callable[[Connection, Sequence[Any], datetime], int]
    """`remove(conn, keys, before)`: remove those that still may go; how many went."""
    at_once: int = 100  #: of which so many in one transaction


def messages_out(conn: Connection, before: datetime, most: int) -> Sequence[str]:
    """Messages that ended before then."""
    return _walk(conn, outbox, outbox.c.created_at, _out_may_go(before), before, most)


def messages_in(conn: Connection, before: datetime, most: int) -> Sequence[str]:
    """Messages that came before then and whose way in has ended."""
    return _walk(conn, inbox, inbox.c.received_at, _in_may_go(before), before, most)


def facts(conn: Connection, before: datetime, most: int) -> Sequence[int]:
    """Facts from before then, save those set aside for a reader since.

    They stand in the order in which they were told, whatever the clock said then: behind one that is young
    there is none that is old. One later than the newest was told before the clock was set back, and is as old
    as those around it.
    """
    newest = conn.execute(select(journal.c.at).order_by(journal.c.position.desc()).limit(1)).scalar()
    found: list[int] = []
    between: list[int] = []
    for row in _told(conn):
        if before <= row.at <= newest or len(found) >= most:
            break
        between += [row.position] if row.may_go else []
        if row.at < before:
            found += between
            between = []
    return found[:most]


def _told(conn: Connection) -> Iterator[Row[Any]]:
    after = 0
    while page := conn.execute(
        select(journal.c.position, journal.c.at, _FACT_MAY_GO.label("may_go"))
        .where(journal.c.position > after)
        .order_by(journal.c.position)
        .limit(_PAGE)
    ).all():
        yield from page
        after = page[-1].position


def keys(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """Idempotency keys used before then."""
    query = select(idempotency.c.tenant, idempotency.c.key).where(idempotency.c.created_at < before)
    return [(row.tenant, row.key) for row in conn.execute(query.limit(most))]


def uses(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """Ids of messages from outside that were used before then."""
    t = webhook_uses
    query = select(t.c.connection_id, t.c.webhook_id).where(t.c.at < before).limit(most)
    return [(row.connection_id, row.webhook_id) for row in conn.execute(query)]


def set_aside(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, int]]:
    """Facts that were set aside for a reader before then."""
    query = select(parked.c.reader, parked.c.position).where(parked.c.at < before).limit(most)
    return [(row.reader, row.position) for row in conn.execute(query)]


def _remove_out(conn: Connection, ids: Sequence[str], before: datetime) -> int:
    return _delete(conn, outbox, outbox.c.id.in_(ids), _out_may_go(before))


def _remove_in(conn: Connection, ids: Sequence[str], before: datetime) -> int:
    """What remains of them is when their writers last wrote."""
    may_go = select(inbox.c.id).where(inbox.c.id.in_(ids), _in_may_go(before))
    going = conn.execute(may_go).scalars().all()
    stored_customers.leave(conn, going, before)
    return _delete(conn, inbox, inbox.c.id.in_(going))


def _remove_facts(conn: Connection, positions: Sequence[int], before: datetime) -> int:
    stored_journal.let_go(conn, max(positions, default=0))
    return _delete(conn, journal, journal.c.position.in_(positions), _FACT_MAY_GO)


def _remove_keys(conn: Connection, found: Sequence[tuple[str, str]], before: datetime) -> int:
    named = tuple_(idempotency.c.tenant, idempotency.c.key).in_(found)
    return _delete(conn, idempotency, named, idempotency.c.created_at < before)


def _remove_uses(conn: Connection, found: Sequence[tuple[str, str]], before: datetime) -> int:
    named = tuple_(webhook_uses.c.connection_id, webhook_uses.c.webhook_id).in_(found)
    return _delete(conn, webhook_uses, named, webhook_uses.c.at < before)


def _remove_parked(conn: Connection, found: Sequence[tuple[str, int]], before: datetime) -> int:
    return _delete(conn, parked, tuple_(parked.c.reader, parked.c.position).in_(found), parked.c.at < before)


#: One goes with all of its rows.
BULK = Kind(name="bulk sends", find=stored_bulk.ended, remove=stored_bulk.remove, at_once=1)
OUT = Kind(name="messages out", find=messages_out, remove=_remove_out)
IN = Kind(name="messages in", find=messages_in, remove=_remove_in)
TALKS = Kind(name="conversations", find=stored_conversations.ended, remove=stored_conversations.remove)
PARKED = Kind(name="facts set aside", find=set_aside, remove=_remove_parked)
FACTS = Kind(name="facts", find=facts, remove=_remove_facts)
KEYS = Kind(name="idempotency keys", find=keys, remove=_remove_keys)
USES = Kind(name="ids of messages from outside", find=uses, remove=_remove_uses)
USAGE = Kind(name="counts of plans", find=stored_usage.ended, remove=stored_usage.remove)
COUNTS = Kind(name="figures", find=stored_counts.old, remove=stored_counts.remove)
TALLIES = Kind(name="figures by day", find=stored_tallies.old, remove=stored_tallies.remove)
DULL = Kind(name="dull traces", find=stored_traces.dull, remove=stored_traces.remove_dull, at_once=500)
PAGES = Kind(name="pages of traces", find=stored_traces.idle_pages, remove=stored_traces.remove_pages)
SPENT = Kind(name="ids of what was erased", find=stored_spent.ended, remove=stored_spent.remove)
#: In the order in which they go: what was set aside before the facts that it keeps, a bulk send before its
#: messages.
KINDS = (BULK, OUT, IN, TALKS, PARKED, FACTS, KEYS, USES, SPENT, USAGE, COUNTS, TALLIES, DULL, PAGES)


def pass_by(conn: Connection, position: int) -> Mapping[str, int]:
    """Move every bookmark that stands before a position to it; how many facts each reader has missed."""
    late = conn.execute(select(bookmarks).where(bookmarks.c.position < position)).all()
    missed: dict[str, int] = {}
    for row in late:
        between = journal.c.position.between(row.position + 1, position)
        missed[row.reader] = conn.execute(select(func.count()).where(between)).scalar_one()
        stored_journal.move(conn, row.reader, position)
    return missed


def named_files(conn: Connection, tenant: str, hashes: Collection[str]) -> Collection[str]:
    """Those of a tenant's files, by their SHA-256, that a message in or out still names, or one to be."""
    named: set[str] = set()
    for table in (outbox, inbox):
        after = ""
        while True:  # the terms are the index's own: only messages with a file are looked at
            mine = (table.c.tenant == tenant, table.c.media.is_not(None), table.c.id > after)
            query = select(table.c.id, table.c.media).where(*mine).order_by(table.c.id).limit(_PAGE)
            page = conn.execute(query).all()
            named.update(row.media["sha256"] for row in page if row.media)
            if len(page) < _PAGE:
                break
            after = page[-1].id
    named |= stored_bulk.named_files(conn, tenant)
    return named.intersection(hashes)


def _walk(
    conn: Connection,
    table: Table,
    made: ColumnElement[datetime],
    may_go: ColumnElement[bool],
    before: datetime,
    most: int,
) -> Sequence[str]:
    """Ids grow with time, so what is old stands first: nothing younger is looked at."""
    found: list[str] = []
    after = ""
    while len(found) < most:
        page = conn.execute(
            select(table.c.id, made.label("made"), may_go.label("may_go"))
            .where(table.c.id > after)
            .order_by(table.c.id)
            .limit(_PAGE)
        ).all()
        found += [row.id for row in page if row.may_go]
        if len(page) < _PAGE or all(row.made >= before for row in page):
            break
        after = page[-1].id
    return found[:most]


def _out_may_go(before: datetime) -> ColumnElement[bool]:
    of_bulk = exists().where(bulk_rows.c.message_id == outbox.c.id)
    return and_(in_states("outbox.state", ENDED), outbox.c.updated_at < before, ~_named(outbox), ~of_bulk)


def _in_may_go(before: datetime) -> ColumnElement[bool]:
    under_way = exists().where(jobs.c.message_id == inbox.c.id)
    return and_(inbox.c.received_at < before, ~under_way, ~_named(inbox))


def _named(table: Table) -> ColumnElement[bool]:
    """Whether a live message quotes this one or remarks on it: without it, it could not leave."""
    naming = outbox.alias("naming")
    return exists().where(naming.c.about == table.c.id, _NAMES, _LIVE)


def _delete(conn: Connection, table: Table, *which: ColumnElement[bool]) -> int:
    return conn.execute(delete(table).where(*which)).rowcount
