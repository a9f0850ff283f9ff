"""What all feeds look at, looked at once for all of them: whether there is news, and who an owner is now."""

import asyncio
from dataclasses import dataclass

from chatgrow_bot.errors import NotFound
from chatgrow_bot.hub import Hub, Role, Wish
from chatgrow_bot.plugin import Bot

#: Seconds after which one looks without being called, before going on after an error, and for which what is
#: known of an owner is good.
_POLL, _AFTER_AN_ERROR, _KNOWN = 5.0, 5.0, 1.0
_NONE = Wish(tenant="", types=())


class News:
    """How far the journal was read. Most commits bring no news, and a hundred feeds need not find that out
    each for itself; and what one has read, all have in memory."""

    def __init__(self, bot: Bot, hub: Hub) -> None:
        self._bot = bot
        self._hub = hub
        self._news = asyncio.Event()
        self.head = 0  #: all up to this position has been read; what is behind it will be told
        self._oldest, self._oldest_at = 0, -_KNOWN
        self._looking = asyncio.Lock()

    def next(self) -> asyncio.Event:
        """An event that is set when there is more; ask for it before the look that it follows."""
        return self._news

    async def begin(self) -> None:
        """Look from here on."""
        self.head = await self._hub.events.head()

    async def _look(self) -> bool:
        """Look now; whether there was anything."""
        told = await self._hub.events.after(_NONE, self.head, 1)
        if told.position == self.head:
            return False
        self.head = told.position
        self._news.set()
        self._news = asyncio.Event()
        return True

    async def oldest(self) -> int:
        """The position of the oldest that is kept, as of a second ago."""
        async with self._looking:  # one looks, also when all feeds ask at once
            now = self._hub.clock.monotonic()
            if now - self._oldest_at >= _KNOWN:
                self._oldest, self._oldest_at = await self._hub.events.oldest(), now
            return self._oldest

    async def run(self) -> None:
        """Look at every commit, until cancelled."""
        while True:
            try:
                news = self._hub.events.news()
                if not await self._look():
                    await self._hub.clock.wait(news, _POLL)
            except (asyncio.CancelledError, KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # a stall, too, which is no Exception
                self._bot.log.warning("webhooks cannot look for news yet", cause=repr(error))
                await self._hub.clock.sleep(_AFTER_AN_ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose an endpoint is."""

    disabled: bool
    sees_hub: bool  #: whether the hub's own faults concern him
    known_at: float


class Owners:
    """Who they are, as of a second ago."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: dict[str, Owner] = {}
        self._looking = asyncio.Lock()

    async def of(self, tenant: str) -> Owner | None:
        """One; None when there is no such user any more."""
        async with self._looking:  # one looks, also when all feeds of a user ask at once
            now, known = self._hub.clock.monotonic(), self._known.get(tenant)
            if known is None or now - known.known_at >= _KNOWN:
                try:
                    user = await self._hub.accounts.user(tenant)
                except NotFound:
                    return None
                known = Owner(disabled=user.disabled, sees_hub=user.role is Role.ADMIN, known_at=now)
                self._known[tenant] = known
            return known
