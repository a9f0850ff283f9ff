"""Playwright's own program, which drives the browsers of every session: it starts with the first of them, is
asked before each further one whether it still answers, and is replaced when it does not.

Whatever ends it ends all sessions, so one that is slow is waited for; and one that is given up is killed, for
Playwright leaves it running."""

import asyncio
import contextlib
from typing import Any

import psutil
from playwright.async_api import Error, Playwright, async_playwright

from chatgrow_bot.errors import EngineError

_DOES_NOT_START = (
    "Playwright's own program does not start; on Debian and Ubuntu `apt-get install libatomic1` mends the "
    "usual cause, and `python -m playwright --version` in the hub's environment shows any other"
)
_STARTS_SLOWLY = (
    "Playwright's own program did not start within {:g} s: the machine is too busy, or short of memory; it "
    "is tried again, and `startSeconds` of engine_web gives it longer"
)
#: The word by which it is known among our children.
_WORD = "run-driver"


class Driver:
    """One Playwright at a time. In seconds: how long it may take to start, to answer, to end."""

    def __init__(self, log: Any, *, start: float, answer: float = 30.0, end: float) -> None:
        self._start = start
        self._answer = answer
        self._end = end
        self._log = log
        self._one_at_a_time = asyncio.Lock()
        self._opened = contextlib.AsyncExitStack()
        self._playwright: Playwright | None = None
        self._processes: list[psutil.Process] = []

    async def started(self) -> Playwright:
        """It, started and answering. Raises EngineError."""
        async with self._one_at_a_time:
            if self._playwright and not await self._answers(self._playwright):
                self._log.warning("Playwright no longer answers: it is started anew, and so is every session")
                await self.stop()
            if self._playwright is None:
                self._playwright = await self._started()
            return self._playwright

    async def stop(self) -> None:
        """End it, in order if it can."""
        self._playwright = None
        try:
            async with asyncio.timeout(self._end):
                await self._opened.aclose()
        except Exception as error:  # a dead one cannot say goodbye, and need not
            self._log.info("Playwright did not end in order", error=repr(error))
        finally:
            self._kill()

    async def _answers(self, playwright: Playwright) -> bool:
        """Whether it does; one that is gone says so at once."""
        try:
            async with asyncio.timeout(self._answer):
                await (await playwright.request.new_context()).dispose()
        except (TimeoutError, Error):
            return False
        return True

    async def _started(self) -> Playwright:
        before = {each.pid for each in _ours()}
        playwright = None
        try:
            async with asyncio.timeout(self._start):
                playwright = await self._opened.enter_async_context(async_playwright())
        except TimeoutError as error:
            raise EngineError(_STARTS_SLOWLY.format(self._start)) from error
        except Exception as error:  # Playwright raises a plain one when its own process ends at once
            raise EngineError(_DOES_NOT_START) from error
        finally:
            self._processes = [each for each in _ours() if each.pid not in before]
            if playwright is None:
                self._kill()
        return playwright

    def _kill(self) -> None:
        for process in self._processes:
            with contextlib.suppress(psutil.NoSuchProcess):  # one that ended in order is no more
                process.kill()
        self._processes = []


def _ours() -> list[psutil.Process]:
    """Those among our children, this engine's or another's."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if _WORD in child.cmdline():
                found.append(child)
    return found
