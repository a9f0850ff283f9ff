"""A database file that was found damaged. Looking at all of a large file takes too long for every start, so a
start looks only when the run before it came upon damage and left word."""

import sqlite3
from contextlib import closing
from pathlib import Path

import structlog

from ..errors import StoreDamaged
from .folder import make_private

log = structlog.get_logger("chatgrow.store")


def mark(file: Path, detail: str) -> None:
    """Leave word for the next start."""
    word = word_of(file)
    make_private(word)
    word.write_text(f"{detail}\n", "utf-8")


def word_of(file: Path) -> Path:
    """Where the word stands."""
    return file.with_name(f"{file.name}.damaged")


def refuse(file: Path) -> None:
    """Look at all of a file that was found damaged. Raises StoreDamaged if it is so still."""
    word = word_of(file)
    if not word.exists():
        return
    log.warning("the database was found damaged; all of it is looked at", file=str(file))
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        found = [(str(error),)]
    if found != [("ok",)]:
        raise StoreDamaged(f"{file} is damaged ({found[0][0]})")
    word.unlink()
