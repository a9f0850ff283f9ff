"""Whether the hub is well: for load balancers and people, so it needs no token and names nobody. With a token
it tells how the caller's own connections fare."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import ConnectionNotFound
from chatgrow_bot.hub import Connections, Health, Identity, Scope, Vitals
from chatgrow_bot.messages import HealthReport
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route

from .connections import PATH as CONNECTIONS
from .models.health import ConnectionHealth, HealthAnswer, HealthDetails, ProcessHealth
from .replies import reply, tenant_of

_DOC = Doc(tag="Health", answer=HealthAnswer, answers={503: HealthAnswer}, also=(401, 403))
_ONE = Doc(tag="Health", answer=ConnectionHealth)


class HealthRoutes:
    """/health, the same under /api/whatsapp, and /health of a connection."""

    def __init__(self, health: Health, connections: Connections) -> None:
        self._health = health
        self._connections = connections

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        for path in ("/health", "/api/whatsapp/health"):
            yield Route(
                method="GET",
                path=path,
                handler=self.show,
                access=Access.PUBLIC,
                scope=Scope.READ,
                doc=_DOC,
            )
        yield Route(
            method="GET",
            path=f"{CONNECTIONS}/{{connection_id}}/health",
            handler=self.show_one,
            access=Access.VIEWER,
            scope=Scope.READ,
            doc=_ONE,
        )

    async def show(self, request: web.Request) -> web.Response:
        """Whether every check passes: 200, else 503.

        A token is not needed. With one, `details` tell how the caller's own connections fare; one that is not
        good is refused, so that nobody takes the short answer for the long one.
        """
        checks = dict(await self._health.checks())
        well, who = all(checks.values()), request.get(IDENTITY)
        return reply(
            HealthAnswer(
                status="ok" if well else "failing",
                checks=checks,
                details=await self._details(who) if who else None,
            ),
            status=200 if well else 503,
        )

    async def _details(self, who: Identity) -> HealthDetails:
        reports = await self._health.reports(who.user_id)
        return HealthDetails(
            connections=[health_shown(each) for each in reports if who.may_use(each.connection_id)],
            process=process_shown(self._health.vitals()),
        )

    async def show_one(self, request: web.Request) -> web.Response:
        """How one connection fares."""
        tenant, name = tenant_of(request), request.match_info["connection_id"]
        await self._connections.get(tenant, name)
        for report in await self._health.reports(tenant):
            if report.connection_id == name:
                return reply(health_shown(report))
        raise ConnectionNotFound(f"There is no connection '{name}'")  # it went meanwhile


def health_shown(report: HealthReport) -> ConnectionHealth:
    """How a connection fares, as its owner sees it."""
    return ConnectionHealth(
        connection_id=report.connection_id,
        state=report.state,
        is_healthy=report.is_healthy,
        can_send_messages=report.can_send,
        can_receive_messages=report.can_receive,
        reason=report.reason,
        heartbeat_age=report.heartbeat_age,
        backlog=report.backlog,
        memory=report.memory,
        cpu=report.cpu,
        checked_at=report.at,
    )


def process_shown(vitals: Vitals) -> ProcessHealth:
    """How the process fares."""
    return ProcessHealth(
        started_at=vitals.started_at, uptime=vitals.uptime, memory=vitals.memory, lag=vitals.lag
    )
