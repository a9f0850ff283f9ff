"""One transaction at a time, on the only connection that writes.

SQLite's has a thread of its own, in which a whole batch runs: handing each statement to a thread, as the
asynchronous driver does, costs five times what SQLite itself takes. PostgreSQL's is asynchronous all the way.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from . import engines

T = TypeVar("T")
Work = Callable[[Connection], T]


class Transactions(Protocol):
    """A connection that writes, whatever database it leads to."""

    async def run(self, work: Work[T]) -> T:
        """Run the work in a transaction; answer after its commit, or raise after its end."""
        ...

    async def reset(self) -> None:
        """Let the connection go; the next transaction makes a new one."""
        ...

    async def close(self) -> None:
        """Wait for a transaction that still runs, and let the connection go."""
        ...


def open_transactions(address: URL) -> Transactions:
    """Nothing is connected before the first transaction."""
    engine = engines.writing(address)
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

    async def reset(self) -> None:
        await self._engine.dispose()

    async def close(self) -> None:
        await self._engine.dispose()
