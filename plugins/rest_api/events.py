"""What happens, told while it happens."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web

from chatgrow_bot.errors import BadInput, ConnectionNotFound, RateLimitExceeded
from chatgrow_bot.hub import Hub, Identity, Scope, Wish, position_of
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query
from chatgrow_bot.server.events import EventStream, event_stream

from .models.events import EventsAsked

PATH = "/api/whatsapp/events"

#: Streams that one user may have open at once.
MOST = 50
#: Events that are sent together, and seconds between two looks for what another process wrote.
_TOGETHER, _LOOK = 250, 2.0
_GAP = json.dumps({"reason": "events in between are no longer kept, or the database was put back"})


class EventRoutes:
    """/api/whatsapp/events."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._open: Counter[str] = Counter()

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        doc = Doc(
            tag="Events",
            query=EventsAsked,
            headers=("Last-Event-ID",),
            types=("text/event-stream",),
            also=(404, 429),
        )
        yield Route(
            method="GET", path=PATH, handler=self.stream, access=Access.VIEWER, scope=Scope.READ, doc=doc
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """What happens from now on, or after the event in Last-Event-ID, as server-sent events.

        Each has an `id`, its type as `event`, and in `data` the JSON that webhooks are sent too: `id`,
        `type`, `timestamp`, `data`. The event `gap` says that some were passed over which are no longer kept,
        `ended` that the login is over. Who reads too slowly is cut off, and misses nothing when he comes
        again.
        """
        who, asked = request[IDENTITY], read_query(request, EventsAsked)
        wish = await self._wish(who, asked)
        after = _last_seen(request) if asked.after is None else asked.after
        head = await self._hub.events.head()  # whoever sees the answer begin misses nothing from then on
        with self._counted(who.user_id):
            async with event_stream(request) as stream:
                if after is None:
                    stream.add_place(f"{head}-")
                elif not await self._hub.events.oldest() - 1 <= after <= head:
                    stream.add("gap", _GAP)
                await stream.flush()
                await self._tell(stream, wish, head if after is None else min(after, head))
        return stream.response

    async def _wish(self, who: Identity, asked: EventsAsked) -> Wish:
        connections = who.connections
        if name := asked.connection_id:
            await self._hub.connections.get(who.user_id, name)
            if not who.may_use(name):
                raise ConnectionNotFound(f"There is no connection '{name}'")
            connections = frozenset({name})
        return Wish(tenant=who.user_id, hub_too=who.sees_all, types=asked.types, connections=connections)

    @contextmanager
    def _counted(self, user_id: str) -> Iterator[None]:
        if self._open[user_id] >= MOST:
            raise RateLimitExceeded(f"{MOST} streams of yours are open already", retry_after=60)
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1

    async def _tell(self, stream: EventStream, wish: Wish, position: int) -> None:
        events, goes_on = self._hub.events, True
        while goes_on:
            news = events.news()
            told = await events.after(wish, position, _TOGETHER)
            for event in told.events:
                stream.add(event.type, event.json, event.id)
                if stream.is_full:
                    await stream.flush()
            if told.position > position:
                position = told.position
                await stream.flush()
            else:
                goes_on = await stream.wait(news, _LOOK)


def _last_seen(request: web.Request) -> int | None:
    given = request.headers.get("Last-Event-ID")
    if not given:
        return None
    position = position_of(given)
    if position is None:
        raise BadInput("Last-Event-ID is the id of an event, as it was told")
    return position
