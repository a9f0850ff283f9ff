"""Runs a plugin's work so that its failure stays its own: timed, watched, counted, reported.

What is told of a failure is its type and place. Its text stays out: it may quote what a customer wrote.
"""

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from ..clock import Clock
from ..errors import PluginError
from ..messages import Fault
from .breaker import Breaker
from .watchdog import PluginStalled, watched

T = TypeVar("T")

#: Seconds until something that a failure holds up is tried again.
HOLD = 10.0
#: Seconds that a plugin has to end once it is cancelled; after them it is left behind.
GRACE = 1.0

log = structlog.get_logger("chatgrow.plugins")


@dataclass(frozen=True, slots=True)
class Failed:
    """What a call gives that came to nothing."""

    reason: str
    wait: float = HOLD  #: seconds before it makes sense to try again


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a plugin's work came to."""

    value: Any = None
    error: BaseException | None = None


class _OutOfTime(Exception):
    """A plugin did not end in time. The text is ours, and safe to show."""


class WrongAnswer(Exception):
    """A plugin answered with something its hook does not know. The text is ours, and safe to show."""


class Isolation:
    """Stands between the core and every plugin."""

    def __init__(self, clock: Clock, report: Callable[[Fault], None]) -> None:
        self._clock = clock
        self._report = report
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(clock))
        self._calls: set[asyncio.Task[_Outcome]] = set()  #: also those that were left behind

    def asleep(self, plugin: str) -> float:
        """For how many seconds more a plugin is left alone; 0 when it is awake."""
        return self._breakers[plugin].asleep()

    async def run(
        self,
        plugin: str,
        what: str,
        work: Callable[[], Awaitable[Any]],
        *,
        seconds: float | None = None,
        check: Callable[[Any], T],
        no_fault: type[Exception] | tuple[()] = (),
        quiet: bool = False,
        tenant: str = "",
        connection_id: str = "",
    ) -> T | Failed:
        """What `check` makes of the result. Raises only `no_fault` errors and its own cancellation.

        A `quiet` failure is logged, and reported only when it puts the plugin to sleep. A plugin that
        sleeps is not called.
        """
        breaker = self._breakers[plugin]
        if rest := breaker.asleep():
            return Failed(f"asleep for {rest:.0f} s more", rest)
        try:
            result = check(await self._called(plugin, work, seconds))
        except no_fault:
            raise
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            if _cancelled_from_outside():
                raise asyncio.CancelledError from error
            reason = reason_of(error)
            sleep = breaker.stalled() if isinstance(error, PluginStalled) else breaker.failed()
            log.debug("how a plugin failed", plugin=plugin, exc_info=error)
            told = _told(what, reason, sleep)
            self.fault(plugin, told, tenant, connection_id, tell=bool(sleep) or not quiet)
            return Failed(reason, sleep or HOLD)
        breaker.succeeded()
        return result

    async def _called(self, plugin: str, work: Callable[[], Awaitable[Any]], seconds: float | None) -> Any:
        """What the work gives, or raises. In a task of its own, for a plugin that catches its cancellation
        would hold whoever waits for it, and the stop of the whole hub, for as long as it likes."""
        loop = asyncio.get_running_loop()
        call = loop.create_task(self._contained(plugin, work), name=f"plugin:{plugin}")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            await asyncio.wait({call}, timeout=seconds)
            in_time = call.done()
        finally:
            if not call.done():
                call.cancel()
                await asyncio.wait({call}, timeout=GRACE)
        if not in_time:
            stubborn = "" if call.done() else ", and it goes on although it was cancelled"
            raise _OutOfTime(f"no answer within {seconds:g} s{stubborn}")
        outcome = call.result()
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    async def _contained(self, plugin: str, work: Callable[[], Awaitable[Any]]) -> _Outcome:
        """Whatever it comes to, it is no task that failed: a SystemExit in one would end the loop."""
        try:
            return _Outcome(value=await watched(plugin, work, partial(self._made_a_task, plugin)))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            return _Outcome(error=error)

    def _made_a_task(self, plugin: str) -> None:
        """A task that a plugin made for itself blocked the loop."""
        reason = reason_of(PluginStalled())
        self.fault(plugin, _told("a task of its own making", reason, self._breakers[plugin].stalled()))

    async def lent(self, plugin: str, what: str, work: Callable[[], Awaitable[T]]) -> T:
        """Call a part that a plugin gave away (a route, a command). Its errors are for whoever asked, but a
        stall counts against the plugin and is raised as PluginError."""
        try:
            return await watched(plugin, work, partial(self._made_a_task, plugin))
        except PluginStalled as stall:
            self.fault(plugin, _told(what, reason_of(stall), self._breakers[plugin].stalled()))
            raise PluginError(f"plugin '{plugin}' {reason_of(stall)}") from None

    async def background(self, plugin: str, what: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run something that nobody waits for: its error is a fault."""
        try:
            await watched(plugin, work, partial(self._made_a_task, plugin))
        except PluginStalled as stall:
            self.fault(plugin, _told(what, reason_of(stall), self._breakers[plugin].stalled()))
        except (Exception, SystemExit) as error:
            log.debug("how a plugin failed", plugin=plugin, exc_info=error)
            self.fault(plugin, f"{what}: {reason_of(error)}")

    def fault(
        self, plugin: str, reason: str, tenant: str = "", connection_id: str = "", *, tell: bool = True
    ) -> None:
        """Report what a plugin did wrong; without `tell` it is only logged."""
        if not tell:
            log.warning("a plugin failed", plugin=plugin, reason=reason)
            return
        self._report(
            Fault(
                where=plugin,
                reason=reason,
                tenant=tenant,
                connection_id=connection_id,
                at=self._clock.now(),
            )
        )


def _cancelled_from_outside() -> bool:
    """Whether this task is meant to end, whatever the plugin made of it; a CancelledError of the plugin's own
    making must not end the core's task."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _told(what: str, reason: str, sleep: float) -> str:
    return f"{what}: {reason}" + (f"; left alone for {sleep:.0f} s" if sleep else "")


def reason_of(error: BaseException) -> str:
    """The type and place of an error, without its text."""
    match error:
        case PluginStalled():
            return "blocked the event loop and was interrupted; move the work to asyncio.to_thread"
        case WrongAnswer() | _OutOfTime():
            return str(error)
        case _:
            place = place_of(error)
            return f"{type(error).__name__} at {place}" if place else type(error).__name__


def place_of(error: BaseException) -> str:
    """`file.py:12 in answer`: the innermost line of a plugin's code that an error went through, or of any."""
    frames = list(traceback.walk_tb(error.__traceback__))
    theirs = [at for at in frames if str(at[0].f_globals.get("__name__")).startswith("chatgrow_plugins.")]
    for frame, line in reversed(theirs or frames):
        file = frame.f_code.co_filename.rpartition("/")[2]
        return f"{file}:{line} in {frame.f_code.co_name}"
    return ""
