"""The users as stored. A user is a tenant: what he owns carries his id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from ..hub import Identity, Role, UserView
from .account_tables import users


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user with what the core alone may see."""

    identity: Identity
    password_hash: str = field(repr=False)
    disabled: bool = False
    token_version: int = 0  #: a token that names another version is over


def add(conn: Connection, user: User, at: datetime) -> None:
    """Store a new one. Raises IntegrityError when the name is taken."""
    who = user.identity
    conn.execute(
        insert(users).values(
            id=who.user_id,
            username=who.username,
            password_hash=user.password_hash,
            role=who.role,
            plan=who.plan,
            disabled=user.disabled,
            token_version=user.token_version,
            created_at=at,
        )
    )


def by_id(conn: Connection, user_id: str) -> User | None:
    """The user of that id."""
    return _one(conn, users.c.id == user_id)


def by_name(conn: Connection, username: str) -> User | None:
    """The user of that name."""
    return _one(conn, users.c.username == username)


def every(conn: Connection) -> Sequence[Identity]:
    """All users, by name."""
    rows = conn.execute(select(users).order_by(users.c.username))
    return [
        Identity(user_id=row.id, username=row.username, role=Role(row.role), plan=row.plan) for row in rows
    ]


def views(conn: Connection) -> Sequence[UserView]:
    """All users as an admin sees them, by name."""
    return [_view(row) for row in conn.execute(select(users).order_by(users.c.username))]


def view(conn: Connection, user_id: str) -> UserView | None:
    """One as an admin sees him."""
    row = conn.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return _view(row) if row else None


def change(conn: Connection, user_id: str, values: Mapping[str, Any]) -> None:
    """Set some of role, plan, disabled."""
    conn.execute(update(users).where(users.c.id == user_id).values(**values))


def has_admin(conn: Connection) -> bool:
    """Whether there is an admin who may log in."""
    able = select(users.c.id).where(users.c.role == Role.ADMIN, users.c.disabled.is_(False))
    return conn.execute(able.limit(1)).scalar() is not None


def set_password(conn: Connection, user_id: str, password_hash: str, *, version: int | None = None) -> bool:
    """Keep another password's hash; with `version`, only where no token was ended since that was seen."""
    mine = users.c.id == user_id
    if version is not None:
        mine &= users.c.token_version == version
    return bool(conn.execute(update(users).where(mine).values(password_hash=password_hash)).rowcount)


def end_tokens(conn: Connection, user_id: str) -> None:
    """End every token given to a user so far."""
    conn.execute(update(users).where(users.c.id == user_id).values(token_version=users.c.token_version + 1))


def _view(row: Row[Any]) -> UserView:
    return UserView(
        user_id=row.id,
        username=row.username,
        role=Role(row.role),
        plan=row.plan,
        disabled=row.disabled,
        created_at=row.created_at,
    )


def _one(conn: Connection, which: ColumnElement[bool]) -> User | None:
    row = conn.execute(select(users).where(which)).one_or_none()
    if row is None:
        return None
    return User(
        identity=Identity(user_id=row.id, username=row.username, role=Role(row.role), plan=row.plan),
        password_hash=row.password_hash,
        disabled=row.disabled,
        token_version=row.token_version,
    )
