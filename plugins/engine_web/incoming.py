"""What the page tells us unasked. The binding it calls is open to every script in the page, so a report is
checked for size, rate and shape before anything is made of it, then handed in one by one, in order."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from chatgrow_bot.engine import Inlet
from chatgrow_bot.errors import StoreUnavailable

from .listening import Listening
from .reports import AckReport, Beat, Changed, Message, Report

MAX_CHARACTERS = 512 * 1024  #: of one report: the longest text, each character escaped
BURST, PER_SECOND = 2000, 500  #: reports; a bridge told to wait asks again
WAITING, CALLS = 1000, 64  #: reports in the queue, and calls waiting for room in it

#: Seconds between two changes handed in: each makes the core look at the page, and a page may tell of many.
APART = 0.2

_NAME = 40  #: characters of a page's name for itself

_decoder: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
_RETRIES = (1, 2, 5, 10, 30)  #: seconds; the last is repeated


class Incoming:
    """The reports of one session, on their way to its inlet."""

    def __init__(
        self, inlet: Inlet, log: Any, origin: str, listening: Listening, on_logout: Callable[[str], None]
    ) -> None:
        self._inlet = inlet
        self._log = log
        self._origin = origin
        self._listening = listening
        self._on_logout = on_logout
        self._queue: asyncio.Queue[Message | AckReport] = asyncio.Queue(WAITING)
        self._tokens = float(BURST)
        self._filled_at = asyncio.get_running_loop().time()
        self._changed = asyncio.Event()
        self._calls = 0
        self.refused = 0  #: reports with the wrong size, shape or origin so far

    async def take(self, source: Any, payload: object = None, page: object = None, *_: object) -> bool:
        """The binding itself; `page` is the name that the page gives itself. False asks it to come again in a
        second."""
        name = page[:_NAME] if isinstance(page, str) else ""
        if self._calls >= CALLS or not self._has_token():
            self._listening.refused()
            return False
        report = self._checked(source, payload)
        if report is not None:  # a name that comes with nonsense is nobody's
            self._listening.heard(name)
        if isinstance(report, Beat):
            self._listening.beat(name, report.told)
            return True
        if isinstance(report, Changed):
            if report.logout is not None:
                self._on_logout(report.logout)
            self._changed.set()
        elif report is not None:
            await self._keep(report)
        self._listening.took(name)
        return True

    async def _keep(self, report: Message | AckReport) -> None:
        self._calls += 1
        try:
            await self._queue.put(report)
        finally:
            self._calls -= 1

    async def hand_in(self) -> None:
        """Hand in what was taken, for as long as the session lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hand_in_changes())
            while True:
                await self._deliver(await self._queue.get())

    async def _hand_in_changes(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._inlet.changed()
            await asyncio.sleep(APART)

    async def _deliver(self, report: Message | AckReport) -> None:
        for attempt in range(1 << 31):
            try:
                if isinstance(report, Message):
                    await self._inlet.arrived(report.arrival())
                else:
                    await self._inlet.acked(report.known())
            except StoreUnavailable:  # the browser has acknowledged it: only we can still lose it
                await asyncio.sleep(_RETRIES[min(attempt, len(_RETRIES) - 1)])
            except Exception:
                # One message that cannot be stored must not stop the rest; the next sweep brings it again.
                self._log.exception(
                    "a report of the page could not be handed in", report=type(report).__name__
                )
                return
            else:
                return

    def _has_token(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * PER_SECOND)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _checked(self, source: Any, payload: object) -> Report | None:
        try:
            if not isinstance(payload, str) or len(payload) > MAX_CHARACTERS:
                raise msgspec.ValidationError("not a text, or too long")
            if not source["frame"].url.startswith(f"{self._origin}/"):
                raise msgspec.ValidationError("from another origin")
            return _decoder.decode(payload)
        except (msgspec.MsgspecError, UnicodeError) as error:
            self.refused += 1
            if (
                self.refused & (self.refused - 1) == 0
            ):  # at 1, 2, 4, 8, ...: a flood of them is no flood of lines
                self._log.warning(
                    "reports of the page were refused", count=self.refused, reason=str(error)[:200]
                )
            return None
