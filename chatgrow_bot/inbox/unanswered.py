"""Tells a person of messages that were left unanswered because they were old when we saw them: once for all
that a sweep brings together, for hundreds of them may wait after the first link or a long absence."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ..clock import Clock
from ..messages import Fault, Inbound

#: Seconds without a further one after which those of a connection are told, and for which they wait at most.
_QUIET, _LONGEST = 1.0, 60.0


@dataclass(slots=True)
class _Gathered:
    last: Inbound
    count: int
    youngest: timedelta
    oldest: timedelta
    first_at: float
    last_at: float


class Unanswered:
    """Gathers them by connection."""

    def __init__(self, clock: Clock, report: Callable[[Fault], None]) -> None:
        self._clock = clock
        self._report = report
        self._gathered: dict[str, _Gathered] = {}
        self._news = asyncio.Event()

    def note(self, message: Inbound, age: timedelta) -> None:
        """One was left unanswered; it was so old when first seen."""
        now = self._clock.monotonic()
        known = self._gathered.get(message.connection_id)
        if known is None:
            self._gathered[message.connection_id] = _Gathered(message, 1, age, age, now, now)
        else:
            known.last, known.last_at, known.count = message, now, known.count + 1
            known.youngest, known.oldest = min(known.youngest, age), max(known.oldest, age)
        self._news.set()

    async def run(self) -> None:
        """Tell of them, until cancelled; then of those that are left."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._gathered:
                    await self._clock.sleep(_QUIET)
                    self._tell_of_those_complete()
        finally:
            for each in self._gathered.values():
                self._tell(each)

    def _tell_of_those_complete(self) -> None:
        now = self._clock.monotonic()
        for name, each in list(self._gathered.items()):
            if now - each.last_at >= _QUIET or now - each.first_at >= _LONGEST:
                self._tell(self._gathered.pop(name))

    def _tell(self, gathered: _Gathered) -> None:
        message, oldest = gathered.last, _words(gathered.oldest)
        if gathered.count == 1:
            reason = f"message {message.id} is left unanswered: it was {oldest} old when first seen"
        else:
            reason = (
                f"{gathered.count} messages came while nobody looked and are left unanswered: they were from "
                f"{_words(gathered.youngest)} to {oldest} old when first seen"
            )
        where = {"tenant": message.tenant, "connection_id": message.connection_id}
        self._report(Fault(where="inbox", reason=reason, at=self._clock.now(), **where))


def _words(age: timedelta) -> str:
    """`90 s`, `35 min`, `7 h`, `12 d`."""
    seconds = age.total_seconds()
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
