"""Whether the process is well, by name. Anyone may ask without a token, so that asking costs next to nothing:
an answer is good for a second, and whoever asks meanwhile waits for the same one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from ..clock import Clock
from ..connections.memory import free_memory
from ..hub import Workers
from ..store import journal, meta
from ..store.database import Database
from .lag import Lag
from .machine import has_disk, has_memory, is_sound

#: Seconds for which an answer is good; for which it is that the database could be written.
_GOOD, _WRITTEN = 1.0, 30.0
#: Seconds that a look at the database or at the machine may take.
_PATIENCE = 5.0
#: Seconds of lateness from which the loop is too late for everyone.
_LATE = 1.0

log = structlog.get_logger("chatgrow.health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What parts of the hub say of themselves."""

    workers: Callable[[], Workers]
    is_read: Callable[[], bool]  #: whether the journal is, by all who should
    stands_still: Callable[[], bool]  #: whether the database is known not to take anything
    memory: Callable[[], int] = free_memory  #: bytes that are free


class Checks:
    """The checks of the whole process."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        folder: Path,
        lag: Lag,
        connections: Callable[[], bool],
        moves: Callable[[], Awaitable[bool]],
        signs: Signs,
    ) -> None:
        self._db = db
        self._clock = clock
        self._folder = folder  #: where everything is stored
        self._lag = lag
        self._connections = connections  #: whether none is lost
        self._moves = moves  #: whether what could leave does
        self._signs = signs
        self._looking = asyncio.Lock()
        self._answer: Mapping[str, bool] = {}
        self._until = float("-inf")
        self._written_until = float("-inf")

    async def answer(self) -> Mapping[str, bool]:
        """Each check, and whether it passes."""
        async with self._looking:
            if self._clock.monotonic() >= self._until:
                self._answer = await self._look()
                self._until = self._clock.monotonic() + _GOOD
            return self._answer

    async def _look(self) -> Mapping[str, bool]:
        workers = self._signs.workers()
        readable, moves, sound = await self._stored()
        return {
            "database": readable,
            "writable": await self._writable(),
            "connections": self._connections(),
            "queue": moves,
            "workers": workers.alive == workers.concurrency,
            "journal": self._signs.is_read(),
            "disk": await _in_time(has_disk(self._folder)),
            "memory": has_memory(self._signs.memory()),
            "clock": sound,
            "loop": self._lag.lately < _LATE,
        }

    async def _stored(self) -> tuple[bool, bool, bool]:
        """Whether the database can be read; whether by what it says messages leave; and the clock runs on."""
        try:
            async with asyncio.timeout(_PATIENCE):
                last, moves = await self._db.read(journal.last_written), await self._moves()
        except Exception as error:  # whatever it is, whoever asks gets an answer
            log.warning("the database cannot be read", error=repr(error))
            return False, True, True
        return True, moves, is_sound(self._clock.now(), last)

    async def _writable(self) -> bool:
        """Whether the database takes anything. A try costs a commit: one is good for a while."""
        if self._signs.stands_still():
            self._written_until = float("-inf")
            return False
        if self._clock.monotonic() < self._written_until:
            return True
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._db.write(meta.try_out)
        except Exception as error:
            log.warning("the database cannot be written", error=repr(error))
            return False
        self._written_until = self._clock.monotonic() + _WRITTEN
        return True


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check
    except TimeoutError:
        return False
