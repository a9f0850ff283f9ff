"""Faults and other news from places that cannot wait for the disk: logged at once, in the journal soon."""

import asyncio
from collections import deque
from contextlib import suppress

import structlog

from .clock import Clock
from .errors import StoreUnavailable
from .messages import Fact, Fault
from .store import journal
from .store.database import Database

#: Seconds between tries when the journal cannot be written.
_PATIENCE = 5.0
#: Facts that wait for it at most; what comes on top is in the log alone.
_MOST = 10_000

log = structlog.get_logger("chatgrow.news")


class Reporter:
    """Takes a fact without waiting."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._facts: deque[Fact] = deque()  #: not yet in the journal
        self._news = asyncio.Event()

    def report(self, fact: Fact) -> None:
        """Take it; it is in the journal soon."""
        if isinstance(fact, Fault):
            log.warning("fault", where=fact.where, connection=fact.connection_id, reason=fact.reason)
        if len(self._facts) < _MOST:
            self._facts.append(fact)
        self._news.set()

    async def run(self) -> None:
        """Write what is reported, until cancelled; then what is left."""
        try:
            while True:
                self._news.clear()
                try:
                    await self._write()
                except StoreUnavailable as error:
                    log.warning("the journal cannot be written yet", cause=error.detail)
                    await self._clock.sleep(_PATIENCE)
                else:
                    await self._news.wait()
        finally:
            with suppress(StoreUnavailable):  # each is in the log all the same
                await self._write()

    async def _write(self) -> None:
        while self._facts:
            fact = self._facts[0]
            try:
                await self._tell(fact)
            except StoreUnavailable:
                raise
            except Exception:  # one that cannot be written at all must not keep the others out
                log.exception("a fact could not be written", fact=type(fact).__name__)
            self._facts.popleft()

    async def _tell(self, fact: Fact) -> None:
        at = self._clock.now()
        await self._db.write(lambda conn: journal.tell(conn, fact, at=at))
