"""Figures: what was sent and received, how fast, what failed, how everything stands."""

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from chatgrow_bot.errors import ConnectionNotFound, NotAllowed
from chatgrow_bot.hub import (
    Backlog,
    ConnectionFigures,
    Counted,
    Counts,
    Hub,
    Identity,
    Scope,
    Timed,
    Times,
)
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .connections import PATH as CONNECTIONS
from .health import health_shown, process_shown
from .models.stats import (
    BacklogShown,
    ConnectionStats,
    ConnectionStatsShown,
    CountsShown,
    DaysAsked,
    Happened,
    LaneShown,
    StatsAsked,
    StatsShown,
    TimesShown,
    UptimeShown,
)
from .queue import by_state
from .replies import reply, tenant_of
from .usage import usage_shown

PATH = "/api/whatsapp/stats"

_TAG = "Statistics"
_ALL = Doc(tag=_TAG, query=StatsAsked, answer=StatsShown, also=(404,))
_ONE = Doc(tag=_TAG, query=DaysAsked, answer=ConnectionStatsShown)


class StatsRoutes:
    """/api/whatsapp/stats, and /stats of a connection."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one = f"{CONNECTIONS}/{{connection_id}}/stats"
        for path, handler, doc in ((PATH, self.show, _ALL), (one, self.show_one, _ONE)):
            yield Route(
                method="GET", path=path, handler=handler, access=Access.VIEWER, scope=Scope.READ, doc=doc
            )

    async def show(self, request: web.Request) -> web.Response:
        """The figures of all of the caller's connections together, and of each.

        All that was answered before is counted; what waits is counted once a second. A key that is bound to
        some connections sees those alone.
        """
        asked, who = read_query(request, StatsAsked), request[IDENTITY]
        if asked.all and not who.sees_all:
            raise NotAllowed("The figures of all users are for admins")
        tenant = None if asked.all else tenant_of(request)
        only = who.connections
        if asked.connection is not None:
            only = await self._only(who, asked.all, asked.connection)
        found = await self._hub.stats.figures(tenant, days=asked.days, only=only)
        if asked.connection is not None and not found.connections:
            raise ConnectionNotFound(f"There is no connection '{asked.connection}'")
        limits = await self._hub.plans.usage(tenant) if tenant and who.connections is None else None
        return reply(
            StatsShown(
                since=found.since,
                days=asked.days,
                total=Happened(**_happened(found.total)),
                backlog=_backlog(Backlog.together(each.backlog for each in found.connections)),
                connections=[_connection(each) for each in found.connections],
                limits=usage_shown(limits) if limits else None,
                process=process_shown(self._hub.health.vitals()),
            )
        )

    async def _only(self, who: Identity, all_users: bool, connection_id: str) -> frozenset[str]:
        """This one, if the caller may see it. Raises ConnectionNotFound."""
        if not who.may_use(connection_id):
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")
        if not all_users:
            await self._hub.connections.get(who.user_id, connection_id)
        return frozenset({connection_id})

    async def show_one(self, request: web.Request) -> web.Response:
        """The figures of one connection."""
        asked, name = read_query(request, DaysAsked), request.match_info["connection_id"]
        await self._hub.connections.get(tenant_of(request), name)
        found = await self._hub.stats.figures(tenant_of(request), days=asked.days, only={name})
        for each in found.connections:
            return reply(ConnectionStatsShown(since=found.since, days=asked.days, **_figures(each)))
        raise ConnectionNotFound(f"There is no connection '{name}'")  # it went meanwhile


def _connection(figures: ConnectionFigures) -> ConnectionStats:
    return ConnectionStats(**_figures(figures))


def _figures(figures: ConnectionFigures) -> dict[str, Any]:
    return {
        **_happened(figures.counts),
        "connection_id": figures.connection_id,
        "pacing": {
            lane.value: LaneShown(
                used_today=use.used, slots_a_day=use.a_day, share=use.share, next_slot=use.next_slot
            )
            for lane, use in figures.lanes.items()
        },
        "backlog": _backlog(figures.backlog),
        "uptime": UptimeShown(
            online_today=figures.online_today,
            online=figures.counts.online,
            online_since=figures.online_since,
        ),
        "health": health_shown(figures.health),
    }


def _happened(counts: Counts) -> dict[str, Any]:
    return {
        "counts": CountsShown(**{each.value: counts.done.get(each, 0) for each in Counted}),
        "success_rate": counts.success_rate,
        "processing_time": _times(counts.times[Timed.PROCESSING]),
        "time_to_sent": _times(counts.times[Timed.TO_SENT]),
        "time_to_delivered": _times(counts.times[Timed.TO_DELIVERED]),
        "failures_by_reason": dict(counts.failures),
    }


def _times(times: Times) -> TimesShown:
    p50, p95 = times.quantile(0.5), times.quantile(0.95)
    return TimesShown(count=times.count, mean=times.mean, p50=p50, p95=p95)


def _backlog(backlog: Backlog) -> BacklogShown:
    return BacklogShown(by_state=by_state(backlog), oldest_waiting=backlog.oldest_waiting)
