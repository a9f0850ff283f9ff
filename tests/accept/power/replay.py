"""Runs recorded statements over a file system that takes notes: a VFS beneath SQLite, the lowest place there
is. The state after each commit is kept, to know a disk's content by."""

import hashlib
import itertools
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from .notes import Asked, Note
from .workload import Recorded

#: Pages in the log before they are brought home: few, so that many cuts fall into that.
_CHECKPOINT = 100
#: Rows are only ever added to these.
_GROWING = ("journal", "timeline", "outbox", "inbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a database holds."""

    digest: bytes  #: of every row of every table
    rows: int  #: in the tables that only grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of the statements."""

    notes: Sequence[Note]
    states: Sequence[State]  #: before the first commit, and after each


def replay(recorded: Recorded) -> Replayed:
    """Run them, from the same file."""
    notes: list[Note] = []
    with tempfile.TemporaryDirectory(prefix="chatgrow-power-") as folder:
        file = Path(folder) / "chatgrow.db"
        file.write_bytes(recorded.base)
        vfs = _Noting(f"noting-{id(notes)}", notes.append)
        connection = apsw.Connection(str(file), vfs=vfs.name)
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")
        states = [state(connection.execute)]
        for statement in recorded.statements:
            connection.execute(statement).fetchall()
            if statement == "COMMIT":
                notes.append(Note(Asked.ACK, at=len(states)))
                states.append(state(connection.execute))
        connection.close()
        vfs.unregister()
    return Replayed(notes=notes, states=states)


def opened(file: Path) -> State | None:
    """What a database holds that is opened after a cut, by the SQLite that the hub uses; None when it is not
    whole."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return None
            return state(connection.execute)
    except sqlite3.DatabaseError:
        return None


def state(execute: Callable[[str], Any]) -> State:
    """What a database holds."""
    digest, rows = hashlib.sha256(), 0
    names = [name for (name,) in execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for name in names:
        if name.startswith("sqlite_"):
            continue
        content = [repr(tuple(row)) for row in execute(f"SELECT * FROM {name} ORDER BY rowid")]
        digest.update("\n".join((name, *content)).encode())
        rows += len(content) if name in _GROWING else 0
    return State(digest=digest.digest(), rows=rows)


class _Noting(apsw.VFS):
    """The machine's own file system, with a note of whatever changes a file."""

    def __init__(self, name: str, note: Callable[[Note], None]) -> None:
        super().__init__(name, "")
        self.name = name
        self._note = note

    def xOpen(self, name: Any, flags: list[int]) -> "_File":
        return _File(name, flags, self._note)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._note(Note(Asked.DELETE, Path(filename).name))
        super().xDelete(filename, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], note: Callable[[Note], None]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else f"temporary-{next(_COUNT)}"
        self._note = note

    def xWrite(self, data: bytes, offset: int) -> None:
        self._note(Note(Asked.WRITE, self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._note(Note(Asked.TRUNCATE, self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._note(Note(Asked.SYNC, self._name))
        super().xSync(flags)


_COUNT = itertools.count()
