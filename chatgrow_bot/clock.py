"""Time as an argument: whatever decides by the clock is handed one, so that tests can turn its hands."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC: for whatever is stored or shown."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards: for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock's time."""
        ...

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, at most so many seconds of this clock's time; whether it came."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The event loop's clock, in seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait that many seconds."""
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for an event, at most that many seconds; whether it came."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await event.wait()
        except TimeoutError:
            return False
