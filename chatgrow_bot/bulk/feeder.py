"""Hands the rows of bulk sends to the queue: only as many at a time as their connection sends soon, those of
several bulk sends side by side, and none that has to wait for a person, a time or a connection.

Everything it decides by is read from the store, and what it does is one transaction that looks again: however
often it is stopped, begun anew or too late, a row becomes one message.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import BadInput, StoreUnavailable
from ..hub import Batch, BatchState
from ..limits import Policy, windows
from ..messages import Lane, Outbound, Priority
from ..store import bulk_feeding as store
from ..store.bulk import to_carried
from ..store.bulk_feeding import Live
from ..store.database import Database
from ..store.rows import Outgoing, to_media
from .files import Files
from .orders import FARTHEST
from .standing import Refusal, WayOut, comes

#: Seconds of sending that are in the queue ahead, and messages: at least, at most.
_AHEAD, _FEWEST, _MOST = 20.0, 2, 200
#: Messages of one bulk send that may be held for quiet hours, before it waits for them.
_MOST_HELD = 200
#: Seconds after which it looks without having been woken; and between two looks, at least, and as a multiple
#: of what a look takes.
_POLL, _BREATH, _TIMES = 5.0, 0.05, 4.0
#: Seconds before it looks again after a failure.
_AFTER_A_FAULT = 5.0

log = structlog.get_logger("chatgrow.bulk")


class Learner(Protocol):
    """Who knows how each connection sends."""

    async def learn(self, connection_id: str | None = None) -> None:
        """Know the owners' plans as they are."""
        ...

    def of(self, connection_id: str) -> Policy:
        """How this connection sends."""
        ...


