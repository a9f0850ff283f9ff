"""What else is kept of a person: rows of bulk sends, what he said about hearing from a tenant, words on him,
facts that name him, what plugins remember, and who is who."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from ..hub import RowState
from . import personal_messages as messages
from . import plugin_store as stored
from . import suppressions
from .bulk import LEFT
from .bulk_tables import bulk_batches, bulk_rows
from .customer_tables import customers
from .people import Person
from .personal import PAGE, Found, Kind, Looked, at_once, fields, on_connection, walk
from .personal_talks import CONVERSATIONS, DIALOGUES
from .tables import (
    consent,
    consent_ledger,
    contacts,
    inbox,
    journal,
    outbox,
    parked,
    places,
    plugin_store,
)

#: What stands in the place of what is gone.
ERASED = "erased"
#: Facts of messages: they name them by our id, and so say nothing once these are gone.
_BY_ID = ("on_inbound", "on_outbound")


def _bulk(conn: Connection, person: Person, row: Row[Any]) -> Found | None:
    if row.chat not in person.names and not person.is_named_in(row.recipient):
        return None
    media = row.media["sha256"] if row.media else ""
    return Found(key=(row.batch_id, row.number), shown=fields(row, "own"), file=media)


def _strike(conn: Connection, person: Person, keys: Sequence[tuple[str, int]], now: datetime) -> int:
    """The row stays, for the figures of its send; nothing of him does."""
    mine = bulk_rows.c.batch_id.in_(select(bulk_batches.c.id).where(bulk_batches.c.tenant == person.tenant))
    which = tuple_(bulk_rows.c.batch_id, bulk_rows.c.number).in_(keys)
    empty = {"recipient": "", "chat": "", "text": "", "file": None, "media": None, "payload": None}
    its = (outbox.c.id == bulk_rows.c.message_id, outbox.c.state.in_(LEFT))
    ended = select(outbox.c.state).where(*its).scalar_subquery()
    is_over = bulk_rows.c.state.in_((RowState.REJECTED, *LEFT))
    state = case((is_over, bulk_rows.c.state), else_=func.coalesce(ended, RowState.CANCELLED.value))
    values = {**empty, "state": state, "reason": ERASED, "message_id": None}
    return conn.execute(update(bulk_rows).where(mine, which).values(values)).rowcount


def _look_parked(conn: Connection, person: Person, after: Any) -> Looked:
    mine = (journal.c.position == parked.c.position, journal.c.tenant == person.tenant)
    query = select(parked, journal.c.hook, journal.c.body).where(*mine)
    query = query.order_by(parked.c.reader, parked.c.position).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(parked.c.reader, parked.c.position) > tuple_(*after))
    rows = conn.execute(query).all()
    ids = [row.body["id"] for row in rows if row.hook in _BY_ID]
    wrote = or_(inbox.c.chat.in_(person.names), inbox.c.participant.in_(person.names))
    his = {
        found
        for table, cond in ((inbox, wrote), (outbox, messages.to_him(person)))
        for found in conn.execute(
            select(table.c.id).where(table.c.tenant == person.tenant, table.c.id.in_(ids), cond)
        ).scalars()
    }
    found = [
        Found(key=(row.reader, row.position), shown=None)
        for row in rows
        if row.body.get("id") in his or person.is_named_in(row.reason)
    ]
    last = rows[-1] if len(rows) == PAGE else None
    return Looked(found, last and (last.reader, last.position))


def _unpark(conn: Connection, person: Person, keys: Sequence[tuple[str, int]], now: datetime) -> int:
    of_his = exists().where(journal.c.position == parked.c.position, journal.c.tenant == person.tenant)
    which = tuple_(parked.c.reader, parked.c.position).in_(keys)
    return conn.execute(delete(parked).where(which, of_his)).rowcount


def _look_journal(conn: Connection, person: Person, after: Any) -> Looked:
    """Of those of messages, only the ones that hold his digits are read. What is the installation's own is
    nobody's to have: there he is only taken out."""
    words = type_coerce(journal.c.body, Text)
    holds = [words.contains(digits, autoescape=True) for digits in person.digits]
    query = (
        select(journal.c.position, journal.c.tenant, journal.c.hook, words.label("words"), journal.c.at)
        .where(journal.c.tenant.in_((person.tenant, "")), journal.c.position > (after or 0))
        .where(or_(journal.c.hook.not_in(_BY_ID), *holds))
        .order_by(journal.c.position)
        .limit(PAGE)
    )
    rows = conn.execute(query).all()
    found = [
        Found(
            key=row.position,
            shown={"at": row.at, "event": row.hook, "said": row.words} if row.tenant else None,
        )
        for row in rows
        if person.is_named_in(row.words)
    ]
    return Looked(found, rows[-1].position if len(rows) == PAGE else None)


def _remove_facts(conn: Connection, person: Person, positions: Sequence[int], now: datetime) -> int:
    t, these = journal.c, journal.c.position.in_(positions)
    for row in conn.execute(select(t.position, t.body).where(t.tenant == "", these)).all():
        said = {key: ERASED if person.is_named_in(str(value)) else value for key, value in row.body.items()}
        conn.execute(update(journal).where(t.position == row.position).values(body=said))
    return conn.execute(delete(journal).where(t.tenant == person.tenant, these)).rowcount


