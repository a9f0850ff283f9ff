"""Tells other systems what happens: events of the journal, sent to their endpoints by the rules of
standardwebhooks.com, in order and at least once."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import chain

from chatgrow_bot.plugin import Bot, PersonalData, Plugin, Route, hook
from chatgrow_bot.server.problems import NoSuchRoute

from .config import Config as Settings
from .dispatch import Dispatch
from .personal import personal_data
from .routes import EndpointRoutes
from .routes_delivery import DeliveryRoutes


class Webhooks(Plugin):
    """Sends, and serves what is to be set."""

    Config = Settings
    needs_hub = True

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._dispatch: Dispatch | None = None

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Send for as long as the plugin is on."""
        dispatch = Dispatch(self.bot)
        async with dispatch.running():
            self._dispatch = dispatch
            try:
                yield
            finally:
                self._dispatch = None

    @hook
    def register_routes(self) -> Iterable[Route]:
        """/api/whatsapp/webhooks."""
        topics = (EndpointRoutes(self._open, self.bot), DeliveryRoutes(self._open, self.bot))
        return chain.from_iterable(topic.routes() for topic in topics)

    @hook
    def register_personal_data(self) -> Iterable[PersonalData]:
        """The log of deliveries."""
        return (personal_data(self._flush),)

    async def _flush(self) -> None:
        if self._dispatch:
            await self._dispatch.ledger.flush()

    def _open(self) -> Dispatch:
        if self._dispatch is None:
            raise NoSuchRoute("The plugin is off")
        return self._dispatch
