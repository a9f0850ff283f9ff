"""The endpoints at work: each has a feed of its own, besides one for a replay and one for dead letters while
they are asked for. A slow receiver holds up its own feed and nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random

from chatgrow_bot.background import background
from chatgrow_bot.errors import BadInput, Conflict, NotFound
from chatgrow_bot.hub import EventType, position_of
from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import Fault
from chatgrow_bot.plugin import Bot

from . import records
from .config import Config, Given
from .endpoints import Endpoint, Endpoints, not_found
from .feeds import Feed, Means, Post, line_of
from .ledger import Ledger
from .records import Kind, Place
from .sending import Outcome, Sender, trial
from .tables import STEPS
from .watch import News, Owners

#: Seconds between two looks at what is old enough to go, and before a feed that was interrupted goes on.
_TIDY, _AFTER_A_STALL = 3600.0, 5.0


class UnderWay(Conflict):
    """Wait until it has ended; GET the endpoint shows how far it is."""


class NothingTried(Conflict):
    """There is nothing to skip: GET the endpoint shows the failed tries of what it is at as `attempts`."""


class Disabled(Conflict):
    """POST .../resume enables it again."""


class Dispatch:
    """All of them, for as long as the plugin is on."""

    def __init__(self, bot: Bot) -> None:
        self._bot, self._hub = bot, bot.hub
        self._config: Config = bot.config
        self.endpoints = Endpoints(bot.store, self._hub.vault)
        self.ledger = Ledger(bot, self._hub.clock)
        self._means = Means(
            bot=bot,
            hub=self._hub,
            sender=Sender(bot.http, self._hub.clock, self._config.public_url),
            ledger=self.ledger,
            news=News(bot, self._hub),
            owners=Owners(self._hub),
            chance=Random(),  # noqa: S311 (jitter, not secrets)
        )
        self._posts: dict[str, Post] = {}
        self._feeds: dict[tuple[str, Kind], Feed] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on where everything was, for the time of the block. The plugin's tasks end before it does."""
        await self._bot.store.migrate(*STEPS)
        await self._means.news.begin()
        await self.endpoints.load()
        left_out = {given.id for given in self._config.endpoints if not await self._define(given)}
        known = {(each.tenant, each.id) for each in self.endpoints.all()}
        left_off: dict[tuple[str, Kind], Place] = {}
        for place in await self._bot.store.read(records.all_places):
            if (place.tenant, place.endpoint) in known:
                left_off[place.endpoint, place.feed] = place
            elif place.endpoint not in left_out:  # it stood in chatgrow.yaml once, or was another user's
                await self.ledger.remove(place.tenant, place.endpoint)
        for endpoint in self.endpoints.all():
            await self._begin(endpoint, {kind: left_off.get((endpoint.id, kind)) for kind in Kind})
        self._bot.spawn(self._means.news.run(), "news")
        self._bot.spawn(self.ledger.run(), "ledger")
        self._bot.every(_TIDY, self.ledger.tidy)
        try:
            yield
        finally:
            await self.ledger.flush()

    async def _define(self, given: Given) -> Endpoint | None:
        """One of chatgrow.yaml; None, and a fault, when it cannot be."""
        try:
            self._bot.http.check(given.url)
            owner = await self._hub.accounts.find(given.user)
        except (NotFound, BadInput) as error:
            why = (
                f"there is no user '{given.user}': make him (chatgrow user add {given.user}) or name another "
                "under `user:`, and start again"
                if isinstance(error, NotFound)
                else str(error)
            )
            reason = f"the webhook endpoint '{given.id}' of chatgrow.yaml is left out: {why}"
            self._hub.report(Fault(where=self._bot.name, reason=reason, at=self._hub.clock.now()))
            return None
        return self.endpoints.define(given, owner.user_id)

    async def _begin(self, endpoint: Endpoint, left_off: dict[Kind, Place | None]) -> None:
        live = left_off.get(Kind.LIVE)
        if live is None:
            live = await self._opened(endpoint, Kind.LIVE, await self._hub.events.head())
        self._posts[endpoint.id] = Post(endpoint=endpoint, live=live)
        for place in (live, left_off.get(Kind.REPLAY), left_off.get(Kind.LETTERS)):
            if place:
                self._follow(place)

    async def _opened(self, endpoint: Endpoint, kind: Kind, position: int, until: int | None = None) -> Place:
        place = Place(tenant=endpoint.tenant, endpoint=endpoint.id, feed=kind, position=position, until=until)
        await self._bot.store.write(lambda conn: records.open_place(conn, place))
        return place

    def _follow(self, place: Place) -> None:
        feed = Feed(self._means, self._posts[place.endpoint], place)
        self._feeds[place.endpoint, place.feed] = feed
        self._bot.spawn(self._run(feed), f"{place.feed} of {place.endpoint}")

    async def _run(self, feed: Feed) -> None:
        """Until it comes to its end, or is asked to: whatever else ends it, it goes on from its place."""
        place = feed.place
        try:
            while not feed.ending.is_set():
                try:
                    async with background(feed.follow(), f"webhooks:{place.feed}:{place.endpoint}"):
                        await feed.ending.wait()
                except BaseExceptionGroup as error:  # the watchdog's interrupt is no Exception
                    if (task := asyncio.current_task()) and task.cancelling():
                        raise asyncio.CancelledError from error
                    cause = repr(error.exceptions)
                    self._bot.log.warning("a webhook was cut short", endpoint=place.endpoint, cause=cause)
                    await self._hub.clock.wait(feed.ending, _AFTER_A_STALL)
        finally:
            if self._feeds.get((place.endpoint, place.feed)) is feed:
                del self._feeds[place.endpoint, place.feed]
            feed.ended.set()

    def now(self) -> datetime:
        """The time by the hub's clock."""
        return self._hub.clock.now()

    def post(self, endpoint: Endpoint) -> Post:
        """How an endpoint stands. Raises EndpointNotFound for one that was removed meanwhile."""
        if endpoint.id not in self._posts:
            raise not_found(endpoint.id)
        return self._posts[endpoint.id]

    def is_under_way(self, endpoint: Endpoint, kind: Kind) -> bool:
        """Whether there is such a feed now."""
        return (endpoint.id, kind) in self._feeds

    def behind(self, endpoint: Endpoint) -> int:
        """How many facts of the journal it has still to look at."""
        return max(0, self._means.news.head - self.post(endpoint).live.position)

    def place(self, endpoint: Endpoint, kind: Kind) -> Place | None:
        """Where such a feed is, if there is one now."""
        feed = self._feeds.get((endpoint.id, kind))
        return feed.place if feed else None

    async def make(
        self,
        tenant: str,
        url: str,
        description: str,
        events: Collection[EventType] | None,
        connections: Collection[str] | None,
    ) -> tuple[Endpoint, str]:
        """A new endpoint, which hears what happens from now on, and its secret. Raises TooManyEndpoints."""
        head = await self._hub.events.head()
        endpoint, live, secret = await self.endpoints.make(
            tenant, url, description, events, connections, self.now(), head
        )
        self._posts[endpoint.id] = Post(endpoint=endpoint, live=live)
        self._follow(live)
        self.endpoints.admit(endpoint)
        return endpoint, secret

    def changed(self, endpoint: Endpoint) -> None:
        """From now on it is like this. What was tried in vain is tried at once where that may help."""
        post = self.post(endpoint)
        old, post.endpoint = post.endpoint, endpoint
        if not endpoint.sends_as(old):
            self._begin_anew(post)

    def _begin_anew(self, post: Post) -> None:
        for (name, _), feed in self._feeds.items():
            if name == post.endpoint.id:
                feed.place.begin_anew()
                self.ledger.mark(feed.place)
        post.wake()

    async def remove(self, endpoint: Endpoint) -> None:
        """End it at once: nothing is sent any more when this returns."""
        async with self.post(endpoint).changing:
            feeds = [feed for (name, _), feed in self._feeds.items() if name == endpoint.id]
            for feed in feeds:
                feed.ending.set()
            for feed in feeds:
                await feed.ended.wait()
            try:
                await self.ledger.remove(endpoint.tenant, endpoint.id)
            except BaseException:  # it is there still
                for feed in feeds:
                    self._follow(feed.place)
                raise
            self.endpoints.forget(endpoint)
            self._posts.pop(endpoint.id, None)

    async def resume(self, endpoint: Endpoint) -> None:
        """Enable it, and try at once."""
        post = self.post(endpoint)
        post.live.stopped_at, post.live.stopped_because = None, ""
        self._begin_anew(post)
        await self.ledger.flush()

    async def skip(self, endpoint: Endpoint) -> None:
        """Make a dead letter of what is tried again now, and go on. Raises NothingTried."""
        post, live = self.post(endpoint), self.post(endpoint).live
        event_id, event = live.event_id, None
        if position := position_of(event_id):
            for tenant in (endpoint.tenant, ""):
                event = event or await self._hub.events.one(tenant, position)
        feed = self._feeds.get((endpoint.id, Kind.LIVE))
        if feed is None or event is None or live.event_id != event_id:  # or meanwhile it was taken
            raise NothingTried("No event is tried again now")
        feed.skip(event)
        post.wake()
        await self.ledger.flush()

    async def replay(self, endpoint: Endpoint, after: int, until: int | None) -> None:
        """Bring it once more what lies behind a position, as far as another (now, if there is none). Raises
        UnderWay, Disabled."""
        head = await self._hub.events.head()
        await self._once_more(endpoint, Kind.REPLAY, after, head if until is None else min(until, head))

    async def end_replay(self, endpoint: Endpoint) -> None:
        """End the replay that is under way, if there is one."""
        async with self.post(endpoint).changing:
            feed = self._feeds.get((endpoint.id, Kind.REPLAY))
            if feed is None:
                return
            feed.ending.set()
            await feed.ended.wait()
            try:
                await self.ledger.close(feed.place)
            except BaseException:  # it is there still
                self._follow(feed.place)
                raise

    async def retry_letters(self, endpoint: Endpoint) -> None:
        """Bring it its dead letters once more. Raises UnderWay, Disabled."""
        await self.ledger.flush()
        last = await self._bot.store.read(
            lambda conn: records.last_letter(conn, endpoint.tenant, endpoint.id)
        )
        await self._once_more(endpoint, Kind.LETTERS, 0, last)

    async def _once_more(self, endpoint: Endpoint, kind: Kind, after: int, until: int) -> None:
        post = self.post(endpoint)
        if post.is_stopped:
            raise Disabled(f"The webhook endpoint is disabled: {post.live.stopped_because}")
        async with post.changing:
            self.post(endpoint)  # whether it is still there
            if self.is_under_way(endpoint, kind):
                raise UnderWay("The same is under way already")
            self._follow(await self._opened(endpoint, kind, after, until))

    async def try_out(self, endpoint: Endpoint) -> Outcome:
        """Send it something of no meaning, now. Raises UnderWay."""
        post = self.post(endpoint)
        if post.trying.locked():
            raise UnderWay("A test of this endpoint is under way")
        async with post.trying:
            parcel = trial(endpoint, new_id(), self._hub.clock.now())
            outcome = await self._means.sender.send(endpoint, parcel)
        self.ledger.note(line_of(endpoint, parcel, outcome, 1, "test"))
        return outcome
