"""Logins as stored: one row for each that has not ended. Without its row no token of a login is good."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from . import accounts
from .account_tables import logins, users
from .accounts import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login that has not ended."""

    id: str
    user: User
    expires_at: datetime
    has_refresh: bool  #: whether it is renewed by a refresh token, and by nothing else


class Rotation(StrEnum):
    """What became of a refresh token that was shown."""

    DONE = "done"  #: it was the one that is good, and the next one is now
    REUSED = "reused"  #: it was used before: the login has ended
    OVER = "over"  #: its login had ended before


def add(
    conn: Connection, login_id: str, user: User, secret_hash: str, at: datetime, expires_at: datetime
) -> bool:
    """Store a new one; not when its user's logins have been ended since he was looked up."""
    still = exists().where(
        users.c.id == user.identity.user_id,
        users.c.token_version == user.token_version,
        users.c.disabled.is_(False),
    )
    if not conn.execute(select(still)).scalar():
        return False
    conn.execute(
        insert(logins).values(
            id=login_id,
            user_id=user.identity.user_id,
            secret_hash=secret_hash,
            created_at=at,
            used_at=at,
            expires_at=expires_at,
        )
    )
    return True


def find(conn: Connection, login_id: str) -> Login | None:
    """The login of that id, with its user as he is now."""
    row = conn.execute(select(logins).where(logins.c.id == login_id)).one_or_none()
    user = accounts.by_id(conn, row.user_id) if row else None
    if row is None or user is None:
        return None
    return Login(id=row.id, user=user, expires_at=row.expires_at, has_refresh=bool(row.secret_hash))


def rotate(
    conn: Connection, login_id: str, old_hash: str, new_hash: str, at: datetime, unused_since: datetime
) -> Rotation:
    """Put the next refresh token in the place of the one that was shown. Of two that show the same one, the
    second finds it gone, whoever of them it was given to: the login ends."""
    good = (
        logins.c.id == login_id,
        logins.c.secret_hash == old_hash,
        logins.c.expires_at > at,
        logins.c.used_at > unused_since,
    )
    if conn.execute(update(logins).where(*good).values(secret_hash=new_hash, used_at=at)).rowcount:
        return Rotation.DONE
    was_next = select(logins.c.secret_hash).where(logins.c.id == login_id)
    kept = conn.execute(was_next).scalar()
    remove(conn, login_id)
    return Rotation.OVER if kept in (None, old_hash) else Rotation.REUSED


def remove(conn: Connection, login_id: str) -> None:
    """End one."""
    conn.execute(delete(logins).where(logins.c.id == login_id))


def remove_of(conn: Connection, user_id: str) -> None:
    """End all of a user."""
    conn.execute(delete(logins).where(logins.c.user_id == user_id))


def tidy(conn: Connection, at: datetime, unused_since: datetime) -> int:
    """Remove those whose time is over; how many."""
    unused = (logins.c.secret_hash != "") & (logins.c.used_at <= unused_since)
    return conn.execute(delete(logins).where(or_(logins.c.expires_at <= at, unused))).rowcount
