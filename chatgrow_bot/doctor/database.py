"""The database: whole, at this version's tables, and as it should be set."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ..config import Settings
from ..plugin import Finding, Grade
from ..store import engines
from ..store.upgrade import revisions

_MB = 1 << 20


def database(settings: Settings) -> Iterator[Finding]:
    """SQLite's file, looked at without writing; of PostgreSQL, that it is another's to look after."""
    file = engines.sqlite_file(engines.parse(settings.database_url))
    if file is None:
        yield Finding(what="database", said="PostgreSQL, which has tools of its own")
    elif not file.exists():
        yield Finding(what="database", said=f"{file} is made at the first start")
    else:
        yield from _sqlite(file)


def _sqlite(file: Path) -> Iterator[Finding]:
    restore = "stop the hub, keep the file, and put back the last copy: chatgrow restore COPY"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as conn:
            [(checked,), *_] = conn.execute("PRAGMA quick_check(1)").fetchall()
            if checked != "ok":
                yield Finding(
                    what="database", grade=Grade.BAD, said=f"{file} is damaged: {checked}", do=restore
                )
                return
            pages, free, size = (
                conn.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
            yield Finding(what="database", said=f"{file} is whole: {pages * size / _MB:.1f} MB")
            yield _free_pages(free * size, pages * size)
            yield _mode(conn.execute("PRAGMA journal_mode").fetchone()[0])
            yield _version(conn)
    except sqlite3.DatabaseError as error:
        yield Finding(what="database", grade=Grade.BAD, said=f"{file} cannot be read: {error}", do=restore)


def _free_pages(free: int, size: int) -> Finding:
    if free < size // 2 or free < 100 * _MB:
        return Finding(what="free pages", said=f"{free / _MB:.1f} MB in it are free and used again")
    do = "chatgrow backup, then chatgrow restore of that copy: it is written without them"
    return Finding(what="free pages", grade=Grade.WARN, said=f"{free / _MB:.0f} MB in it are free", do=do)


def _mode(mode: str) -> Finding:
    if mode == "wal":
        return Finding(what="journal", said="write-ahead")
    said = f"'{mode}', not write-ahead: something else has set it"
    return Finding(what="journal", grade=Grade.WARN, said=said, do="start the hub once, which sets it")


def _version(conn: sqlite3.Connection) -> Finding:
    known = revisions()
    try:
        [(found,)] = conn.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.OperationalError, ValueError):
        return Finding(what="tables", said="none yet: they are made at the first start")
    if found not in known:
        do = "use the version of the hub that made it, or a newer one"
        said = f"are of revision {found}, which this version does not know"
        return Finding(what="tables", grade=Grade.BAD, said=said, do=do)
    newest = max(known)
    later = "" if found == newest else f"; the next start brings them to {newest}"
    return Finding(what="tables", said=f"are of revision {found}{later}")
