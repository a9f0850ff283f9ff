"""Faults and other news from places that cannot wait for the disk: logged at once, in the journal soon."""

import asyncio
from collections.abc import Sequence

import structlog

from .clock import Clock
from .errors import StoreUnavailable
from .messages import Fact, Fault
from .store import journal
from .store.database import Database

#: Seconds between tries when the journal cannot be written.
_PATIENCE = 5.0

log = structlog.get_logger("chatgrow.news")


class Reporter:
    """Takes a fact without waiting."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._news: asyncio.Queue[Fact] = asyncio.Queue()

    def report(self, fact: Fact) -> None:
        """Take it; it is in the journal soon."""
        if isinstance(fact, Fault):
            log.warning("fault", where=fact.where, connection=fact.connection_id, reason=fact.reason)
        self._news.put_nowait(fact)

    async def run(self) -> None:
        """Write what is reported, until cancelled."""
        while True:
            facts = [await self._news.get()]
            while not self._news.empty():
                facts.append(self._news.get_nowait())
            await self._write(facts)

    async def _write(self, facts: Sequence[Fact]) -> None:
        at = self._clock.now()
        while True:
            try:
                return await self._db.write(lambda conn: journal.tell(conn, *facts, at=at))
            except StoreUnavailable:
                log.exception("the journal cannot be written yet")
                await self._clock.sleep(_PATIENCE)
