"""What is to be done when: one entry a key, the soonest first. In memory; whoever starts fills it anew."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from ..clock import Clock

#: A connection's id and what is to be done for it: a lane's name, or RECONCILE.
Turn = tuple[str, str]
#: Looking up the messages whose outcome is not known.
RECONCILE = "reconcile"
#: Seconds after which the time is looked at again: a machine that slept, or whose clock was set, is not where
#: a wait thinks it is.
_LOOK_AGAIN = 30.0
#: A clock that goes back by more was set.
_SET_BACK = timedelta(seconds=2)


class Agenda:
    """Turns by their time. A turn under way is not handed out again before it has ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: dict[Turn, datetime] = {}
        self._heap: list[tuple[datetime, Turn]] = []
        self._under_way: set[Turn] = set()
        self._news = asyncio.Event()
        self._looking = asyncio.Lock()  #: one watches the clock, so that news wakes one and not all
        self._seen = (clock.now(), clock.monotonic())

    def put(self, turn: Turn, when: datetime) -> None:
        """Do this at that time, or sooner if it was to be sooner."""
        if turn in self._times and self._times[turn] <= when:
            return
        self._times[turn] = when
        if turn not in self._under_way:
            self._enter(turn, when)

    def busy(self, connection_id: str) -> bool:
        """Whether anything is being done for a connection right now."""
        return any(connection == connection_id for connection, _ in self._under_way)

    def _enter(self, turn: Turn, when: datetime) -> None:
        heapq.heappush(self._heap, (when, turn))
        # The old event wakes who waits; a new one is there for whoever looks from now on.
        self._news.set()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def due(self) -> AsyncIterator[Turn]:
        """Wait for the next turn whose time has come; it is under way until the block ends."""
        async with self._looking:
            turn = await self._next()
        try:
            yield turn
        finally:
            self._under_way.discard(turn)
            if turn in self._times:
                self._enter(turn, self._times[turn])

    def _follow(self) -> None:
        """Bring everything forward by as much as the clock was set back: it would stand still for so long."""
        before, (wall, steady) = self._seen, (self._clock.now(), self._clock.monotonic())
        self._seen = (wall, steady)
        lost = timedelta(seconds=steady - before[1]) - (wall - before[0])
        if lost > _SET_BACK:
            self._times = {turn: when - lost for turn, when in self._times.items()}
            self._heap = sorted((self._times[turn], turn) for turn in self._times.keys() - self._under_way)

    async def _next(self) -> Turn:
        while True:
            self._follow()
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
