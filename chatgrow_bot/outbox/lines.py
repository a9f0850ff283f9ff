"""How many go before a message that was just taken in. To count them takes the longer the more there are, so
a lane is counted again after a second, or when something moved in it, and whoever joins it meanwhile is
counted on from there; counting takes a twentieth of the time at most."""

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection

from ..clock import Clock
from ..messages import Delivery, Lane, Priority
from ..store import connections as stored_connections
from ..store import queue
from ..store.database import Database
from ..store.queue import Crowd

#: Seconds for which a count is good if nothing moves; and how many times as long as it took, in any case.
_GOOD, _TIMES = 1.0, 20.0
#: Behind every id.
_LAST = "~"


class _Line:
    """A lane as it was when it was counted, and who has joined it since, one by one."""

    def __init__(self) -> None:
        self.slot: datetime | None = None  #: when the lane may send next
        #: Good for so long, by the steady clock; and once something has moved in it, for so long.
        self.until = self.until_moved = float("inf")
        self.has_moved = False
        self._dues: dict[Priority, list[datetime]] = {each: [] for each in Priority}
        self._counts: dict[Priority, list[int]] = {each: [0] for each in Priority}
        self._joined: dict[Priority, list[tuple[datetime, str]]] = {each: [] for each in Priority}
        self._ids: set[str] = set()  #: of those that have joined
        self.counted = asyncio.Event()

    def __contains__(self, delivery: Delivery) -> bool:
        return delivery.id in self._ids

    def is_good(self, now: float) -> bool:
        """Whether it need not be counted again."""
        return now < (self.until_moved if self.has_moved else self.until)

    def fill(self, slot: datetime | None, crowds: Sequence[Crowd]) -> None:
        """What was counted."""
        self.slot = slot
        for priority in Priority:
            mine = [each for each in crowds if each.priority is priority]
            self._dues[priority] = [each.since for each in mine]
            self._counts[priority] = [0, *accumulate(each.count for each in mine)]

    def join(self, message_id: str, priority: Priority, due: datetime) -> None:
        """One more, unless it is there."""
        if message_id not in self._ids:
            self._ids.add(message_id)
            insort(self._joined[priority], (due, message_id))

    def ahead(self, delivery: Delivery, now: datetime) -> int:
        """How many go before one that has joined. What is more urgent, and planned for later, does not."""
        mine, soon = delivery.priority, max(delivery.due, now)
        before = self._counts[mine][bisect_left(self._dues[mine], delivery.due)]
        before += bisect_left(self._joined[mine], (delivery.due, delivery.id))
        for urgent in (each for each in Priority if each < mine):
            before += self._counts[urgent][bisect_right(self._dues[urgent], soon)]
            before += bisect_right(self._joined[urgent], (soon, _LAST))
        return before


class Lines:
    """The lanes in which messages were taken in of late."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._entering: set[str] = set()  #: messages that may be stored at this moment
        self._lines: dict[tuple[str, Lane], _Line] = {}
        #: Those that are being counted.
        self._coming: dict[tuple[str, Lane], _Line] = {}

    @contextmanager
    def entering(self, delivery: Delivery) -> Iterator[None]:
        """Around taking a message in: a count within may find it, and may not."""
        self._entering.add(delivery.id)
        try:
            yield
        finally:
            self._entering.discard(delivery.id)

    def join(self, delivery: Delivery) -> None:
        """A message was taken in."""
        lane, what = (delivery.connection_id, delivery.lane), (delivery.id, delivery.priority, delivery.due)
        if coming := self._coming.get(lane):
            coming.join(*what)
        if line := self._lines.get(lane):
            if coming or self._clock.monotonic() < line.until + _GOOD:
                line.join(*what)
            else:  # nobody asks any more
                del self._lines[lane]

    def moved(self, connection_id: str) -> None:
        """Something on a connection is no longer where it was counted."""
        for lane in Lane:
            for line in (self._lines.get((connection_id, lane)), self._coming.get((connection_id, lane))):
                if line:
                    line.has_moved = True

    async def before(self, delivery: Delivery) -> tuple[datetime | None, int]:
        """When a message's lane may send next, as far as that is decided, and how many go before it."""
        line, now = await self._line(delivery), self._clock.now()
        if delivery not in line:
            return await self._db.read(lambda conn: _look_up(conn, delivery, now))
        return line.slot, line.ahead(delivery, now)

    async def _line(self, delivery: Delivery) -> _Line:
        lane = (delivery.connection_id, delivery.lane)
        while True:
            line, coming = self._lines.get(lane), self._coming.get(lane)
            if line and (coming or line.is_good(self._clock.monotonic())):
                return line
            if coming is None:
                return await self._count(delivery)
            await coming.counted.wait()

    async def _count(self, delivery: Delivery) -> _Line:
        """The whole lane. Those that may or may not be stored yet are read one by one: so nobody who joins
        meanwhile is counted twice."""
        lane, began, now = (delivery.connection_id, delivery.lane), self._clock.monotonic(), self._clock.now()
        first = min({delivery.id, *self._entering})
        line = self._coming[lane] = _Line()
        try:
            slot, crowds, latest = await self._db.read(
                lambda conn: (
                    _slot(conn, delivery),
                    queue.crowds(conn, *lane, now, first),
                    queue.latest(conn, *lane, first),
                )
            )
        finally:
            del self._coming[lane]
            line.counted.set()
        line.fill(slot, crowds)
        for each in latest:
            line.join(each.id, each.priority, each.due)
        ended = self._clock.monotonic()
        line.until_moved = ended + _TIMES * (ended - began)
        line.until = max(ended + _GOOD, line.until_moved)
        self._lines[lane] = line
        return line


def _look_up(conn: Connection, delivery: Delivery, now: datetime) -> tuple[datetime | None, int]:
    if not queue.waits(conn, delivery):
        return None, 0  # it is leaving; the slot that is taken is its own
    return _slot(conn, delivery), queue.ahead(conn, delivery, now)


def _slot(conn: Connection, delivery: Delivery) -> datetime | None:
    slots = stored_connections.next_slots(conn, delivery.connection_id)
    return slots.get((delivery.connection_id, delivery.lane))
