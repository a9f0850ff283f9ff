"""A feed: brings an endpoint its events, in order, one at a time, each until it is taken or refused. It knows
its place, so that a restart goes on where it was, and it never ends silently."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chatgrow_bot.hub import Event, Hub, Told
from chatgrow_bot.messages import Fault
from chatgrow_bot.plugin import Bot

from . import records
from .endpoints import Endpoint
from .ledger import Ledger
from .records import Kind, Letter, Line, Place
from .schedule import JITTER, LONGEST, Verdict, wait_after
from .sending import Outcome, Parcel, Sender
from .watch import News, Owners

#: Events read at once; seconds after which one looks without being called, and before going on after an error
#: of our own.
_BATCH, _POLL, _AFTER_AN_ERROR = 100, 5.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every feed works with."""

    bot: Bot
    hub: Hub
    sender: Sender
    ledger: Ledger
    news: News
    owners: Owners
    chance: Random


@dataclass(slots=True, kw_only=True)
class Post:
    """An endpoint, as all of its feeds see it."""

    endpoint: Endpoint
    live: Place
    woken: asyncio.Event = field(default_factory=asyncio.Event)  #: set when something about it has changed
    trying: asyncio.Lock = field(default_factory=asyncio.Lock)  #: held by the test button
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)  #: held while a feed is added

    @property
    def is_stopped(self) -> bool:
        """Whether it is disabled."""
        return self.live.stopped_at is not None

    def wake(self) -> None:
        """Have its feeds look again."""
        self.woken.set()
        self.woken = asyncio.Event()


