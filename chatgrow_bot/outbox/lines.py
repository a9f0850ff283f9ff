"""How many go before a message that was just taken in. To count them takes the longer the more there are, so
each lane is counted at most once a second, and whoever joins it meanwhile is counted on from there."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection

from ..clock import Clock
from ..messages import Delivery, Lane, Priority
from ..store import connections as stored_connections
from ..store import queue
from ..store.database import Database
from ..store.queue import Crowd

#: Seconds for which a count is good; longer where counting took more than a twentieth of that.
_GOOD, _TIMES = 1.0, 20.0


class _Line:
    """A lane as it was when it was counted, and who has joined it since."""

    def __init__(self) -> None:
        self.slot: datetime | None = None  #: when the lane may send next
        self.until = float("inf")  #: good for so long, by the steady clock
        self._dues: dict[Priority, list[datetime]] = {each: [] for each in Priority}
        self._counts: dict[Priority, list[int]] = {each: [] for each in Priority}
        self._joined: dict[Priority, list[datetime]] = {each: [] for each in Priority}
        self._before: dict[str, int] = {}  #: of those that have joined, by message id

    def fill(self, slot: datetime | None, crowds: Sequence[Crowd]) -> None:
        """What was counted."""
        self.slot = slot
        for priority in Priority:
            mine = [each for each in crowds if each.priority is priority]
            self._dues[priority] = [each.since for each in mine]
            self._counts[priority] = [0, *accumulate(each.count for each in mine)]

    def join(self, delivery: Delivery) -> None:
        """One more."""
        joined = self._joined[delivery.priority]
        sooner = sum(len(each) for priority, each in self._joined.items() if priority < delivery.priority)
        self._before[delivery.id] = sooner + bisect_right(joined, delivery.due)
        insort(joined, delivery.due)

    def ahead(self, delivery: Delivery) -> int | None:
        """How many it found before it; None for one that has not joined. Told once."""
        joined = self._before.pop(delivery.id, None)
        if joined is None:
            return None
        sooner = sum(each[-1] for priority, each in self._counts.items() if priority < delivery.priority)
        priority = delivery.priority
        return joined + sooner + self._counts[priority][bisect_left(self._dues[priority], delivery.due)]


class Lines:
    """The lanes in which messages were taken in of late."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lines: dict[tuple[str, Lane], _Line] = {}
        self._coming: dict[tuple[str, Lane], _Line] = {}  #: being counted

    def join(self, delivery: Delivery) -> None:
        """A message was taken in."""
        lane = (delivery.connection_id, delivery.lane)
        if coming := self._coming.get(lane):
            coming.join(delivery)
        if line := self._lines.get(lane):
            if self._clock.monotonic() < line.until + _GOOD:
                line.join(delivery)
            else:  # nobody asks any more
                del self._lines[lane]

    def moved(self, connection_id: str) -> None:
        """Something on a connection is no longer where it was counted."""
        for lane in Lane:
            self._lines.pop((connection_id, lane), None)

    async def before(self, delivery: Delivery) -> tuple[datetime | None, int]:
        """When a message's lane may send next, as far as that is decided, and how many go before it."""
        lane = (delivery.connection_id, delivery.lane)
        line, is_coming = self._lines.get(lane), lane in self._coming
        if line and (is_coming or self._clock.monotonic() < line.until):
            ahead = line.ahead(delivery)
            if ahead is not None:
                return line.slot, ahead
        return await (self._look(delivery) if is_coming else self._count(delivery))

    async def _look(self, delivery: Delivery) -> tuple[datetime | None, int]:
        return await self._db.read(lambda conn: _place(conn, delivery))

    async def _count(self, delivery: Delivery) -> tuple[datetime | None, int]:
        """The same, and the whole lane for those who come after."""
        lane, began, now = (delivery.connection_id, delivery.lane), self._clock.monotonic(), self._clock.now()
        line = self._coming[lane] = _Line()
        try:
            (slot, ahead), crowds = await self._db.read(
                lambda conn: (_place(conn, delivery), queue.crowds(conn, *lane, now))
            )
        finally:
            del self._coming[lane]
        line.fill(slot, crowds)
        ended = self._clock.monotonic()
        line.until = ended + max(_GOOD, _TIMES * (ended - began))
        self._lines[lane] = line
        return slot, ahead


def _place(conn: Connection, delivery: Delivery) -> tuple[datetime | None, int]:
    slots = stored_connections.next_slots(conn, delivery.connection_id)
    return slots.get((delivery.connection_id, delivery.lane)), queue.ahead(conn, delivery)
