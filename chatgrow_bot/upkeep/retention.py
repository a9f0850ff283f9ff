"""Lets go of what is old, a little at a time, so that nobody waits for it: first it is counted and said, then
it goes in transactions of a few rows each, with a breath between them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from ..clock import Clock
from ..messages import Fact, Fault
from ..store import retention as store
from ..store.database import Database
from ..store.traces import PAGES_KEPT

#: How long an Idempotency-Key is remembered, and the id of a message from outside: its sender may try again
#: for days, with a fresh signature.
KEYS_KEPT = timedelta(days=7)
#: How long figures are kept, at least: who asks for those of 90 days gets all of them.
FIGURES_KEPT = timedelta(days=100)
#: The same of those by rule, team and agent: a month can be held against that of the year before.
TALLIES_KEPT = timedelta(days=400)
#: Rows of a kind that one run removes at most (the rest waits for the next), and seconds between two
#: transactions.
_MOST, _BREATH = 50_000, 0.05
#: A reader that misses facts is told of once in so long.
_TELL_AGAIN = timedelta(days=1)

log = structlog.get_logger("chatgrow.upkeep")


class Files(Protocol):
    """The files that messages name."""

    async def expire(self, now: datetime) -> int:
        """Forget uploads whose time is over."""
        ...

    async def forget(
        self,
        before: datetime,
        named: Callable[[str, Collection[str]], Awaitable[Collection[str]]],
        *,
        rehearse: bool = False,
    ) -> int:
        """Remove what was named last before then, and by no message; how many."""
        ...


class Retention:
    """What is kept, and for how long. Consent is kept for good."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        kept: timedelta,
        dull: timedelta,
        report: Callable[[Fact], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._kept = kept
        self._dull = dull  #: how long traces are kept in which nothing matched and nothing failed
        self._report = report
        self._told: dict[str, datetime] = {}  #: when a reader's loss was last told

    async def run(self, now: datetime, files: Files) -> None:
        """One run. Raises StoreUnavailable, OSError; the next one takes up what is left."""
        before = now - self._kept
        found = {kind: await self._find(kind, now) for kind in store.KINDS}
        idle = await files.forget(before, self._named, rehearse=True)
        counted = {kind.name: len(keys) for kind, keys in found.items()} | {"files": idle}
        if not any(counted.values()):
            return
        log.info("what is old enough to go", before=before.isoformat(), **counted)
        if facts := found[store.FACTS]:
            await self._pass_by(max(facts), now)
        gone = {kind.name: await self._remove(kind, keys, now) for kind, keys in found.items()}
        gone["files"] = await files.forget(before, self._named)
        log.info("what is old has gone", **gone)

    def _before(self, kind: store.Kind, now: datetime) -> datetime:
        if kind is store.COUNTS:
            return now - max(FIGURES_KEPT, self._kept)
        if kind is store.TALLIES:
            return now - max(TALLIES_KEPT, self._kept)
        if kind is store.DULL:
            return now - self._dull
        if kind is store.PAGES:
            return now - PAGES_KEPT
        return now - (KEYS_KEPT if kind in (store.KEYS, store.USES, store.SPENT) else self._kept)

    async def _find(self, kind: store.Kind, now: datetime) -> Sequence[Any]:
        before = self._before(kind, now)
        return await self._db.read(lambda conn: kind.find(conn, before, _MOST))

    async def _remove(self, kind: store.Kind, keys: Sequence[Any], now: datetime) -> int:
        before, gone = self._before(kind, now), 0
        for start in range(0, len(keys), kind.at_once):
            some = keys[start : start + kind.at_once]
            gone += await self._db.write(lambda conn, some=some: kind.remove(conn, some, before))  # type: ignore[misc]
            await self._clock.sleep(_BREATH)
        return gone

    async def _named(self, tenant: str, hashes: Collection[str]) -> Collection[str]:
        return await self._db.read(lambda conn: store.named_files(conn, tenant, hashes))

    async def _pass_by(self, position: int, now: datetime) -> None:
        """Say it when a reader has not read what is about to go."""
        missed = await self._db.write(lambda conn: store.pass_by(conn, position))
        for reader, count in missed.items():
            log.warning("facts go unread", reader=reader, facts=count)
            if count and now - self._told.get(reader, datetime.min.replace(tzinfo=now.tzinfo)) >= _TELL_AGAIN:
                self._told[reader] = now
                days = self._kept.days
                reason = f"'{reader}' has not read {count} facts in {days} days; they are let go unread"
                self._report(Fault(where="retention", reason=reason, at=now))
