"""Reads the journal, as plugins' readers do, but hundreds of facts at once. What they count for is written in
one transaction with the bookmark: after a crash the same facts are read again, or none of them."""

import asyncio

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import StoreUnavailable
from ..store import counts, journal, lives
from ..store.counts import Key
from ..store.database import Database
from .fold import fold, ids

#: The name of its bookmark: no plugin's, for these have no dot.
READER = "chatgrow.counts"
#: Facts read at once; seconds after which one looks without having been woken; seconds in which facts gather,
#: so that a burst costs one transaction and not one for each.
BATCH, POLL, GATHER = 500, 5.0, 1.0
#: Seconds before the reader goes on after an error, and seconds of errors after which it is stuck.
AFTER_AN_ERROR, STUCK = 5.0, 120.0

log = structlog.get_logger("chatgrow.stats")


class Reader:
    """Counts what the journal tells."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._failing_since: float | None = None

    def poke(self) -> None:
        """There may be new facts."""
        self._news.set()

    @property
    def is_stuck(self) -> bool:
        """Whether it has failed for long."""
        since = self._failing_since
        return since is not None and self._clock.monotonic() - since > STUCK

    async def begin(self) -> None:
        """Go on where the last process left off; at the very first time, count what happens from now on."""

        def work(conn: Connection) -> None:
            if journal.bookmark(conn, READER) is None:
                journal.move(conn, READER, journal.head(conn))

        await self._db.write(work)

    async def run(self) -> None:
        """Count until cancelled."""
        while True:
            self._news.clear()
            try:
                while await self.read_on() == BATCH:
                    pass
                self._failing_since = None
            except Exception as error:  # a reader that ended would never count again
                if self._failing_since is None:
                    self._failing_since = self._clock.monotonic()
                    log.exception("the figures cannot be counted on yet", error=type(error).__name__)
                await self._clock.sleep(AFTER_AN_ERROR)
                continue
            if await self._clock.wait(self._news, POLL):
                await self._clock.sleep(GATHER)

    async def catch_up(self, seconds: float) -> None:
        """Count what is committed by now, as far as that can be done in so many seconds, and as long as it
        can be written down. Figures that are behind are figures too."""
        head = await self._db.read(journal.head)
        try:
            async with asyncio.timeout(seconds):
                while await self._db.read(_position) < head and await self.read_on():
                    pass
        except (TimeoutError, StoreUnavailable):
            log.info("the figures are behind", facts=head - await self._db.read(_position))

    async def uncounted(self) -> int:
        """How many facts there are that are not counted."""
        return await self._db.read(lambda conn: max(0, journal.head(conn) - _position(conn)))

    async def read_on(self) -> int:
        """Count the next facts, BATCH of them at most; how many there were."""
        async with self._reading:
            found, position, last, tally = await self._db.read(_look)
            if found:
                await self._db.write(lambda conn: _count(conn, position, last, tally))
            return found


def _position(conn: Connection) -> int:
    return journal.bookmark(conn, READER) or 0


def _look(conn: Connection) -> tuple[int, int, int, dict[Key, int]]:
    """How many facts come next, from which position to which, and what they count for."""
    position = _position(conn)
    found, last, facts = lives.told(conn, position, BATCH)
    left, came = ids(facts)
    return found, position, last, fold(facts, lives.lives(conn, left), lives.typed(conn, came))


def _count(conn: Connection, since: int, position: int, tally: dict[Key, int]) -> None:
    """Together, or not at all; and not what another has counted meanwhile."""
    if journal.move_on(conn, READER, since, position):
        counts.add(conn, tally)
