"""How connections are made: each set up the same way and asked whether it took the settings, for a database
that quietly syncs less loses what was acknowledged."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..errors import ConfigError, StoreUnavailable

READERS = 4

#: Setting, value, what the connection must answer. FULL is 2: every commit is on the disk before it returns.
_PRAGMAS: tuple[tuple[str, str, str | int], ...] = (
    ("busy_timeout", "5000", 5000),
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
)
#: Parameters stay out of errors, and so out of logs: they are what people wrote.
_COMMON: Mapping[str, Any] = {"max_overflow": 0, "hide_parameters": True}
#: No isolation level: the driver's own BEGIN comes late, and never before a CREATE TABLE. We send ours.
_SQLITE = {"isolation_level": None}
#: Seconds for one statement to a server that may have gone away. A migration may take longer.
_PATIENCE = 60


def parse(url: str) -> URL:
    """The address of the database, with an asynchronous driver. ConfigError for what cannot be used."""
    address = make_url(url)
    match address.get_backend_name():
        case "sqlite" if address.database in (None, "", ":memory:"):
            raise ConfigError("database.url: SQLite needs a file, for example sqlite:///sessions/chatgrow.db")
        case "sqlite":
            return address.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres" if find_spec("asyncpg") is None:
            raise ConfigError(
                "database.url: PostgreSQL needs a driver: .venv/bin/pip install 'chatgrow-bot[postgres]'"
            )
        case "postgresql" | "postgres":  # the short form is what hosting services hand out
            return address.set(drivername="postgresql+asyncpg")
        case other:
            raise ConfigError(f"database.url: {other} is not supported; use sqlite or postgresql")


def sqlite_file(address: URL) -> Path | None:
    """The file behind the address; None when it is not SQLite."""
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def reading(address: URL) -> AsyncEngine:
    """A small pool whose transactions see one moment and cannot write."""
    if not sqlite_file(address):
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return _postgres(address, READERS, _PATIENCE, options)
    engine = create_async_engine(address, pool_size=READERS, connect_args=_SQLITE, **_COMMON)
    _set_up(engine.sync_engine, "BEGIN", foreign_keys=1, query_only=1)
    return engine


def writing(address: URL) -> Engine | AsyncEngine:
    """One connection. On SQLite a plain one, for a thread of its own, that takes the write lock at once."""
    file = sqlite_file(address)
    return writing_file(file) if file else _postgres(address, 1, _PATIENCE)


def writing_file(file: Path) -> Engine:
    """The same for a SQLite file."""
    address = URL.create("sqlite", database=str(file))
    engine = create_engine(address, pool_size=1, connect_args=_SQLITE, **_COMMON)
    # what is deleted is overwritten with zeros: it was people's
    _set_up(engine, "BEGIN IMMEDIATE", foreign_keys=1, secure_delete=1)
    return engine


def migrating(address: URL) -> AsyncEngine:
    """One connection whose foreign keys rest while tables are copied, and are checked before each commit."""
    if not sqlite_file(address):
        return _postgres(address, 1, None)
    engine = create_async_engine(address, pool_size=1, connect_args=_SQLITE, **_COMMON)
    _set_up(engine.sync_engine, "BEGIN IMMEDIATE", foreign_keys=0)
    event.listen(engine.sync_engine, "commit", _check_foreign_keys)
    return engine


def _postgres(
    address: URL, size: int, patience: float | None, options: Mapping[str, Any] | None = None
) -> AsyncEngine:
    return create_async_engine(
        address,
        pool_size=size,
        pool_pre_ping=True,
        connect_args={"timeout": 10, "command_timeout": patience},
        execution_options=options or {},
        **_COMMON,
    )


def _set_up(engine: Engine, begin: str, **more: int) -> None:
    wanted = (*_PRAGMAS, *((name, str(value), value) for name, value in more.items()))

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, record: object) -> None:
        cursor = connection.cursor()
        try:
            for name, value, expected in wanted:
                cursor.execute(f"PRAGMA {name} = {value}")
                cursor.execute(f"PRAGMA {name}")
                answer = cursor.fetchone()
                if answer is None or answer[0] != expected:
                    raise StoreUnavailable(f"SQLite did not take {name} = {value}: it answered {answer}")
        except BaseException:
            connection.close()
            raise
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)


def _check_foreign_keys(conn: Connection) -> None:
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise StoreUnavailable(f"a migration would leave rows that point nowhere: {broken[:5]}")
