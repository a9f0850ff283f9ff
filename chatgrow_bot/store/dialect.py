"""What SQLite and PostgreSQL do not do alike, and the statements that both know but SQLAlchemy's own `insert`
lacks. With `engines` the only place where it matters which of them it is."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Insert, Table, func, select
from sqlalchemy import exc as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from ..errors import StoreDamaged, StoreFull, StoreUnavailable, of_disk
from .metadata import KEEPS_LARGEST

#: Any numbers of our own: PostgreSQL's advisory locks are named by number.
_JOURNAL_LOCK = 0x6368_6174
_MIGRATION_LOCK = 0x6368_6175

_SQLITE_FAILURES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
#: What an operator can act on.
_SAID = {
    sqlite3.SQLITE_BUSY: "another process holds it locked",
    sqlite3.SQLITE_LOCKED: "another process holds it locked",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "the disk fails",
}
_DISK_FULL = "53100"
#: Classes of SQLSTATE: connection, resources, limits of the program, an operator's hand, the system itself.
_POSTGRES_FAILURES = ("08", "53", "54", "57", "58", "25006", "55P03", "XX")


class _InsertIgnore(Insert):
    inherit_cache = True


class _Upsert(Insert):
    inherit_cache = True


class _AddUp(Insert):
    inherit_cache = True


@compiles(_InsertIgnore)
def _compile_ignore(statement: Insert, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_plain(statement, compiler, options)} ON CONFLICT DO NOTHING"


@compiles(_Upsert)
def _compile_upsert(statement: Insert, compiler: SQLCompiler, **options: Any) -> str:
    name = compiler.preparer.format_column
    columns = statement.table.columns
    keys = ", ".join(name(c) for c in columns if c.primary_key)
    changes = ", ".join(f"{name(c)} = excluded.{name(c)}" for c in columns if not c.primary_key)
    return f"{_plain(statement, compiler, options)} ON CONFLICT ({keys}) DO UPDATE SET {changes}"


@compiles(_AddUp)
def _compile_add_up(statement: Insert, compiler: SQLCompiler, **options: Any) -> str:
    name = compiler.preparer.format_column
    table, columns = compiler.preparer.format_table(statement.table), statement.table.columns
    keys = ", ".join(name(c) for c in columns if c.primary_key)
    others = [(name(c), bool(c.info.get(KEEPS_LARGEST))) for c in columns if not c.primary_key]
    sums = ", ".join(
        f"{n} = CASE WHEN excluded.{n} > {table}.{n} THEN excluded.{n} ELSE {table}.{n} END"
        if largest
        else f"{n} = {table}.{n} + excluded.{n}"
        for n, largest in others
    )
    return f"{_plain(statement, compiler, options)} ON CONFLICT ({keys}) DO UPDATE SET {sums}"


def _plain(statement: Insert, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    return str(compiler.visit_insert(statement, **options))  # type: ignore[no-untyped-call]


def insert_ignore(table: Table) -> Insert:
    """An insert that leaves alone what is already there, by whatever unique key; `rowcount` tells.

    For tables whose keys the application makes: what the database would number has to be read back.
    """
    return _InsertIgnore(table)


def upsert(table: Table) -> Insert:
    """An insert of whole rows, each in place of the row that has its primary key."""
    return _Upsert(table)


def add_up(table: Table) -> Insert:
    """An insert of whole rows, the numbers of each added to those of the row that has its primary key; of a
    column that says KEEPS_LARGEST the larger one stays."""
    return _AddUp(table)


def lock_journal(conn: Connection) -> None:
    """Make others wait with their facts until this transaction ends, so that positions grow as commits do.

    SQLite has one writer at a time anyway. PostgreSQL gives a number before it is known who commits first,
    and a reader would step over the one that commits late.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_JOURNAL_LOCK)))


def lock_migrations(conn: Connection) -> None:
    """Make other processes wait until this connection closes. SQLite's file belongs to one process anyway."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_lock(_MIGRATION_LOCK)))


def is_unavailable(error: BaseException) -> bool:
    """Is it the database that failed (full, locked, read-only, gone), rather than what was asked of it?"""
    if isinstance(error, OSError | sa.TimeoutError):  # asyncpg lets a refused connection through as it is
        return True
    if code := _sqlite_code(error):
        return code in _SQLITE_FAILURES
    if not isinstance(error, sa.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(_POSTGRES_FAILURES)


def unavailable(error: BaseException, detail: str) -> StoreUnavailable:
    """A failure of the database as whoever asked should know it: full, damaged, or for the time being."""
    if isinstance(error, OSError):
        return of_disk(error, detail)
    code = _sqlite_code(error)
    if code in _DAMAGED:
        return StoreDamaged(f"{detail}: the file is damaged")
    if code == sqlite3.SQLITE_FULL or getattr(getattr(error, "orig", None), "sqlstate", None) == _DISK_FULL:
        return StoreFull(f"{detail}: the disk is full")
    said = _SAID.get(code)
    return StoreUnavailable(f"{detail}: {said}" if said else detail)


def _sqlite_code(error: BaseException) -> int:
    """SQLite's primary result code, of its own error or of SQLAlchemy's around it; 0 of any other."""
    return int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)) & 0xFF
