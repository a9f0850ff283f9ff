"""Notices that the event loop is blocked, names the plugin and interrupts it. A timeout would need the loop.

A thread asks the loop for a sign of life. When none comes it reads the main thread's stack and sends that
thread a signal, whose handler raises PluginStalled if it finds what the thread saw: a plugin, called through
`watched`, with nothing of ours on top of it, or in a task that it made on the side. Code that holds the
interpreter's lock (a C library) cannot be stopped so.
"""

import signal
import sys
import threading
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from types import FrameType, TracebackType
from typing import Self, TypeVar

import structlog

T = TypeVar("T")

#: Seconds without a sign of life that count as a stall, and between two looks.
STALL, LOOK = 0.5, 0.1

#: Ignored by default, so one that arrives after we have gone does nothing.
_SIGNAL = getattr(signal, "SIGURG", None)
_PACKAGE = f"{__name__.partition('.')[0]}."
_PLUGINS = "chatgrow_plugins."

log = structlog.get_logger("chatgrow.watchdog")


class PluginStalled(BaseException):
    """A plugin blocked the event loop and was interrupted. No Exception, so that its own `except Exception`
    does not catch it; whoever calls `watched` does."""


#: Called when a task is interrupted that a plugin made on the side: such a one inherits it.
_blames: ContextVar[Callable[[], None] | None] = ContextVar("chatgrow_blames", default=None)


async def watched(
    plugin: str, work: Callable[[], Awaitable[T]], blames: Callable[[], None] | None = None
) -> T:
    """Do a plugin's work; `plugin` is the name to blame. May raise PluginStalled; what it does so in a task
    of its own making is told by `blames`."""
    token = _blames.set(blames)
    try:
        return await work()
    finally:
        _blames.reset(token)


class Watchdog:
    """Watches the running loop for the time of the `with` block. Outside the main thread, or without signals,
    it names the plugin but cannot interrupt it."""

    def __init__(self, stall: float = STALL, look: float = LOOK) -> None:
        self._stall = stall
        self._look = look
        self._stop = threading.Event()
        self._alive = threading.Event()
        self._stuck: FrameType | None = None
        self._previous: object = None
        self._interrupts = False
        self._main = 0

    def __enter__(self) -> Self:
        self._main = threading.get_ident()
        self._interrupts = _SIGNAL is not None and threading.current_thread() is threading.main_thread()
        if self._interrupts:
            self._previous = signal.signal(_SIGNAL, self._interrupt)  # type: ignore[arg-type]
        else:
            log.warning("a plugin that blocks the event loop will be named, but cannot be interrupted here")
        self._loop = get_running_loop()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._alive.set()
        self._thread.join()
        # Two apps in one process may leave in any order. One that came after us keeps its handler, which
        # hands on to ours, and gives back, when it leaves too, what was there before us.
        if self._interrupts and signal.getsignal(_SIGNAL) == self._interrupt:  # type: ignore[arg-type]
            signal.signal(_SIGNAL, self._before())  # type: ignore[arg-type]

    def _before(self) -> object:
        """The handler that was there before this one, and before those that have left meanwhile."""
        owner = getattr(self._previous, "__self__", None)
        if isinstance(owner, type(self)) and owner._stop.is_set():
            return owner._before()
        return self._previous

    def _watch(self) -> None:
        while not self._stop.wait(self._look):
            self._alive.clear()
            try:
                self._loop.call_soon_threadsafe(self._alive.set)
            except RuntimeError:  # the loop is closed
                return
            named = False
            while not self._alive.wait(self._stall) and not self._stop.is_set():
                self._blocked(quiet=named)
                named = True
            self._stuck = None

    def _blocked(self, *, quiet: bool) -> None:
        """Say who blocks the loop (once a stall) and interrupt it (until it yields)."""
        top = sys._current_frames().get(self._main)
        if top is None:
            return
        guard = _guard(top)
        stuck = guard or _loose(top)
        interrupts = stuck is not None and self._interrupts
        if not quiet:
            theirs = _theirs(top)
            plugin = guard.f_locals["plugin"] if guard else _plugin_of(theirs) if theirs else ""
            frame = theirs or top
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            log.warning("the event loop is blocked", plugin=plugin, at=place, interrupted=interrupts)
        if interrupts:
            self._stuck = stuck
            signal.pthread_kill(self._main, _SIGNAL)  # type: ignore[arg-type]

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Runs in the main thread, between two of its instructions."""
        stuck, self._stuck = self._stuck, None
        if stuck is not None and frame is not None:
            if _guard(frame) is stuck:
                raise PluginStalled(stuck.f_locals["plugin"])
            if _loose(frame) is stuck:
                if blame := _blames.get():
                    self._loop.call_soon_threadsafe(blame)
                raise PluginStalled(_plugin_of(stuck))
        if callable(self._previous):
            self._previous(number, frame)


def _stack(top: FrameType) -> Iterator[FrameType]:
    frame: FrameType | None = top
    while frame is not None:
        yield frame
        frame = frame.f_back


def _guard(top: FrameType) -> FrameType | None:
    """The call of `watched` under which a plugin runs; None when something of ours is at work, even if a
    plugin called it: that must not be torn."""
    for frame in _stack(top):
        if frame.f_code is watched.__code__:
            return frame
        if _module(frame).startswith(_PACKAGE):
            return None
    return None


def _loose(top: FrameType) -> FrameType | None:
    """Where a task or a callback begins that a plugin made by itself, and in which nothing of ours is at
    work."""
    begin = top
    for frame in _stack(top):
        module = _module(frame)
        if module.startswith(_PACKAGE):
            return None
        if module.partition(".")[0] == "asyncio":  # whoever is called by the loop, or by its runner
            return begin if _module(begin).startswith(_PLUGINS) else None
        begin = frame
    return None


def _theirs(top: FrameType) -> FrameType | None:
    """The innermost frame of a plugin's own code."""
    return next((frame for frame in _stack(top) if _module(frame).startswith(_PLUGINS)), None)


def _plugin_of(frame: FrameType) -> str:
    return _module(frame).split(".")[1]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
