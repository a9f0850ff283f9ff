"""The part itself: takes requests in, and does to them what their owners ask. What leaves, and when, is for
the feeder to see to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..background import background
from ..clock import Clock
from ..errors import BatchEnded, BatchNotFound, ConnectionNotFound, IdempotencyMismatch, NothingAccepted
from ..hub import (
    Batch,
    BatchState,
    BulkOrder,
    Progress,
    Rejection,
    RowResult,
    RowState,
    Spool,
    Taken,
)
from ..ids import new_id
from ..logs import current_request
from ..messages import Outbound, State
from ..store import bulk as store
from ..store import bulk_feeding, halts
from ..store import connections as stored_connections
from ..store.bulk import Stored, to_batch
from ..store.database import Database
from .feeder import Feeder, Learner
from .files import Files, Sizes
from .orders import Entry, compare, linked_ids, read, rejections
from .rows import batch_values, row_values
from .standing import Foresight, Refusal, Standing, WayOut, own_times, waits_for

#: Refused rows that an answer lists.
_LISTED = 1000
#: How long an Idempotency-Key is known, as those of messages.
_KEY_KEPT = timedelta(days=7)
#: People asked about in one transaction, at most.
_ASKED = 2048
#: Of these a row is through: it has left, has ended, or a person decides.
_THROUGH = frozenset(
    {
        *(State.SENT, State.DELIVERED, State.READ, State.FAILED, State.EXPIRED, State.CANCELLED),
        *(State.QUARANTINED, RowState.FAILED, RowState.EXPIRED, RowState.CANCELLED),
    }
)

log = structlog.get_logger("chatgrow.bulk")


class Plans(Sizes, Protocol):
    """What the users' plans allow."""

    async def check_bulk(self, tenant: str) -> None:
        """Raises BulkNotAllowed where a plan has no bulk sends."""
        ...


