"""Who said STOP to whom, and every time it was said. A tenant's connections may know one person by different
names: what he said last stands under each of them, so that it holds whichever name a message goes to."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from ..ids import new_id
from . import suppressions
from .dialect import upsert
from .tables import connections, consent_ledger, contacts, outbox
from .tables import consent as t

#: Why a message ended that somebody did not want.
OPTED_OUT = "the person has opted out"
#: Whether its reader wants nothing from its tenant: a condition on a message. The one that confirms it to him
#: still goes; which that is stands with what he said, and not in the message, so that no other can pass for
#: it. (Not for RETURNING: SQLAlchemy names no table there, and on SQLite `tenant = tenant` would be true of
#: everybody's.)
REFUSED = exists().where(
    t.c.tenant == outbox.c.tenant,
    t.c.person == outbox.c.chat,
    t.c.opted_out,
    t.c.confirmation != outbox.c.id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One time that it was said."""

    opted_out: bool
    source: str  #: where: a message, a rule, a caller
    word: str  #: by which word of the lists, if it was one; never what else he wrote
    at: datetime


def opted_out(conn: Connection, tenant: str, person: str) -> bool:
    """Whether this person wants nothing from this tenant."""
    return bool(
        conn.execute(select(t.c.opted_out).where(t.c.tenant == tenant, t.c.person == person)).scalar()
    )


def all_opted_out(conn: Connection, people: Collection[tuple[str, str]]) -> Set[tuple[str, str]]:
    """Those of these, each with its tenant, who want nothing from it."""
    tenants = {tenant for tenant, _ in people}
    return {
        (tenant, person)
        for tenant in tenants
        for person in conn.execute(
            select(t.c.person).where(
                t.c.tenant == tenant,
                t.c.person.in_([person for whose, person in people if whose == tenant]),
                t.c.opted_out,
            )
        ).scalars()
    } | set(suppressions.among(conn, people))


def record(
    conn: Connection,
    tenant: str,
    person: str,
    out: bool,
    source: str,
    at: datetime,
    *,
    word: str = "",
    confirmation: str = "",
) -> bool:
    """Write down what a person said at a time; False when it changes nothing, because it was so already or
    because what was said later is known (a sweep brings old messages). The ledger keeps it either way.

    `confirmation` is the id of the message that may still go to him, if this changes anything.
    """
    last = _recalled(conn, tenant, person)
    is_news = last is None or last.at <= at
    changed = is_news and (last is not None and last.opted_out) is not out
    if not out:
        suppressions.lift(conn, tenant, names(conn, tenant, person), at)
    if is_news:
        may_go = confirmation if changed else last.confirmation if last is not None else ""
        _put(conn, tenant, names(conn, tenant, person), out, at, may_go if out else "")
    said = {"opted_out": out, "source": source, "word": word, "at": at}
    conn.execute(insert(consent_ledger).values(id=new_id(), tenant=tenant, person=person, **said))
    return changed


def stands_otherwise(conn: Connection, tenant: str, person: str, out: bool, at: datetime) -> bool:
    """Whether a person said the opposite later than at this time. For the writer."""
    last = _recalled(conn, tenant, person)
    return last is not None and last.at > at and last.opted_out is not out


def ledger(conn: Connection, tenant: str, person: str) -> Sequence[Entry]:
    """All that a person said, under whatever name, oldest first."""
    his = (
        consent_ledger.c.tenant == tenant,
        consent_ledger.c.person.in_(sorted(names(conn, tenant, person))),
    )
    found = conn.execute(
        select(consent_ledger).where(*his).order_by(consent_ledger.c.at, consent_ledger.c.id)
    )
    return [Entry(opted_out=row.opted_out, source=row.source, word=row.word, at=row.at) for row in found]


def join(conn: Connection, tenant: str, lid: str, person: str) -> None:
    """A linked id was learnt to be this person: what was said last under any of his names holds for all."""
    his = names(conn, tenant, person)
    if last := _last(conn, tenant, his):
        _put(conn, tenant, his, last.opted_out, last.at, last.confirmation)
        if not last.opted_out:
            suppressions.lift(conn, tenant, his, last.at)
    conn.execute(
        update(consent_ledger)
        .where(consent_ledger.c.tenant == tenant, consent_ledger.c.person == lid)
        .values(person=person)
    )


def names(conn: Connection, tenant: str, person: str) -> Set[str]:
    """Every name by which a connection of the tenant knows this person: linked ids and chats of numbers."""
    mine = (contacts.c.connection_id == connections.c.id, connections.c.tenant == tenant)
    chats = {person, *conn.execute(select(contacts.c.chat).where(*mine, contacts.c.lid == person)).scalars()}
    return chats.union(
        conn.execute(select(contacts.c.lid).where(*mine, contacts.c.chat.in_(chats))).scalars()
    )


def _recalled(conn: Connection, tenant: str, person: str) -> Row[Any] | None:
    """What a person said last; it is recalled of whoever was erased since."""
    suppressions.recall(conn, {(tenant, name) for name in names(conn, tenant, person)})
    return _last(conn, tenant, {person})


def _last(conn: Connection, tenant: str, his: Set[str]) -> Row[Any] | None:
    """What was said last under any of these names."""
    said = select(t).where(t.c.tenant == tenant, t.c.person.in_(sorted(his)))
    return conn.execute(said.order_by(t.c.at.desc(), t.c.opted_out.desc())).first()


def _put(conn: Connection, tenant: str, his: Set[str], out: bool, at: datetime, confirmation: str) -> None:
    row = {"tenant": tenant, "opted_out": out, "at": at, "confirmation": confirmation}
    conn.execute(upsert(t), [{"person": name, **row} for name in sorted(his)])