class Feed:
    """One of an endpoint's."""

    def __init__(self, means: Means, post: Post, place: Place) -> None:
        self._means = means
        self._post = post
        self.place = place
        self.ending = asyncio.Event()  #: set to end it
        self.ended = asyncio.Event()  #: set once nothing is sent any more

    async def follow(self) -> None:
        """Bring what there is and what comes; a live one until cancelled, others to their end."""
        while await self._went_on():
            pass
        self.ending.set()

    async def _went_on(self) -> bool:
        try:
            return await self._step()
        except Exception as error:  # whatever it is, a feed that ended would leave its receiver without news
            self._means.bot.log.exception(
                "a webhook cannot go on yet", endpoint=self.place.endpoint, error=type(error).__name__
            )
            await self._means.hub.clock.sleep(_AFTER_AN_ERROR)
            return True

    async def _step(self) -> bool:
        """Bring some of what there is, or wait for it; whether there may be more."""
        means, place, clock = self._means, self.place, self._means.hub.clock
        news, woken = means.news.next(), self._post.woken
        owner = await means.owners.of(place.tenant)
        if self._post.is_stopped or owner is None or owner.disabled:
            await clock.wait(woken, _POLL)
            return True
        if rest := self._rest():
            await clock.wait(woken, rest)
            return True
        await self._look_for_a_gap()
        told = await (self._letters() if place.feed is Kind.LETTERS else self._facts(owner.sees_hub))
        for event in told.events:
            owner = await means.owners.of(place.tenant)  # a slow receiver is told these for long
            if owner is None or owner.disabled or not await self._bring(event, owner.sees_hub):
                return True
        has_moved = told.position > place.position
        self._move(told.position)
        if place.until is not None and told.position >= place.until:
            await means.ledger.close(place)
            return False
        if not (told.events or has_moved):
            await clock.wait(news, _POLL)
        return True

    def _rest(self) -> float:
        """Seconds until the next try may be. A time further off than any wait was set by another clock."""
        if self.place.next_at is None:
            return 0.0
        rest = (self.place.next_at - self._means.hub.clock.now()).total_seconds()
        return rest if 0 < rest <= LONGEST * (1 + JITTER) else 0.0

    async def _facts(self, hub_too: bool) -> Told:
        place, events = self.place, self._means.hub.events
        if place.until is None and place.position >= self._means.news.head:
            return Told(events=(), position=place.position)
        wish = self._post.endpoint.wish(hub_too=hub_too)
        told = await events.after(wish, place.position, _BATCH)
        if place.until is None or place.position < told.position < place.until:
            return told
        # all that it was to bring has been looked at, or there is nothing more behind its place
        within = [each for each in told.events if each.position <= place.until]
        return Told(events=within, position=place.until)

    async def _letters(self) -> Told:
        """The next dead letters; what is no longer in the journal stays one."""
        place, until = self.place, self.place.until or 0
        await self._means.ledger.flush()
        found = await self._means.bot.store.read(
            lambda conn: records.dead(conn, place.tenant, place.endpoint, place.position, _BATCH, until)
        )
        events = [await self._means.hub.events.one(each.event_tenant, each.position) for each in found]
        position = found[-1].position if len(found) == _BATCH else until
        return Told(events=[event for event in events if event], position=position)

    async def _bring(self, event: Event, hub_too: bool) -> bool:
        """One event, once; whether it is done with, and the next may follow."""
        means, place, endpoint = self._means, self.place, self._post.endpoint
        if self._post.is_stopped:
            return False
        # a dead letter that is no longer wanted stays one; it is, whatever types are wanted now
        any_type = place.feed is Kind.LETTERS
        if endpoint.wish(hub_too=hub_too, any_type=any_type).meets(event):
            attempt = place.attempts + 1 if place.event_id == event.id else 1
            parcel = means.sender.parcel(event)
            outcome = await means.sender.send(endpoint, parcel)
            means.ledger.note(line_of(endpoint, parcel, outcome, attempt, place.feed.value))
            if outcome.verdict is not Verdict.DELIVERED and not endpoint.sends_as(self._post.endpoint):
                return False  # it was changed meanwhile: what its former self answers says nothing
            if outcome.verdict is Verdict.GONE:
                await self._stop("it answers 410: it wants nothing more")
                return False
            if outcome.verdict is Verdict.LATER and place.position < event.position:
                await self._later(event, attempt, outcome)
                return False
            self._settle(event, outcome)
        if place.position < event.position:
            place.begin_anew()
            self._move(event.position)
        return True

    def _settle(self, event: Event, outcome: Outcome) -> None:
        place, ledger = self.place, self._means.ledger
        was_skipped = place.position >= event.position  # while it was on its way
        if outcome.verdict is Verdict.REFUSED:
            reason = outcome.reason or f"the receiver answered {outcome.status}"
            ledger.set_aside(letter_of(place, event, outcome.status, reason, outcome.at))
        elif outcome.verdict is Verdict.DELIVERED and (was_skipped or place.feed is Kind.LETTERS):
            ledger.settle(place.tenant, place.endpoint, event.position)

    def skip(self, event: Event) -> None:
        """Set aside what is tried again, and go on behind it."""
        at, reason = self._means.hub.clock.now(), f"it was skipped (failed tries: {self.place.attempts})"
        self._means.ledger.set_aside(letter_of(self.place, event, None, reason, at))
        self.place.begin_anew()
        self._move(event.position)

    async def _later(self, event: Event, attempts: int, outcome: Outcome) -> None:
        """Wait for the next try; after the last one, stop."""
        place = self.place
        place.event_id, place.attempts = event.id, attempts
        wait = wait_after(attempts, outcome.wait, self._means.chance.random())
        if wait is None:
            what = outcome.reason or f"the receiver answered {outcome.status}"
            await self._stop(f"{attempts} tries in a row failed, the last because {what}")
            return
        place.next_at = self._means.hub.clock.now() + timedelta(seconds=wait)
        self._means.ledger.mark(place)

    async def _stop(self, because: str) -> None:
        """Disable the endpoint; its feeds stay where they are."""
        live = self._post.live
        if self._post.is_stopped:
            return  # another feed has just done so
        live.stopped_at, live.stopped_because = self._means.hub.clock.now(), because
        self._means.ledger.mark(live)
        self._means.ledger.mark(self.place)
        self._report(
            f"the webhook endpoint '{live.endpoint}' is disabled: {because}. Nothing is lost; once it is put "
            f"right, POST /api/whatsapp/webhooks/{live.endpoint}/resume goes on from there"
        )
        await self._means.ledger.flush()

    async def _look_for_a_gap(self) -> None:
        """Whether what comes next has been let go unread."""
        place = self.place
        oldest = await self._means.news.oldest()
        if oldest > place.position + 1 and place.feed is not Kind.LETTERS:
            self._report(
                f"events for the webhook endpoint '{place.endpoint}' were let go unread: the journal keeps "
                "no longer what it had not yet been sent"
            )
            self._move(oldest - 1)

    def _move(self, position: int) -> None:
        # never back: it may have been moved on (see `skip`) since somebody looked
        self.place.position = max(self.place.position, position)
        self._means.ledger.mark(self.place)

    def _report(self, reason: str) -> None:
        fault = Fault(
            where=self._means.bot.name,
            reason=reason,
            tenant=self.place.tenant,
            at=self._means.hub.clock.now(),
        )
        self._means.hub.report(fault)


def line_of(endpoint: Endpoint, parcel: Parcel, outcome: Outcome, attempt: int, by: str) -> Line:
    """An attempt, for the log of deliveries."""
    shown: dict[str, Any] = {
        "eventId": parcel.id,
        "type": parcel.type,
        "feed": by,
        "attempt": attempt,
        "host": outcome.host,
        "headers": dict(outcome.headers),
        "body": outcome.body,
        "status": outcome.status,
        "answer": outcome.answer,
        "durationMs": outcome.duration_ms,
        "outcome": outcome.verdict.value,
        "reason": outcome.reason,
    }
    return Line(
        tenant=endpoint.tenant,
        endpoint=endpoint.id,
        connection_id=parcel.connection_id,
        at=outcome.at,
        line=shown,
    )


def letter_of(place: Place, event: Event, status: int | None, reason: str, at: datetime) -> Letter:
    """An event that is set aside."""
    return Letter(
        tenant=place.tenant,
        endpoint=place.endpoint,
        position=event.position,
        event_id=event.id,
        event_tenant=event.tenant,
        connection_id=event.connection_id,
        type=event.type.value,
        status=status,
        reason=reason,
        at=at,
    )
