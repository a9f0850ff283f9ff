"""The hub's figures for Prometheus, at /metrics: for admins, as sums of the whole hub that name nobody."""

from collections.abc import Iterable

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from chatgrow_bot.hub import Scope
from chatgrow_bot.plugin import Access, Bot, Doc, Plugin, Route, hook

from .families import Families
from .snapshot import take

_DOC = Doc(tag="Metrics", types=("text/plain",))


class Metrics(Plugin):
    """Answers a scrape. Everything is read when it is asked for: between scrapes it costs nothing."""

    needs_hub = True

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._families = Families()
        #: This object's own, not the library's for all: two hubs in one process do not mix.
        self._registry = CollectorRegistry()
        self._registry.register(self._families)
        ProcessCollector(registry=self._registry)

    @hook
    def register_routes(self) -> Iterable[Route]:
        """/metrics."""
        yield Route(
            method="GET",
            path="/metrics",
            handler=self.scrape,
            access=Access.ADMIN,
            scope=Scope.METRICS,
            doc=_DOC,
        )

    async def scrape(self, request: web.Request) -> web.Response:
        """The figures of the whole hub, in the text format of Prometheus.

        Sums without names: what is counted goes on through restarts.
        """
        snapshot = await take(self.bot.hub)
        with self._families.showing(snapshot):
            body = generate_latest(self._registry)
        # One format for all: the library's choice by Accept fails on versions that are no numbers.
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