def _look_store(conn: Connection, person: Person, after: Any) -> Looked:
    t = plugin_store
    query = select(t).where(t.c.tenant == person.tenant).order_by(t.c.instance, t.c.key).limit(PAGE)
    if after is not None:
        query = query.where(tuple_(t.c.instance, t.c.key) > tuple_(*after))
    rows = conn.execute(query).all()
    found = [
        Found(key=(row.instance, row.key), shown={"plugin": row.instance, "key": row.key, "value": row.value})
        for row in rows
        if person.is_named_in(row.key) or without(person, row.value) != row.value
    ]
    last = rows[-1] if len(rows) == PAGE else None
    return Looked(found, last and (last.instance, last.key))


def _forget(conn: Connection, person: Person, keys: Sequence[tuple[str, str]], now: datetime) -> int:
    for instance, key in keys:
        value = stored.get(conn, instance, person.tenant, key)
        left = None if person.is_named_in(key) else without(person, value)
        if left is None:
            stored.remove(conn, instance, person.tenant, key)
        else:
            stored.put(conn, instance, person.tenant, key, left)
    return len(keys)


def without(person: Person, value: Any) -> Any:
    """A JSON value without him: a list without the members that are of him, an object without the keys; None
    when it is all of him, as a text or number that names him is, and an object in which one stands."""
    match value:
        case str() | int() if not isinstance(value, bool):
            return None if person.is_named_in(str(value)) else value
        case list():
            return [left for each in value if (left := without(person, each)) is not None or each is None]
        case dict():
            kept = {key: each for key, each in value.items() if not person.is_named_in(key)}
            parts = {key: without(person, each) for key, each in kept.items()}
            plain = (parts[key] is None for key, each in kept.items() if isinstance(each, str | int))
            if any(plain):
                return None
            return {key: left for key, left in parts.items() if left is not None or kept[key] is None}
        case _:
            return value


def _silence(conn: Connection, person: Person, names: Sequence[str], now: datetime) -> int:
    """What he said last is forgotten; that he wanted nothing is kept so that it says it of nobody."""
    mine = (consent.c.tenant == person.tenant, consent.c.person.in_(names))
    if conn.execute(select(consent.c.person).where(*mine, consent.c.opted_out).limit(1)).first():
        suppressions.keep(conn, person.tenant, person.names, now)
    return conn.execute(delete(consent).where(*mine)).rowcount


def _of_person(name: str, table: Table) -> Kind:
    key = table.c.id if "id" in table.c else table.c.person

    def remove(conn: Connection, person: Person, keys: Sequence[str], now: datetime) -> int:
        which = (table.c.tenant == person.tenant, table.c.person.in_(person.names), key.in_(keys))
        return conn.execute(delete(table).where(*which)).rowcount

    return Kind(
        name=name,
        tables=(table.name,),
        look=at_once(
            lambda person: (
                select(table)
                .where(table.c.tenant == person.tenant, table.c.person.in_(person.names))
                .order_by(key)
            ),
            lambda row: getattr(row, key.name),
        ),
        remove=remove if table is not consent else _silence,
    )


BULK = Kind(
    name="bulkRows",
    tables=("bulk_rows",),
    look=walk(
        bulk_rows,
        [bulk_rows.c.batch_id, bulk_rows.c.number],
        lambda person: bulk_rows.c.batch_id.in_(
            select(bulk_batches.c.id).where(bulk_batches.c.tenant == person.tenant)
        ),
        lambda person: or_(
            bulk_rows.c.chat.in_(person.names), and_(bulk_rows.c.chat == "", bulk_rows.c.recipient != "")
        ),
        _bulk,
    ),
    remove=_strike,
)
PARKED = Kind(name="eventsSetAside", tables=("parked",), look=_look_parked, remove=_unpark)
FACTS = Kind(name="events", tables=("journal",), look=_look_journal, remove=_remove_facts)
STORE = Kind(name="pluginValues", tables=("plugin_store",), look=_look_store, remove=_forget)
PLACES = on_connection("placesInRations", places, "holder")
CONTACTS = on_connection("contactMap", contacts, "lid", "chat", last=True)

#: All of them, in the order in which they go: what leads to a message before it, and last who is who, by
#: which all else is found.
KINDS = (
    messages.KEYS,
    messages.USES,
    PARKED,
    BULK,
    messages.OUT,
    messages.IN,
    *messages.MENTIONS,
    FACTS,
    STORE,
    PLACES,
    DIALOGUES,
    CONVERSATIONS,
    _of_person("customer", customers),
    _of_person("consent", consent),
    _of_person("consentLedger", consent_ledger),
    CONTACTS,
)
#: Tables without anything of a customer's, and why.
OF_NOBODY = {
    "meta": "the installation's own",
    "connections": "the tenant's own accounts",
    "slots": "when a connection may send next",
    "bookmarks": "how far readers have come",
    "bulk_batches": "what all rows of a send have in common",
    "users": "the users themselves",
    "logins": "of users",
    "api_keys": "of users",
    "webhook_keys": "of users",
    "usage": "counts",
    "counts": "counts",
    "tallies": "counts",
    "trace_pages": "standing lines of rules",
    "privacy_log": "hashes under a key that goes",
    "person_keys": "go at the end of an erase, by themselves",
    "suppressions": "hashes under a key that lies elsewhere",
    "spent": "hashes under the same key, for days",
}
