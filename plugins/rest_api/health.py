"""Whether the hub is well: for load balancers and people, so it needs no token and names nobody."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.hub import Health
from chatgrow_bot.plugin import Access, Route

from .models.health import HealthAnswer
from .replies import reply


class HealthRoutes:
    """/health, and the same under /api/whatsapp."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        for path in ("/health", "/api/whatsapp/health"):
            yield Route(method="GET", path=path, handler=self.show, access=Access.PUBLIC)

    async def show(self, request: web.Request) -> web.Response:
        """200 when every check passes, else 503."""
        checks = dict(await self._health.checks())
        well = all(checks.values())
        return reply(
            HealthAnswer(status="ok" if well else "failing", checks=checks), status=200 if well else 503
        )
