"""Copies of a SQLite database while it is in use, and their way back. Copying the file alone would leave
behind what still stands in its write-ahead log; SQLite itself writes the copy, whole, as of one moment: one
page by page would begin again with every commit of a busy hub."""

import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from ..errors import StoreDamaged, StoreUnavailable
from ..hub import Halt
from . import damage, engines, halts
from .folder import make_private

#: How the name of a copy is made: the moment, in UTC, so that the newest sorts last.
_NAME = "chatgrow-%Y%m%dT%H%M%SZ.db"
#: SQLite's steps between two looks at whether the copy is still wanted.
_STEPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that was opened and found whole."""

    file: Path
    revision: str  #: which migration it stands at
    rows: Mapping[str, int]  #: by table


def copy(file: Path, target: Path, stop: threading.Event | None = None) -> None:
    """Write what is committed in `file` to `target`, replacing it. It appears there whole, on the disk.
    Raises sqlite3.Error, also when `stop` was set meanwhile."""
    part = _part_of(target)
    make_private(part)
    try:
        with closing(sqlite3.connect(file, timeout=5.0)) as connection:
            if stop:
                connection.set_progress_handler(stop.is_set, _STEPS)
            connection.execute("VACUUM INTO ?", (str(part),))
        _appear(part, target)
    finally:
        part.unlink(missing_ok=True)


def make(file: Path, target: Path, stop: threading.Event | None = None) -> Copy:
    """A copy that was looked at; one that is no good is not left behind to pass for one."""
    copy(file, target, stop)
    try:
        return checked(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def checked(file: Path) -> Copy:
    """Open a copy and look at all of it. Raises StoreDamaged for one that is not whole, StoreUnavailable for
    a file that is no copy of our database."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            if (found := connection.execute("PRAGMA integrity_check(5)").fetchall()) != [("ok",)]:
                raise StoreDamaged(f"{file} is damaged: {found[0][0]}")
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            tables = [name for (name,) in names if not name.startswith("sqlite_")]
            if "alembic_version" not in tables:
                raise StoreUnavailable(f"{file} is no copy of a ChatGrow database")
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            rows = {name: _count(connection, name) for name in tables if name != "alembic_version"}
            return Copy(file=file, revision=revision, rows=rows)
    except sqlite3.DatabaseError as error:
        raise StoreDamaged(f"{file} cannot be read as a database ({error})") from error


def made_at(copy: Path) -> datetime | None:
    """When one of our regular copies was made, by its name; None for any other file."""
    try:
        return datetime.strptime(copy.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def regular(folder: Path) -> Sequence[Path]:
    """The regular copies in a folder, oldest first."""
    return sorted(path for path in folder.glob("*.db") if made_at(path))


def next_regular(folder: Path, now: datetime) -> Path:
    """Where the next regular copy belongs."""
    return folder / now.astimezone(UTC).strftime(_NAME)


def prune(folder: Path, keep: int) -> Sequence[Path]:
    """Remove the oldest regular copies beyond so many; those that went."""
    gone = regular(folder)[:-keep]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def restore(source: Copy, file: Path, halt: Halt) -> Path | None:
    """Put a copy in the place of the database `file`, which nobody may have open; where the database that
    stood there is kept now, None when there was none.

    The queue in it stands still by `halt`: what waited when the copy was made may have left since. The name
    of the database always leads to the one or the other, whole.
    """
    part = _part_of(file)
    make_private(part)
    with closing(sqlite3.connect(source.file)) as opened, closing(sqlite3.connect(part)) as target:
        opened.backup(target)
    _hold(part, halt)
    aside = _set_aside(file, halt.at)
    _appear(part, file)
    damage.word_of(file).unlink(missing_ok=True)
    return aside


def _hold(file: Path, halt: Halt) -> None:
    engine = engines.writing_file(file)
    try:
        with engine.begin() as conn:
            if halts.get(conn) is None:  # an emergency stop stays one
                halts.put(conn, halt)
    finally:
        engine.dispose()


def _set_aside(file: Path, now: datetime) -> Path | None:
    if not file.exists() or not file.stat().st_size:
        return None
    aside = file.with_name(f"{file.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    try:
        with closing(sqlite3.connect(file)) as old:  # so that nothing of it stands in its log alone
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.DatabaseError:
        pass  # it is damaged: it is kept as it is, with its log
    aside.hardlink_to(file)
    for end in ("-wal", "-shm"):  # a log beside the copy would be taken for the copy's own
        log = file.with_name(file.name + end)
        if log.exists():
            log.replace(aside.with_name(aside.name + end))
    _sync(file.parent)
    return aside


def _part_of(target: Path) -> Path:
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    return part


def _appear(part: Path, target: Path) -> None:
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _count(connection: sqlite3.Connection, table: str) -> int:
    name = table.replace('"', '""')
    return int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 (its own table)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
