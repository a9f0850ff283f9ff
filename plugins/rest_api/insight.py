"""Figures by day: who answered, who was asked to, and how long customers waited."""

from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Insight, Scope, Tallied
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_query

from .models.insight import FigureShown, InsightAsked, InsightShown
from .replies import reply, tenant_of
from .usage import WholeUser

PATH = "/api/whatsapp/insight"

_FIGURES = Doc(tag="Statistics", query=InsightAsked, answer=InsightShown)
#: Days that may be asked for, lines after which an answer ends, days that are looked at together.
_DAYS, _LINES, _STEP = 100, 5000, timedelta(days=7)
_ONE = timedelta(days=1)


class InsightRoutes:
    """/api/whatsapp/insight."""

    def __init__(self, insight: Insight) -> None:
        self._insight = insight

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="GET", path=PATH, handler=self.show, access=Access.VIEWER, scope=Scope.READ, doc=_FIGURES
        )

    async def show(self, request: web.Request) -> web.Response:
        """What became of customers' messages day by day: answered by the bot, handed to a team, unanswered;
        which rules answered, how fast teams and agents were, how they were rated.

        Up to 100 days, of the last 400; where there is much to tell, an answer ends before the last of them,
        and `next` is the day from which the next goes on. It is about all connections, so a key that is bound
        to some of them is refused.
        """
        if request[IDENTITY].connections is not None:
            raise WholeUser("These figures are of all connections together, and this key is for some")
        asked = read_query(request, InsightAsked)
        until = asked.until or self._insight.today()
        since = asked.since or until - _STEP + _ONE
        if since > until:
            raise BadInput("/from: The first day is behind the last")
        if (until - since).days >= _DAYS:
            raise BadInput(f"/from: Ask for {_DAYS} days at most")
        found, day = list[Tallied](), since
        while day <= until and len(found) < _LINES:
            last = min(day + _STEP - _ONE, until)
            found += await self._insight.daily(tenant_of(request), day, last, asked.what)
            day = last + _ONE
        figures = [_shown(each) for each in found]
        further = day if day <= until else None
        return reply(InsightShown(since=since, until=day - _ONE, figures=figures, next=further))


def _shown(figure: Tallied) -> FigureShown:
    return FigureShown(
        day=figure.day,
        what=figure.what,
        name=figure.name,
        count=figure.count,
        seconds=figure.seconds,
        longest=figure.longest,
        mean=figure.mean,
    )
