"""The keys with which messages from outside are signed, and the ids that these came under. What is done in an
owner's name takes his tenant; all else is for the core alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from ..hub import WebhookKey
from .account_tables import users
from .account_tables import webhook_keys as t
from .account_tables import webhook_uses as uses
from .dialect import insert_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A key with its sealed secret."""

    key: WebhookKey
    tenant: str
    sealed: str = field(repr=False)


def add(conn: Connection, sealed: Sealed) -> None:
    """Store a new one."""
    key = sealed.key
    conn.execute(
        insert(t).values(
            id=key.id,
            tenant=sealed.tenant,
            connection_id=key.connection_id,
            sealed=sealed.sealed,
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )


def of(conn: Connection, tenant: str, connection_id: str, now: datetime) -> Sequence[WebhookKey]:
    """A tenant's keys of a connection that are good now, oldest first."""
    mine = (t.c.tenant == tenant, t.c.connection_id == connection_id, _good(now))
    return [_key(row) for row in conn.execute(select(t).where(*mine).order_by(t.c.id))]


def good(conn: Connection, connection_id: str, now: datetime) -> Sequence[Sealed]:
    """The keys of a connection that are good now, with their secrets; none while its owner is shut out."""
    able = select(t).join(users, users.c.id == t.c.tenant).where(users.c.disabled.is_(False))
    rows = conn.execute(able.where(t.c.connection_id == connection_id, _good(now)).order_by(t.c.id))
    return [Sealed(key=_key(row), tenant=row.tenant, sealed=row.sealed) for row in rows]


def every(conn: Connection, now: datetime) -> Sequence[Sealed]:
    """All of the installation that are good now, with their secrets, also those of users who are shut out."""
    rows = conn.execute(select(t).where(_good(now)).order_by(t.c.id))
    return [Sealed(key=_key(row), tenant=row.tenant, sealed=row.sealed) for row in rows]


def end(conn: Connection, tenant: str, connection_id: str, at: datetime) -> None:
    """Let all keys of a connection end, at the latest then."""
    later = or_(t.c.expires_at.is_(None), t.c.expires_at > at)
    mine = (t.c.tenant == tenant, t.c.connection_id == connection_id, later)
    conn.execute(update(t).where(*mine).values(expires_at=at))


def remove(conn: Connection, tenant: str, connection_id: str, key_id: str) -> bool:
    """Forget one; False when there was none."""
    mine = (t.c.tenant == tenant, t.c.connection_id == connection_id, t.c.id == key_id)
    return bool(conn.execute(delete(t).where(*mine)).rowcount)


def remove_ended(conn: Connection, tenant: str, connection_id: str, now: datetime) -> None:
    """Forget those of a connection that are good no more."""
    conn.execute(delete(t).where(t.c.tenant == tenant, t.c.connection_id == connection_id, ~_good(now)))


def note_use(conn: Connection, key_id: str, at: datetime) -> None:
    """A message that a key signed came in."""
    conn.execute(update(t).where(t.c.id == key_id).values(used_at=at))


def take(conn: Connection, connection_id: str, use_id: str, message_id: str, at: datetime) -> str:
    """Use an id for a message; whose it is then: this message's, or that of the one that had it before."""
    row = {"connection_id": connection_id, "webhook_id": use_id, "message_id": message_id, "at": at}
    if conn.execute(insert_ignore(uses), row).rowcount:
        return message_id
    taken = select(uses.c.message_id).where(
        uses.c.connection_id == connection_id, uses.c.webhook_id == use_id
    )
    return str(conn.execute(taken).scalar_one())


def _good(now: datetime) -> ColumnElement[bool]:
    return or_(t.c.expires_at.is_(None), t.c.expires_at > now)


def _key(row: Row[Any]) -> WebhookKey:
    return WebhookKey(
        id=row.id,
        connection_id=row.connection_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
