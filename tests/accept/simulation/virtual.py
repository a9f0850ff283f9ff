"""Time that passes only when nothing is left to do. A loop whose waits cost nothing and whose threads are
none, so that a whole day is over in a second and the same seed takes the same steps."""

import asyncio
import selectors
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from chatgrow_bot.clock import SystemClock


class Standstill(RuntimeError):
    """Nothing is ready and nothing is planned: whoever waits would wait for ever."""


class _Selector(selectors.SelectSelector):
    """Instead of waiting, it lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Standstill("nothing is ready and nothing is planned")
        self.passed += max(0.0, timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time, in which what belongs in a thread is done on the spot."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual.passed

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Done at once, by this thread."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except BaseException as error:
            done.set_exception(error)
        return done


class VirtualClock(SystemClock):
    """The loop's time as a wall clock, which can be set wrong."""

    def __init__(self, loop: VirtualLoop, begin: datetime) -> None:
        self._loop = loop
        self._begin = begin
        self._wrong = timedelta()
        self.jumps: list[float] = []  #: when it was set, in the loop's seconds

    def true(self) -> datetime:
        """The time in the world outside."""
        return self._begin + timedelta(seconds=self._loop.time())

    def jump(self, seconds: float) -> None:
        """Somebody sets this machine's clock."""
        self._wrong += timedelta(seconds=seconds)
        self.jumps.append(self._loop.time())

    def now(self) -> datetime:
        """What this machine's clock shows."""
        return self.true() + self._wrong
