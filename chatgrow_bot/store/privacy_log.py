"""Who was exported and erased: when, by whom, how much of what. A person stands in it as a hash under a key
of his own; once that is destroyed, nobody can tell of whom it speaks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from .customer_tables import person_keys as keys
from .customer_tables import privacy_log as t
from .people import Person

EXPORT, ERASE, ERASING = "export", "erase", "erasing"
#: Beside the counts of an erase that goes on: files that nothing names any more, perhaps.
_FILES = "files to go"


@dataclass(slots=True, kw_only=True)
class Entry:
    """A line of the log."""

    id: str
    tenant: str
    subject: str
    what: str
    by: str
    at: datetime
    counts: dict[str, int] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)  #: SHA-256 of each

    def count(self, what: str, amount: int) -> None:
        """So much more of it."""
        if amount:
            self.counts[what] = self.counts.get(what, 0) + amount


def sealed_key(conn: Connection, person: Person) -> tuple[str, str] | None:
    """Under which of his names a person's key stands, and the key."""
    mine = (keys.c.tenant == person.tenant, keys.c.person.in_(person.names))
    row = conn.execute(select(keys).where(*mine).order_by(keys.c.person).limit(1)).first()
    return row and (row.person, row.key)


def keep_key(conn: Connection, person: Person, sealed: str) -> None:
    """The key of a person who has none."""
    conn.execute(insert(keys).values(tenant=person.tenant, person=person.chat, key=sealed))


def destroy_keys(conn: Connection, person: Person) -> None:
    """Nobody can tell any more which lines are his."""
    mine = (keys.c.tenant == person.tenant, keys.c.person.in_(person.names))
    conn.execute(delete(keys).where(*mine))


def all_keys(conn: Connection, tenant: str) -> Sequence[tuple[str, str]]:
    """Every person of a tenant's that the log can tell, with his key."""
    rows = conn.execute(select(keys.c.person, keys.c.key).where(keys.c.tenant == tenant))
    return [(row.person, row.key) for row in rows]


def begin(conn: Connection, entry: Entry) -> Entry:
    """A new line; or the one of an erase that was broken off, to go on with."""
    if entry.what == ERASING:
        mine = (t.c.tenant == entry.tenant, t.c.subject == entry.subject, t.c.what == ERASING)
        if row := conn.execute(select(t).where(*mine).limit(1)).first():
            return _entry(row)
    conn.execute(insert(t).values(**_values(entry)))
    return entry


def note(conn: Connection, entry: Entry) -> None:
    """Write down how far it has come."""
    mine = (t.c.tenant == entry.tenant, t.c.id == entry.id)
    conn.execute(update(t).where(*mine).values(**_values(entry)))


def get(conn: Connection, tenant: str, entry_id: str) -> Entry:
    """A line as it is."""
    return _entry(conn.execute(select(t).where(t.c.tenant == tenant, t.c.id == entry_id)).one())


def broken_off(conn: Connection) -> Sequence[Entry]:
    """The erases that have begun and not ended, whosever they are."""
    return [_entry(row) for row in conn.execute(select(t).where(t.c.what == ERASING).order_by(t.c.id))]


def of(conn: Connection, tenant: str, subjects: Collection[str] | None = None) -> Sequence[Entry]:
    """A tenant's lines, oldest first: all, or those of some subjects."""
    query = select(t).where(t.c.tenant == tenant).order_by(t.c.id)
    if subjects is not None:
        query = query.where(t.c.subject.in_(subjects))
    return [_entry(row) for row in conn.execute(query)]


def _entry(row: Any) -> Entry:
    counts = dict(row.counts)
    files = set(counts.pop(_FILES, ()))
    return Entry(**{**row._mapping, "counts": counts, "files": files})


def _values(entry: Entry) -> Mapping[str, Any]:
    counts = {**entry.counts, **({_FILES: sorted(entry.files)} if entry.files else {})}
    own = ("id", "tenant", "subject", "what", "by", "at")
    return {**{name: getattr(entry, name) for name in own}, "counts": counts}
