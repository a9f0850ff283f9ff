"""A clock whose hands one turns."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until `advance` moves it."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._steady = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        """The time it shows."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that it was moved on by."""
        return self._steady

    async def sleep(self, seconds: float) -> None:
        """Wait until the hands have moved that far."""
        await self._ring(seconds).wait()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, or until the hands have moved that far."""
        ring = self._ring(seconds)
        async with asyncio.TaskGroup() as group:
            first = [group.create_task(each.wait()) for each in (event, ring)]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            for task in first:
                task.cancel()
        return event.is_set()

    def _ring(self, seconds: float) -> asyncio.Event:
        ring = asyncio.Event()
        if seconds <= 0:
            ring.set()
        else:
            when = round(self._steady + seconds, 6)
            heapq.heappush(self._sleepers, (when, next(self._count), ring))
        return ring

    def advance(self, seconds: float) -> None:
        """Turn the hands, and wake whoever slept until then. A clock that is set back (fewer than 0) lets no
        time pass."""
        self.set(seconds)
        self._steady = round(self._steady + max(0.0, seconds), 6)
        while self._sleepers and self._sleepers[0][0] <= self._steady:
            heapq.heappop(self._sleepers)[2].set()

    def set(self, seconds: float) -> None:
        """Set the hands, forwards or back: it shows another time, and none has passed."""
        self._now += timedelta(seconds=seconds)
