"""One transaction at a time, on the only connection that writes.

SQLite's has a thread of its own, in which a whole batch runs: handing each statement to a thread, as the
asynchronous driver does, costs five times what SQLite itself takes. PostgreSQL's is asynchronous all the way.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine

from . import engines, remains

T = TypeVar("T")
Work = Callable[[Connection], T]

log = structlog.get_logger("chatgrow.store")


class Transactions(Protocol):
    """A connection that writes, whatever database it leads to."""

    async def run(self, work: Work[T]) -> T:
        """Run the work in a transaction; answer after its commit, or raise after its end."""
        ...

    async def reset(self) -> None:
        """Let the connection go; the next transaction makes a new one."""
        ...

    async def clear_remains(self, names: Collection[str] | None) -> None:
        """Between transactions, see to it that what was deleted is nowhere in the file."""
        ...

    async def close(self) -> None:
        """Wait for a transaction that still runs, and let the connection go."""
        ...


def open_transactions(address: URL, carried: Mapping[str, Any] | None = None) -> Transactions:
    """Nothing is connected before the first transaction. What is `carried` stands in the `info` of the
    connection that a work is given."""
    engine = engines.writing(address)
    plain = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    event.listen(plain, "connect", lambda _, record: record.info.update(carried or {}))
    return _Direct(engine) if isinstance(engine, AsyncEngine) else _Threaded(engine)


class _Threaded:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._conn: Connection | None = None  #: for one transaction after the other, as long as they succeed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store writer")

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, work)

    def _transaction(self, work: Work[T]) -> T:
        conn = self._conn = self._conn or self._engine.connect()
        try:
            with conn.begin():
                return work(conn)
        except BaseException:
            self._let_go()
            raise

    async def clear_remains(self, names: Collection[str] | None) -> None:
        file = Path(self._engine.url.database or "")
        await self._empty_log()
        if names is None or await asyncio.to_thread(remains.are_in, file, names):
            await self._on_its_own(remains.rewrite)
            await self._empty_log()

    async def _empty_log(self) -> None:
        """Others write between two tries."""
        for _ in range(remains.TRIES):
            if await self._on_its_own(remains.empty_log):
                return
            await asyncio.sleep(remains.PAUSE)  # somebody reads it just now
        log.warning("the log of the database could not be emptied; the next commits will overwrite it")

    async def _on_its_own(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """In no transaction."""

        def run() -> T:
            conn = self._conn = self._conn or self._engine.connect()
            own: Any = conn.connection.driver_connection
            return work(own)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    def _let_go(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            conn.close()

    def _dispose(self) -> None:
        self._let_go()
        self._engine.dispose()

    async def reset(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._dispose)

    async def close(self) -> None:
        await self.reset()
        self._thread.shutdown()


class _Direct:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Work[T]) -> T:
        async with self._engine.begin() as conn:
            return await conn.run_sync(work)

    async def clear_remains(self, names: Collection[str] | None) -> None:
        """PostgreSQL's autovacuum sees to it in its own time."""

    async def reset(self) -> None:
        await self._engine.dispose()

    async def close(self) -> None:
        await self._engine.dispose()
