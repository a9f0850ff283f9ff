"""Who said STOP to whom, and every time it was said."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from ..ids import new_id
from .dialect import upsert
from .tables import consent as t
from .tables import consent_ledger


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
        conn.execute(upsert(t).values(tenant=tenant, person=person, opted_out=out, at=at))
    conn.execute(
        insert(consent_ledger).values(
            id=new_id(), tenant=tenant, person=person, opted_out=out, source=source, at=at
        )
    )
    return changed


def join(conn: Connection, tenant: str, lid: str, person: str) -> None:
    """A linked id turned out to be this person: what was said last under either holds. The word under the
    linked id stays as well, for another connection of the tenant may know him by that alone."""
    said = conn.execute(select(t).where(t.c.tenant == tenant, t.c.person == lid)).first()
    known = conn.execute(select(t.c.at).where(t.c.tenant == tenant, t.c.person == person)).scalar()
    if said and (known is None or known <= said.at):
        conn.execute(upsert(t).values(tenant=tenant, person=person, opted_out=said.opted_out, at=said.at))
    conn.execute(
        update(consent_ledger)
        .where(consent_ledger.c.tenant == tenant, consent_ledger.c.person == lid)
        .values(person=person)
    )
