"""What is left in a SQLite file of what was deleted. The writer overwrites what it deletes, but the log of
the file holds earlier pages until it is emptied, and a page may keep a piece of a row that was moved out of
it."""

import sqlite3
from collections.abc import Collection
from pathlib import Path

#: A larger file is not rewritten while a hub works on it: all writes would wait for minutes.
MOST = 512 << 20
_BLOCK, _LONGEST_NAME = 1 << 20, 64
#: Tries to empty the log, which somebody may be reading, and seconds between two.
TRIES, PAUSE = 50, 0.1


def empty_log(connection: sqlite3.Connection) -> bool:
    """Whether it could be done: not while somebody reads in it, and that is not waited for."""
    [patience] = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}")
    return not is_busy


def rewrite(connection: sqlite3.Connection) -> None:
    """The whole file anew, without what was deleted."""
    connection.execute("VACUUM")


def are_in(file: Path, names: Collection[str]) -> bool:
    """Whether one of these names is anywhere in a file that may be rewritten: in a row that somebody else has
    of the person, or in what is left of rows."""
    if file.stat().st_size > MOST:
        return False
    wanted, before = [name.encode() for name in names], b""
    with file.open("rb") as pages:
        while block := pages.read(_BLOCK):
            piece = before + block
            if any(name in piece for name in wanted):
                return True
            before = block[-_LONGEST_NAME:]
    return False
