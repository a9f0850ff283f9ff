"""What a person who was erased once wrote, was sent or asked for must not count as new when it comes again: a
sweep brings old messages, programs repeat their requests. So hashes of its ids are kept for a while, under a
key that does not lie in the database."""

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, exists, select, tuple_

from ..messages import REMARKS, Inbound
from .customer_tables import spent as t
from .dialect import insert_ignore
from .prepared import Asked
from .suppressions import KEY
from .tables import connections

_AT_ONCE = 512
_KEPT = Asked(
    t.select().where(
        t.c.tenant.in_(bindparam("tenants", expanding=True)),
        t.c.subject.in_(bindparam("subjects", expanding=True)),
    )
)


@dataclass(frozen=True, slots=True)
class Mark:
    """An id that was used up."""

    tenant: str
    what: tuple[str, ...]


def of_message(tenant: str, wa_id: str, from_me: bool) -> Mark:
    """A message, on whichever connection of the tenant's: several may be linked to one account."""
    return Mark(tenant, ("sent" if from_me else "received", wa_id))


def of_use(tenant: str, connection_id: str, use_id: str) -> Mark:
    """An id of a message from outside."""
    return Mark(tenant, ("use", connection_id, use_id))


def of_key(tenant: str, key: str) -> Mark:
    """An Idempotency-Key."""
    return Mark(tenant, ("key", key))


def keep(conn: Connection, marks: Iterable[tuple[Mark, str, datetime]]) -> None:
    """Keep these: each with our id of its message, and since when it is used up."""
    if not _key(conn):
        return
    rows = [
        {"tenant": mark.tenant, "subject": _subject(conn, mark), "message_id": message_id, "at": at}
        for mark, message_id, at in marks
    ]
    if rows:
        conn.execute(insert_ignore(t), rows)


def among(conn: Connection, marks: Collection[Mark]) -> Mapping[Mark, str]:
    """Those of these that are used up, each with our id of the message that is gone."""
    if not (marks and _key(conn)):
        return {}
    asked = {(mark.tenant, _subject(conn, mark)): mark for mark in marks}
    places, found = sorted(asked), dict[Mark, str]()
    for start in range(0, len(places), _AT_ONCE):
        tenants, subjects = zip(*places[start : start + _AT_ONCE], strict=True)
        for row in _KEPT.rows(conn, tenants=sorted(set(tenants)), subjects=sorted(set(subjects))):
            if mark := asked.get((row.tenant, row.subject)):
                found[mark] = row.message_id
    return found


def marks_of(message: Inbound) -> Collection[Mark]:
    """Those by which a message that arrives is known again. WhatsApp gives our own remarks ids of their own:
    these are known by what they are about."""
    marks = {of_message(message.tenant, message.wa_id, message.from_me)}
    if message.from_me and message.kind in REMARKS and message.about_wa_id:
        marks |= {of_message(message.tenant, message.about_wa_id, sent) for sent in (True, False)}
    return marks


def ended(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """Those from before then."""
    query = select(t.c.tenant, t.c.subject).where(t.c.at < before, ~_UNSWEPT).limit(most)
    return [(row.tenant, row.subject) for row in conn.execute(query)]


def remove(conn: Connection, found: Sequence[tuple[str, str]], before: datetime) -> int:
    """Forget those that still may go."""
    named = tuple_(t.c.tenant, t.c.subject).in_(found)
    return conn.execute(delete(t).where(named, t.c.at < before, ~_UNSWEPT)).rowcount


#: Its tenant has a connection that has not been swept since: the next sweep looks back so far.
_UNSWEPT = exists().where(connections.c.tenant == t.c.tenant, connections.c.swept_to < t.c.at)


def _subject(conn: Connection, mark: Mark) -> str:
    said = "\0".join((mark.tenant, *mark.what))
    return hmac.digest(_key(conn), said.encode(), "sha256").hex()


def _key(conn: Connection) -> bytes:
    return bytes(conn.info.get(KEY, b""))
