"""Who said STOP to whom, and every time it was said. A tenant's connections may know one person by different
names: what he said last stands under each of them, so that it holds whichever name a message goes to."""

from collections.abc import Set
from datetime import datetime

from sqlalchemy import Connection, exists, insert, select, update

from ..ids import new_id
from .dialect import upsert
from .tables import connections, consent_ledger, contacts, outbox
from .tables import consent as t

#: Why a message ended that somebody did not want.
OPTED_OUT = "the person has opted out"
#: Whether its reader wants nothing from its tenant: a condition on a message. (Not for RETURNING: SQLAlchemy
#: names no table there, and on SQLite `tenant = tenant` would be true of everybody's.)
REFUSED = exists().where(t.c.tenant == outbox.c.tenant, t.c.person == outbox.c.chat, t.c.opted_out)


def opted_out(conn: Connection, tenant: str, person: str) -> bool:
    """Whether this person wants nothing from this tenant."""
    return bool(
        conn.execute(select(t.c.opted_out).where(t.c.tenant == tenant, t.c.person == person)).scalar()
    )


def record(conn: Connection, tenant: str, person: str, out: bool, source: str, at: datetime) -> bool:
    """Write down what a person said at a time; False when it changes nothing, because it was so already or
    because what was said later is known (a sweep brings old messages). The ledger keeps it either way."""
    known = select(t.c.opted_out, t.c.at).where(t.c.tenant == tenant, t.c.person == person)
    last = conn.execute(known).first()
    is_news = last is None or last.at <= at
    changed = is_news and (last is not None and last.opted_out) is not out
    if is_news:
        _put(conn, tenant, _names(conn, tenant, person), out, at)
    conn.execute(
        insert(consent_ledger).values(
            id=new_id(), tenant=tenant, person=person, opted_out=out, source=source, at=at
        )
    )
    return changed


def join(conn: Connection, tenant: str, lid: str, person: str) -> None:
    """A linked id was learnt to be this person: what was said last under any of his names holds for all."""
    names = _names(conn, tenant, person)
    said = (
        select(t)
        .where(t.c.tenant == tenant, t.c.person.in_(names))
        .order_by(t.c.at.desc(), t.c.opted_out.desc())
    )
    if last := conn.execute(said).first():
        _put(conn, tenant, names, last.opted_out, last.at)
    conn.execute(
        update(consent_ledger)
        .where(consent_ledger.c.tenant == tenant, consent_ledger.c.person == lid)
        .values(person=person)
    )


def _put(conn: Connection, tenant: str, names: Set[str], out: bool, at: datetime) -> None:
    rows = [{"tenant": tenant, "person": name, "opted_out": out, "at": at} for name in sorted(names)]
    conn.execute(upsert(t), rows)


def _names(conn: Connection, tenant: str, person: str) -> Set[str]:
    """Every name by which a connection of the tenant knows this person: linked ids and chats of numbers."""
    mine = (contacts.c.connection_id == connections.c.id, connections.c.tenant == tenant)
    chats = {person, *conn.execute(select(contacts.c.chat).where(*mine, contacts.c.lid == person)).scalars()}
    return chats.union(
        conn.execute(select(contacts.c.lid).where(*mine, contacts.c.chat.in_(chats))).scalars()
    )
