"""How a hub that runs is told to stop, and that it does; and how it is told to read anew what can be.

The first signal asks: a start is given up, a hub that runs drains and closes. Another one, or a stop that
takes too long, ends the process and whatever it started at once. Nothing is lost by that: it is as a crash.
SIGHUP means two things: that the terminal is gone, which asks for a stop; else it asks to read anew.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import structlog

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
#: None where there is no such signal.
_HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
#: Whichever terminal a process belongs to; nobody can open it once that is gone.
_TERMINAL = Path("/dev/tty")
#: The exit code of a stop that took too long.
_STUCK = 1
#: Seconds for what we started, a browser with a login to write down, to end without us.
_GRACE = 2.0

log = structlog.get_logger("chatgrow.stop")


class Stop:
    """A wish to stop, once there is one. Made in the task that starts the hub, inside a running loop."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: how long a stop may take before it is cut short."""
        self._asked = asyncio.Event()
        self._anew = asyncio.Event()
        self._deadline = threading.Timer(seconds, _leave, (_STUCK,))  # a thread: the loop may hang
        self._deadline.daemon = True
        self._starting = asyncio.current_task()
        # Under `nohup` the end of the terminal is nothing to it.
        self._heeds_terminal = bool(
            _HANGUP and signal.getsignal(_HANGUP) is not signal.SIG_IGN and _has_terminal()
        )

    @property
    def asked(self) -> bool:
        """Whether somebody has asked."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """The hub has started: from here on it is not the start that a signal ends, but this wait."""
        self._starting = None
        await self._asked.wait()

    async def reading_anew(self, read: Callable[[], Awaitable[object]]) -> None:
        """Call this each time that somebody asks to read anew; several that ask meanwhile are one."""
        while True:
            await self._anew.wait()
            self._anew.clear()
            try:
                await read()
            except Exception:  # whatever it is, the hub goes on as it was
                log.exception("reading anew failed")

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to signals for the time of the block."""
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:
            loop.add_signal_handler(each, self._ask)
        if _HANGUP:
            loop.add_signal_handler(_HANGUP, self._hung_up)
        try:
            yield
        finally:
            if not self._asked.is_set():  # what is asked to stop may still hang in a thread of its own
                self._deadline.cancel()

    def _hung_up(self) -> None:
        if not self._heeds_terminal or _has_terminal():
            self._anew.set()
        elif not self.asked:  # a shell may tell of the same end twice: that is no second wish
            self._ask()

    def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        for each in _SIGNALS:  # the next one must be heard even if the loop hangs
            loop.remove_signal_handler(each)
            signal.signal(each, lambda number, frame: _leave(128 + number))
        self._deadline.start()
        self._asked.set()
        if self._starting:
            self._starting.cancel()


def _has_terminal() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _leave(code: int) -> None:
    """End this process at once, and all that it started: what loses its parent so may end in order."""
    me = psutil.Process()
    left, offspring = me.children(), me.children(recursive=True)
    for child in left:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    _, stuck = psutil.wait_procs(offspring, timeout=_GRACE)
    for each in stuck:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, RuntimeError, ValueError):  # gone, or in the middle of a write
            stream.flush()
    os._exit(code)
