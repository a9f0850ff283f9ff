"""Whether the machine has room for one session more. Refusing one, with the figures, is kinder than what the
kernel does to all of them when the memory is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..clock import Clock
from .memory import free_memory

#: What a session is expected to take while none has been weighed.
EXPECTED = 400 << 20
#: Sessions that start at once: more only take turns at the processor, and none has its memory yet.
AT_ONCE = 3
#: Seconds for which a session that starts is waited for before the next one may.
_STARTING = 30.0
#: Seconds between two looks for room.
_LOOK = 5.0
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Lack:
    """Why there is no room now."""

    reason: str
    passing: bool = False  #: others are starting, which is over soon


class Seat:
    """A connection's place. Its session may be opened anew in it: what the last one gives back is kept for
    the next, for one that had to ask for room again might find none."""

    def __init__(self, starting: set["Seat"], moved: Callable[[], None]) -> None:
        self._starting = starting
        self._moved = moved
        self._timer: asyncio.TimerHandle | None = None

    def starts(self) -> None:
        """A session is about to start in it, and has yet to take what it will."""
        self._starting.add(self)
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(_STARTING, self.settled)

    def settled(self) -> None:
        """The session has what it takes."""
        self._stop_waiting()
        self._starting.discard(self)
        self._moved()

    def _stop_waiting(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class Room:
    """Hands out seats. `mean` tells what sessions take here, None while none was weighed; `memory` what is
    free."""

    def __init__(
        self,
        *,
        clock: Clock,
        most: int,
        reserve: int,
        mean: Callable[[], int | None],
        memory: Callable[[], int] | None = None,
    ) -> None:
        self._clock = clock
        self._most = most
        self._reserve = reserve
        self._mean = mean
        self._memory = memory or free_memory
        self._taken = 0
        self._starting: set[Seat] = set()
        self._changed = asyncio.Event()

    def lacking_memory(self) -> str:
        """Why the machine has no room for one more, with the figures; empty when it has."""
        if not self._reserve:
            return ""
        each, free = self._mean() or EXPECTED, self._memory()
        if free - each * (len(self._starting) + 1) >= self._reserve:
            return ""
        starting = f", {len(self._starting)} more are starting" if self._starting else ""
        return (
            f"this machine has no room for another session: {free // _MB} MB of memory are free, one takes "
            f"about {each // _MB} MB{starting}, and {self._reserve // _MB} MB are to stay free"
        )

    def _lacking(self) -> Lack | None:
        if len(self._starting) >= AT_ONCE:
            return Lack("it waits its turn: others are starting", passing=True)
        if self._taken >= self._most:
            return Lack(f"it waits for a place: this hub opens {self._most} connections at most")
        lack = self.lacking_memory()
        return Lack(f"it waits: {lack}") if lack else None

    @asynccontextmanager
    async def seat(self, waits: Callable[[Lack], Awaitable[None]]) -> AsyncIterator[Seat]:
        """Wait for room, and have it for the time of the block. `waits` hears why it is waited, once a
        cause. A session is expected to start in it at once."""
        told: set[bool] = set()
        while lack := self._lacking():
            if lack.passing not in told:
                told.add(lack.passing)
                await waits(lack)
            await self._clock.wait(self._changed, _LOOK)
        seat = Seat(self._starting, self._moved)
        self._taken += 1
        seat.starts()
        try:
            yield seat
        finally:
            self._taken -= 1
            seat.settled()

    def _moved(self) -> None:
        # The old event wakes who waits; a new one is there for whoever waits from now on.
        self._changed.set()
        self._changed = asyncio.Event()
