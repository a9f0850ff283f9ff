"""API keys as stored: of the key itself only the SHA-256 of its secret part."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from ..hub import KeyView, Scope
from . import accounts
from .account_tables import api_keys as t
from .accounts import User
from .tables import connections


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key with what the core alone may see."""

    view: KeyView
    user: User
    secret_hash: str = field(repr=False)


def add(conn: Connection, user_id: str, key: KeyView, secret_hash: str) -> None:
    """Store a new one."""
    conn.execute(
        insert(t).values(
            id=key.key_id,
            user_id=user_id,
            name=key.name,
            secret_hash=secret_hash,
            scopes=sorted(key.scopes),
            connections=None if key.connections is None else sorted(key.connections),
            created_at=key.created_at,
            expires_at=key.expires_at,
        )
    )


def find(conn: Connection, key_id: str) -> ApiKey | None:
    """The key of that id, with its user as he is now."""
    row = conn.execute(select(t).where(t.c.id == key_id)).one_or_none()
    user = accounts.by_id(conn, row.user_id) if row else None
    return ApiKey(view=_view(row), user=user, secret_hash=row.secret_hash) if row and user else None


def of_user(conn: Connection, user_id: str) -> Sequence[KeyView]:
    """A user's, oldest first."""
    return [_view(row) for row in conn.execute(select(t).where(t.c.user_id == user_id).order_by(t.c.id))]


def count(conn: Connection, user_id: str) -> int:
    """How many a user has."""
    return int(conn.execute(select(func.count()).where(t.c.user_id == user_id)).scalar_one())


def remove(conn: Connection, user_id: str, key_id: str) -> bool:
    """Forget one of a user's; whether there was one."""
    return conn.execute(delete(t).where(t.c.user_id == user_id, t.c.id == key_id)).rowcount > 0


def used(conn: Connection, times: Mapping[str, datetime]) -> None:
    """Keep when keys were last used, by their ids."""
    if times:
        last = update(t).where(t.c.id == bindparam("key")).values(used_at=bindparam("at"))
        conn.execute(last, [{"key": key_id, "at": at} for key_id, at in times.items()])


def unowned(conn: Connection, user_id: str, connection_ids: Collection[str]) -> Collection[str]:
    """Those of these connections that the user does not have."""
    mine = select(connections.c.id).where(connections.c.tenant == user_id)
    found = conn.execute(mine.where(connections.c.id.in_(connection_ids))).scalars()
    return set(connection_ids).difference(found)


def _view(row: Row[Any]) -> KeyView:
    return KeyView(
        key_id=row.id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        connections=None if row.connections is None else frozenset(row.connections),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
