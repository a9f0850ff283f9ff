"""What is to be done when: one entry a key, the soonest first. In memory; whoever starts fills it anew."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from ..clock import Clock

#: A connection's id and what is to be done for it: a lane's name, or RECONCILE.
Turn = tuple[str, str]
#: Looking up the messages whose outcome is not known.
RECONCILE = "reconcile"
#: Seconds after which the time is looked at again: a machine that slept, or whose clock was set, is not where
#: a wait thinks it is.
_LOOK_AGAIN = 30.0


class Agenda:
    """Turns by their time. A turn under way is not handed out again before it has ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[Turn, datetime] = {}
        self._heap: list[tuple[datetime, Turn]] = []
        self._under_way: set[Turn] = set()
        self._news = asyncio.Event()

    def put(self, turn: Turn, when: datetime) -> None:
        """Do this at that time, or sooner if it was to be sooner."""
        if turn in self._times and self._times[turn] <= when:
            return
        self._times[turn] = when
        if turn not in self._under_way:
            self._enter(turn, when)

    def _enter(self, turn: Turn, when: datetime) -> None:
        heapq.heappush(self._heap, (when, turn))
        # The old event wakes who waits; a new one is there for whoever looks from now on.
        self._news.set()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def due(self) -> AsyncIterator[Turn]:
        """Wait for the next turn whose time has come; it is under way until the block ends."""
        turn = await self._next()
        try:
            yield turn
        finally:
            self._under_way.discard(turn)
            if turn in self._times:
                self._enter(turn, self._times[turn])

    async def _next(self) -> Turn:
        while True:
            ahead = _LOOK_AGAIN
            while self._heap:
                when, turn = self._heap[0]
                if turn in self._under_way or self._times.get(turn) != when:
                    heapq.heappop(self._heap)
                    continue
                ahead = (when - self._clock.now()).total_seconds()
                if ahead <= 0:
                    heapq.heappop(self._heap)
                    del self._times[turn]
                    self._under_way.add(turn)
                    return turn
                break
            await self._clock.wait(self._news, min(ahead, _LOOK_AGAIN))
