"""What the caller's plan allows, and how much of it is used."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import NotAllowed
from chatgrow_bot.hub import Plans, Scope, Usage, Used
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route

from .models.usage import ConnectionsUsed, MessagesUsed, SpanShown, UsageShown
from .replies import reply, tenant_of

PATH = "/api/usage"

_USAGE = Doc(tag="Usage", answer=UsageShown)


class WholeUser(NotAllowed):
    """Make a key that is bound to no connections, or log in."""


class UsageRoutes:
    """/api/usage."""

    def __init__(self, plans: Plans) -> None:
        self._plans = plans

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="GET", path=PATH, handler=self.show, access=Access.VIEWER, scope=Scope.READ, doc=_USAGE
        )

    async def show(self, request: web.Request) -> web.Response:
        """What the caller's plan allows, and how much of it is used.

        All of his connections share it, so a key that is bound to some of them is refused.
        """
        if request[IDENTITY].connections is not None:
            raise WholeUser("What a plan allows is for all connections together, and this key is for some")
        return reply(usage_shown(await self._plans.usage(tenant_of(request))))


def usage_shown(usage: Usage) -> UsageShown:
    """What a plan allows, and how much of it is used, as its user sees it."""
    return UsageShown(
        plan=usage.plan,
        messages=MessagesUsed(**{each.span: _shown(each) for each in usage.messages}),
        connections=ConnectionsUsed(used=usage.connections, limit=usage.connections_allowed),
        media_size=usage.media_size,
        pacing_floor=usage.pacing_floor.total_seconds(),
        bulk=usage.bulk,
    )


def _shown(used: Used) -> SpanShown:
    return SpanShown(
        used=used.used,
        limit=used.limit,
        remaining=used.remaining,
        refused=used.refused,
        near=used.is_near,
        resets_at=used.resets_at,
    )
