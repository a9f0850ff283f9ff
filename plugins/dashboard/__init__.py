"""The dashboard: pages for people, in a browser, behind a login. It shows what the core's parts say and calls
what they offer; the pages themselves are plain HTML, and a small library swaps in what the server sends."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import chain

from pydantic import Field

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config import Seconds
from chatgrow_bot.messages import ConnectionChange, HealthReport
from chatgrow_bot.plugin import Access, Bot, Plugin, PluginConfig, Route, hook

from .connections import ConnectionRoutes
from .linking import LinkRoutes
from .news import News
from .pages import PATH, Frame
from .session import SessionRoutes


class Config(PluginConfig):
    """What may be set."""

    login_lasts: Seconds = Field(
        default=12 * 3600,
        ge=900,
        le=30 * 86_400,
        description="Seconds after which one logs in again, even on a page that stays open.",
    )


class Dashboard(Plugin):
    """Shows the hub to people."""

    Config = Config
    needs_hub = True

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._frame = Frame()
        self._news = News()

    @hook
    def register_routes(self) -> Iterable[Route]:
        """All pages, by topic."""
        hub, lasting = self.bot.hub, timedelta(seconds=self.bot.config.login_lasts)
        files = Route(
            method="GET",
            path=f"{PATH}/static/{{name}}",
            handler=self._frame.assets.serve,
            access=Access.PUBLIC,
        )
        topics = (
            SessionRoutes(hub.accounts, self._frame, self._news, lasting),
            ConnectionRoutes(hub.connections, self._frame, self._news, SystemClock()),
            LinkRoutes(hub.connections, self._frame, self._news),
        )
        return chain((files,), chain.from_iterable(topic.routes() for topic in topics))

    @hook
    async def on_connection(self, change: ConnectionChange) -> None:
        """Show it."""
        self._news.ring(change.tenant)

    @hook
    async def on_health(self, report: HealthReport) -> None:
        """Show it."""
        self._news.report(report)
