"""The real store on a real file, with the threads taken out and the faults put in: a disk that is slow, full,
or gone in the middle of it all because the process was killed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from chatgrow_bot.store import engines
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.writer import Writer

T = TypeVar("T")
Work = Callable[[Connection], T]


class Disk:
    """What the process of one life writes to and reads from."""

    def __init__(self, file: Path, chance: Random) -> None:
        self._engine: Engine = engines.writing(engines.parse(f"sqlite:///{file}"))  # type: ignore[assignment]
        self._chance = chance
        self.slow = 0.0  #: seconds that a transaction takes at most
        self.full = False
        self.dead = False  #: the process was killed: nothing is written any more, and nobody hears of it
        self.kills_at: int | None = None  #: the transaction in which the process dies
        self.killed = asyncio.Event()
        self._count = 0

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """The database."""
        writer = Writer(self)
        readers: Any = self
        try:
            async with writer.running():
                yield Database(readers, writer)
        finally:
            await self.close()

    # store.transactions.Transactions

    async def run(self, work: Work[T]) -> T:
        """One transaction that writes."""
        await self._takes_time()
        if self.full:
            raise OSError("no space left on device")
        self._count += 1
        dies = self._count == self.kills_at
        if dies and self._chance.random() < 0.5:
            await self._die()  # before the commit
        with self._engine.begin() as conn:
            answer = work(conn)
        if dies:
            await self._die()  # it is on the disk, and nobody is told
        await self._takes_time()
        return answer

    async def reset(self) -> None:
        """Let the connection go."""
        self._engine.dispose()

    async def clear_remains(self, names: Collection[str] | None) -> None:
        """Nothing is erased here."""

    async def close(self) -> None:
        """Let the connection go."""
        self._engine.dispose()

    # what Database asks of its readers

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Disk"]:
        """One transaction that reads."""
        await self._takes_time()
        yield self

    async def run_sync(self, work: Work[T]) -> T:
        """Read, and leave everything as it was."""
        with self._engine.connect() as conn:
            return work(conn)

    async def dispose(self) -> None:
        """Nothing to let go."""

    async def _takes_time(self) -> None:
        if self.dead:
            await self._die()
        await asyncio.sleep(self._chance.uniform(0, self.slow))
        if self.dead:
            await self._die()

    async def _die(self) -> None:
        self.dead = True
        self.killed.set()
        await asyncio.get_running_loop().create_future()
