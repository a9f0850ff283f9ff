"""What one plugin has running: its tasks and timers, which end with it."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..errors import PluginError
from ..facts import keyed
from ..hooks.isolation import Isolation

#: Seconds that a plugin's tasks have to end once they are cancelled.
GRACE = 10.0


class Scope:
    """Opened and ended any number of times, as its plugin is switched on and off."""

    def __init__(self, plugin: str, isolation: Isolation, clock: Clock, grace: float = GRACE) -> None:
        self._plugin = plugin
        self._isolation = isolation
        self._clock = clock
        self._grace = grace
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Tasks may be made within, and end with it."""
        self._is_open = True
        try:
            yield
        finally:
            await self.end()

    def spawn(self, work: Coroutine[Any, Any, None], name: str, depth: int = 1) -> None:
        """Run something until it ends or the scope does. An error is a fault that names the place that asked
        for it, `depth` callers up. Raises PluginError while the plugin is off."""
        if not self._is_open:
            work.close()
            raise PluginError(f"'{name}' was not begun, for the plugin '{self._plugin}' is off")
        caller = sys._getframe(depth)
        place = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        what = f"the task '{name}' made at {place}"
        task = asyncio.create_task(self._run(work, what), name=f"plugin:{self._plugin}:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: work.close())  # for one that ended before it began

    def every(self, seconds: float, work: Callable[[], Awaitable[None]], depth: int = 1) -> None:
        """Call something again and again, first after `seconds`, never twice at once. A call that fails is a
        fault; a plugin that is asleep is not called."""
        name = f"every {seconds:g} s"
        self.spawn(self._repeat(seconds, work, name), name, depth + 1)

    async def end(self) -> None:
        """Cancel all there is, and wait for it. What does not stop in time is reported and left behind."""
        self._is_open = False
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._grace)
            for task in late:
                self._isolation.fault(self._plugin, f"{task.get_name()} does not stop when it is cancelled")

    async def _run(self, work: Coroutine[Any, Any, None], what: str) -> None:
        with keyed(None):  # what a task sends is not part of the fact in whose hook it was made
            await self._isolation.background(self._plugin, what, lambda: work)

    async def _repeat(self, seconds: float, work: Callable[[], Awaitable[None]], name: str) -> None:
        while True:
            await self._clock.sleep(seconds)
            await self._isolation.run(self._plugin, name, work, check=lambda nothing: nothing)
