"""People who wanted nothing from a tenant and were erased since: he must not write to them again, and may not
know any more who they are. So what is kept is a hash under a key that does not lie in the database."""

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete

from .customer_tables import suppressions as t
from .dialect import insert_ignore, upsert
from .prepared import Asked
from .tables import consent

#: Under which name a connection carries the key.
KEY = "suppressions"
_AT_ONCE = 512
_KEPT = Asked(
    t.select().where(
        t.c.tenant.in_(bindparam("tenants", expanding=True)),
        t.c.subject.in_(bindparam("subjects", expanding=True)),
    )
)


def keep(conn: Connection, tenant: str, names: Collection[str], at: datetime) -> None:
    """Nobody writes to him again until he says START, under whichever of these names."""
    rows = [{"tenant": tenant, "subject": _subject(conn, tenant, name), "at": at} for name in sorted(names)]
    conn.execute(upsert(t), rows)


def lift(conn: Connection, tenant: str, names: Collection[str], at: datetime) -> bool:
    """He said at a time that he wants to hear from the tenant again; whether that is news. What he said
    before he was erased is none (a sweep brings old messages)."""
    if not _key(conn):
        return False
    subjects = [_subject(conn, tenant, name) for name in sorted(names)]
    which = (t.c.tenant == tenant, t.c.subject.in_(subjects), t.c.at <= at)
    return bool(conn.execute(delete(t).where(*which)).rowcount)


def among(conn: Connection, people: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], datetime]:
    """Those of these chats, each with its tenant, and since when."""
    if not (people and _key(conn)):
        return {}
    asked = {(tenant, _subject(conn, tenant, chat)): (tenant, chat) for tenant, chat in people}
    places, found = sorted(asked), dict[tuple[str, str], datetime]()
    for start in range(0, len(places), _AT_ONCE):
        tenants, subjects = zip(*places[start : start + _AT_ONCE], strict=True)
        for row in _KEPT.rows(conn, tenants=sorted(set(tenants)), subjects=sorted(set(subjects))):
            if who := asked.get((row.tenant, row.subject)):
                found[who] = row.at
    return found


def recall(conn: Connection, people: Collection[tuple[str, str]]) -> None:
    """Somebody is written to, or was met under another name: who is suppressed stands with the consent again,
    as one who has opted out. Whoever asks there about a stored message need not look here."""
    for (tenant, chat), at in among(conn, people).items():
        values = {"tenant": tenant, "person": chat, "opted_out": True, "at": at, "confirmation": ""}
        conn.execute(insert_ignore(consent), values)


def _subject(conn: Connection, tenant: str, chat: str) -> str:
    return hmac.digest(_key(conn), f"{tenant} {chat}".encode(), "sha256").hex()


def _key(conn: Connection) -> bytes:
    """Of the installation; none for those who only look after a database, and send nothing."""
    return bytes(conn.info.get(KEY, b""))