class Feeder:
    """Feeds the queue."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: WayOut,
        policies: Learner,
        files: Files,
        refusal: Refusal,
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._policies = policies
        self._files = files
        self._refusal = refusal
        self._news = asyncio.Event()
        self._is_idle = False  #: there was nothing to feed, so commits are no news
        self._is_woken = False  #: somebody stored one since it looked
        db.on_commit(self._committed)

    def wake(self) -> None:
        """There may be something to feed."""
        self._is_idle, self._is_woken = False, True
        self._news.set()

    def _committed(self) -> None:
        if not self._is_idle:
            self._news.set()

    async def run(self) -> None:
        """Feed until cancelled."""
        async with asyncio.TaskGroup() as fetching:
            while True:
                self._news.clear()
                began, wait = asyncio.get_running_loop().time(), _AFTER_A_FAULT
                try:
                    wait = await self._look(fetching)
                except StoreUnavailable as error:
                    log.warning("bulk sends wait for the store", cause=error.detail)
                    self._news.clear()
                    began = asyncio.get_running_loop().time()  # what that took says nothing of a look
                except Exception:  # whatever it was, the hub must not end with it
                    log.exception("bulk sends are looked at again")
                    self._news.clear()
                took = asyncio.get_running_loop().time() - began
                await self._clock.sleep(max(_BREATH, min(_POLL, _TIMES * took)))
                await self._clock.wait(self._news, wait)

    async def _look(self, fetching: asyncio.TaskGroup) -> float:
        """Do for each what is to be done now; seconds until there may be more."""
        self._is_woken = False  # whoever stores one from now on says so
        found = await self._db.read(store.live)
        self._is_idle = not (found or self._is_woken)
        if not found:
            return _POLL
        await self._policies.learn()
        if done := [live.stored.batch.batch_id for live in found if live.ahead.at_rest]:
            await self._db.write(lambda conn: store.settle(conn, done))
        now = self._clock.now()
        for live in found:
            try:
                await self._tend(live, now, fetching)
            except StoreUnavailable:
                raise
            except Exception:  # the others go on
                log.exception("a bulk send is looked at again", batch=live.stored.batch.batch_id)
        return min(_POLL, *(_seconds_to_change(live.stored.batch, now) for live in found))

    async def _tend(self, live: Live, now: datetime, fetching: asyncio.TaskGroup) -> None:
        batch, name = live.stored.batch, live.stored.batch.batch_id
        is_left = live.waits or live.has_files
        if batch.expires_at and batch.expires_at <= now and is_left:
            await self._db.write(lambda conn: store.expire(conn, name))
        elif not is_left and not (live.ahead.ready or live.ahead.held):
            await self._db.write(lambda conn: store.complete(conn, name, now))
        elif batch.state is not BatchState.RUNNING or (not is_left and not batch.hours):
            return
        elif refused := self._refusal(batch.tenant, batch.connection_id, live.connection):
            await self._stands_still(live, refused.detail, now)
        elif comes(batch, now) > now:
            await self._take_back(live, now)
        else:
            if batch.reason:
                await self._db.write(lambda conn: store.stand_still(conn, live.stored, "", now))
            await self._feed(live, now, fetching)

    async def _stands_still(self, live: Live, reason: str, now: datetime) -> None:
        batch, view = live.stored.batch, live.connection
        if view is None or view.tenant != batch.tenant:  # else it is told where the connection goes
            which = (batch.tenant, batch.connection_id, batch.batch_id)
            await self._db.write(lambda conn: store.fail(conn, *which, now, reason))
        elif batch.reason != reason:
            await self._db.write(lambda conn: store.stand_still(conn, live.stored, reason, now))

    async def _take_back(self, live: Live, now: datetime) -> None:
        if live.ahead.untouched:
            batch = live.stored.batch
            reason = f"the hours of its bulk send {batch.batch_id} are over; the row waits for the next"
            await self._db.write(lambda conn: store.take_back(conn, batch.batch_id, now, reason))
            self._outbox.wake(batch.connection_id)

    async def _feed(self, live: Live, now: datetime, fetching: asyncio.TaskGroup) -> None:
        batch = live.stored.batch
        room = _room(live, self._policies.of(batch.connection_id))
        if room <= 0:
            return
        if live.waits:
            found = await self._db.read(lambda conn: store.next_rows(conn, batch.batch_id, room))
            room -= len(found)
            if await self._fed(live, found, now):
                self._outbox.wake(batch.connection_id)
        if live.has_files and (room := min(room, self._files.room(batch.batch_id))) > 0:
            most = room + self._files.under_way(batch.batch_id)
            for row in await self._db.read(lambda conn: store.next_files(conn, batch.batch_id, most)):
                if room > 0 and self._files.begin(fetching, batch.tenant, batch.batch_id, row):
                    room -= 1

    async def _fed(self, live: Live, found: Sequence[Any], now: datetime) -> bool:
        batch_id, drafts, faults = live.stored.batch.batch_id, {}, {}
        for row in found:
            try:
                drafts[int(row.number)] = self._draft(live, row, now)
            except BadInput as error:  # it was fit to be sent once, by another version
                faults[int(row.number)] = error.detail

        def work(conn: Connection) -> bool:
            for number, reason in faults.items():
                store.refuse(conn, batch_id, number, reason)
            return store.feed(conn, batch_id, drafts)

        return await self._db.write(work)

    def _draft(self, live: Live, row: Any, now: datetime) -> Outgoing:
        stored = live.stored
        batch, carried = stored.batch, row if row.own else stored
        message = Outbound(
            to=row.chat,
            text=row.text,
            media=to_media(carried.media),
            payload=to_carried(carried.payload),
            priority=Priority.LOW,
            # Without its own it waits as long as it takes: its row would be lost with the queue's.
            ttl=FARTHEST if batch.expires_at is None else batch.expires_at - now,
            because=f"bulk {batch.batch_id} row {row.number}",
        )
        draft = partial(self._outbox.draft, batch.tenant, batch.connection_id)
        made = draft(message, source="bulk", lane=Lane.SEND)
        return replace(made, delivery=replace(made.delivery, request_id=stored.request_id))


def _room(live: Live, policy: Policy) -> int:
    """How many more may be in the queue now. Not one by one where many go fast: each look costs something."""
    mean, first = policy.paces[Lane.SEND].mean, policy.first_contacts
    most = min(_MOST, max(_FEWEST, int(_AHEAD / mean))) if mean > 0 else _MOST
    ready, held = live.ahead.ready, live.ahead.held
    if live.ahead.promised or policy.warm_up or first.windows:
        # Each that has a place of its own puts off all that come after it.
        return min(_FEWEST - ready - live.ahead.promised, _MOST_HELD - held)
    room = min(most - ready, _MOST_HELD - held)
    return room if room >= most // 4 else 0


def _seconds_to_change(batch: Batch, now: datetime) -> float:
    """Until it begins, its hours begin or end, or its time to live ends."""
    moments = [comes(batch, now)]
    if batch.hours and moments[0] <= now:
        moments.append(windows.closes(batch.hours, now))
    if batch.expires_at:
        moments.append(batch.expires_at)
    ahead = [(moment - now) / timedelta(seconds=1) for moment in moments if moment > now]
    return min(ahead, default=_POLL)