class Bulk:
    """Implements hub.Bulk."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: WayOut,
        gate: Foresight,
        policies: Learner,
        plans: Plans,
        spool: Spool,
        admit: Callable[[], None],
        count: Callable[[Connection, str, datetime, int], None],
        fits: Callable[[Outbound], None],
        refusal: Refusal,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._plans = plans
        self._admit = admit  #: raises StoreUnavailable while nothing new may be promised
        self._count = count  #: for the plan; raises RateLimitExceeded
        self._fits = fits  #: raises BadInput for what cannot be sent
        self._refusal = refusal
        self._files = files = Files(db=db, clock=clock, spool=spool, sizes=plans)
        self._standing = Standing(
            db=db, clock=clock, outbox=outbox, gate=gate, policy=policies.of, refusal=refusal
        )
        self._feeder = Feeder(
            db=db, clock=clock, outbox=outbox, policies=policies, files=files, refusal=refusal
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Feed the queue for the time of the block."""
        async with background(self._feeder.run(), "bulk"):
            yield

    # taking in

    async def check(self, tenant: str, connection_id: str = "") -> None:
        """Whether a request may come at all."""
        await self._plans.check_bulk(tenant)
        if not connection_id:
            return
        if await self._db.read(lambda conn: stored_connections.owner(conn, connection_id)) != tenant:
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")

    async def taken_before(self, tenant: str, key: str, asked: str) -> Taken | None:
        """What came of an earlier request under this key."""
        since = self._clock.now() - _KEY_KEPT
        found = await self._db.read(lambda conn: store.by_key(conn, tenant, key, since))
        return await self._repeated(found, asked) if found else None

    async def take(self, tenant: str, order: BulkOrder, *, key: str | None = None, asked: str = "") -> Taken:
        """Store a request; all of it is on disk when this returns."""
        self._admit()
        await self.check(tenant, order.connection_id)
        if key and (before := await self.taken_before(tenant, key, asked)):
            return before  # what it names may be gone by now
        now = self._clock.now()
        entries = await self._read(tenant, order, now)
        refused = rejections(entries, _LISTED)
        accepted = sum(not entry.reason for entry in entries)
        if not accepted:
            raise NothingAccepted(f"None of {len(entries):,} rows can be sent", rejections=refused)
        values = batch_values(tenant, order, new_id(), now, accepted, len(entries) - accepted)
        values |= {"key": key, "asked": asked, "request_id": current_request()}
        rows = await asyncio.to_thread(row_values, values["id"], entries)
        try:
            await self._db.write(lambda conn: self._store(conn, values, rows))
        except IntegrityError:
            if key and (before := await self.taken_before(tenant, key, asked)):
                return before
            raise
        finally:  # cancelled, it may be stored all the same
            self._feeder.wake()
        log.info("bulk send taken in", batch=values["id"], accepted=accepted, rejected=values["rejected"])
        return await self._promised(to_batch(values), refused)

    async def _read(self, tenant: str, order: BulkOrder, now: datetime) -> Sequence[Entry]:
        entries = await asyncio.to_thread(read, order, now, self._fits)
        lids = linked_ids(entries)
        known = await self._db.read(lambda conn: store.canonical(conn, order.connection_id, lids))
        people = sorted({known.get(entry.chat, entry.chat) for entry in entries if entry.chat})
        out: set[str] = set()
        for start in range(0, len(people), _ASKED):  # of the writer, who knows also who was erased since
            some = people[start : start + _ASKED]
            out |= await self._db.write(partial(store.opted_out, tenant=tenant, people=some))
        await asyncio.to_thread(compare, entries, known, out, order.duplicates)
        await self._files.take_in(tenant, entries)
        return entries

    def _store(self, conn: Connection, values: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
        tenant, name = values["tenant"], values["connection_id"]
        if refused := self._refusal(tenant, name, stored_connections.by_id(conn, {name}).get(name)):
            raise refused
        # First: a repeat counts for nothing.
        store.add(conn, values, rows, values["created_at"] - _KEY_KEPT)
        self._count(conn, tenant, values["created_at"], values["accepted"])

    async def _repeated(self, found: Stored, asked: str) -> Taken:
        if found.asked != asked:
            raise IdempotencyMismatch("This Idempotency-Key was used for another bulk send")
        refused = await self._db.read(lambda conn: store.rejections(conn, found.batch.batch_id, _LISTED))
        return await self._promised(found.batch, refused)

    async def _promised(self, batch: Batch, refused: Sequence[Rejection]) -> Taken:
        """It is promised: a caller who is told of an error sends again."""
        try:
            batch = await self._seen(batch)
        except Exception:
            log.exception("it is not known what a bulk send waits for", batch=batch.batch_id)
        return Taken(batch=batch, rejections=refused, estimated_completion=await self._estimate(batch))

    async def _estimate(self, batch: Batch) -> datetime | None:
        """None while it waits for anything but its own times, and whenever it cannot be found out."""
        running = batch.state
        if running is BatchState.WAITING and batch.reason == own_times(batch, self._clock.now()):
            running = BatchState.RUNNING
        try:
            return await self._standing.completion(replace(batch, state=running))
        except Exception:
            log.exception("no end of a bulk send can be foreseen", batch=batch.batch_id)
            return None

    # looking

    async def list(
        self, tenant: str, limit: int, before: str = "", on: frozenset[str] | None = None
    ) -> Sequence[Batch]:
        """The newest, or the newest before one."""
        found = await self._db.read(lambda conn: store.newest(conn, tenant, limit, before, on))
        return [await self._seen(each.batch) for each in found]

    async def get(self, tenant: str, batch_id: str) -> Batch:
        """One of them."""
        found = await self._db.read(lambda conn: store.get(conn, tenant, batch_id))
        if found is None:
            raise BatchNotFound(f"There is no bulk send '{batch_id}'")
        return await self._seen(found.batch)

    async def _seen(self, batch: Batch) -> Batch:
        """As it is shown: one that runs may wait for something."""
        if batch.state is not BatchState.RUNNING:
            return batch
        now, name = self._clock.now(), batch.connection_id
        view, halt = await self._db.read(
            lambda conn: (stored_connections.by_id(conn, {name}).get(name), halts.get(conn))
        )
        reason = waits_for(batch, view, halt, self._refusal, now)
        return replace(batch, state=BatchState.WAITING, reason=reason) if reason else batch

    async def progress(self, tenant: str, batch_id: str) -> Progress:
        """How far one has come."""
        batch = await self.get(tenant, batch_id)
        counts = await self._db.read(lambda conn: store.counts(conn, batch_id))
        through = sum(count for state, count in counts.items() if state in _THROUGH)
        return Progress(
            batch=batch,
            counts=counts,
            percent=1000 * through // batch.accepted / 10,  # never 100 while a row is left
            estimated_completion=await self._estimate(batch),
        )

    async def results(
        self, tenant: str, batch_id: str, limit: int, after: int = 0, states: frozenset[str] | None = None
    ) -> Sequence[RowResult]:
        """Its rows behind a number, in order."""
        await self.get(tenant, batch_id)
        return await self._db.read(lambda conn: store.results(conn, batch_id, limit, after, states))

    # what their owners ask

    async def pause(self, tenant: str, batch_id: str) -> Progress:
        """Let no more of it leave."""
        at = self._clock.now()
        return await self._turned(
            tenant, batch_id, lambda conn: bulk_feeding.pause(conn, tenant, batch_id, at), BatchState.PAUSED
        )

    async def resume(self, tenant: str, batch_id: str) -> Progress:
        """Let it go on."""
        return await self._turned(
            tenant, batch_id, lambda conn: bulk_feeding.resume(conn, tenant, batch_id), BatchState.RUNNING
        )

    async def cancel(self, tenant: str, batch_id: str) -> Progress:
        """Give up whatever has not left."""
        at, reason = self._clock.now(), f"its bulk send {batch_id} was cancelled"
        return await self._turned(
            tenant,
            batch_id,
            lambda conn: bulk_feeding.cancel(conn, tenant, batch_id, at, reason),
            BatchState.CANCELLED,
        )

    async def _turned(
        self, tenant: str, batch_id: str, work: Callable[[Connection], bool], to: BatchState
    ) -> Progress:
        """Do it, unless that is how it is already."""
        batch = await self.get(tenant, batch_id)
        if not await self._db.write(work):
            found = await self._db.read(lambda conn: store.get(conn, tenant, batch_id))
            if found is None or found.batch.state is not to:
                raise BatchEnded(f"The bulk send is {found.batch.state if found else 'gone'}")
        self._outbox.wake(batch.connection_id)
        self._feeder.wake()
        return await self.progress(tenant, batch_id)
