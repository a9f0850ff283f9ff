"""The installation's own values: its secrets, its epoch."""

from typing import Any

from sqlalchemy import Connection, delete, select

from .dialect import upsert
from .tables import meta

#: Characters that a try needs room for: more than the pages that happen to be free.
_ROOM = 1 << 18


def get(conn: Connection, key: str) -> Any:
    """The JSON value kept under a key, or None."""
    return conn.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def put(conn: Connection, key: str, value: Any) -> None:
    """Keep a JSON value, in place of what was there."""
    conn.execute(upsert(meta).values(key=key, value=value))


def remove(conn: Connection, key: str) -> None:
    """Keep nothing under a key."""
    conn.execute(delete(meta).where(meta.c.key == key))


def next_epoch(conn: Connection) -> int:
    """Count this start: whatever carries a smaller number was left behind by a process that is gone."""
    epoch = int(get(conn, "epoch") or 0) + 1
    put(conn, "epoch", epoch)
    return epoch


def try_out(conn: Connection) -> None:
    """A write that needs room, and leaves nothing behind: it fails where others would."""
    with conn.begin_nested() as room:
        put(conn, "try out", "x" * _ROOM)
        room.rollback()
    put(conn, "try out", True)
    remove(conn, "try out")
