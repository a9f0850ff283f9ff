"""A copy of a SQLite database while it is in use. Copying the file alone would leave behind what still stands
in its write-ahead log; SQLite itself writes the copy, whole."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from .folder import make_private


def copy(file: Path, target: Path) -> None:
    """Write what is committed in `file` to `target`, replacing it. It appears there whole."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    make_private(part)
    with closing(sqlite3.connect(file, timeout=5.0)) as connection:
        connection.execute("VACUUM INTO ?", (str(part),))
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
