"""The teams, and which agent somebody is who asks."""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Agent, Conversations, Scope, Team
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route

from .models.conversations import AgentShown, TeamList, TeamShown
from .replies import reply, tenant_of

PATH = "/api/whatsapp/teams"

_TEAMS = Doc(tag="Conversations", answer=TeamList)


class TeamRoutes:
    """/api/whatsapp/teams."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        yield Route(
            method="GET", path=PATH, handler=self.list, access=Access.VIEWER, scope=Scope.READ, doc=_TEAMS
        )

    async def list(self, request: web.Request) -> web.Response:
        """The caller's teams, who is in them, and how each stands now."""
        is_whole = request[IDENTITY].connections is None
        teams = await self._conversations.standing(tenant_of(request))
        me = caller(self._conversations, request)
        return reply(
            TeamList(teams=[_shown(team, is_whole) for team in teams], me=me.id if me else None),
        )


def caller(conversations: Conversations, request: web.Request) -> Agent | None:
    """The agent who the caller is, if he is one."""
    return conversations.agent(tenant_of(request), user=request[IDENTITY].username)


def acting(conversations: Conversations, request: web.Request, named: str | None) -> Agent | None:
    """The agent whom the body names, else the caller. Raises BadInput for one who is in none of his
    teams."""
    if named is None:
        return caller(conversations, request)
    if agent := conversations.agent(tenant_of(request), id=named):
        return agent
    raise BadInput(f"There is no agent '{named}' in your teams. GET {PATH} lists them")


def _shown(team: Team, is_whole: bool) -> TeamShown:
    return TeamShown(
        id=team.id,
        title=team.title,
        agents=[AgentShown(id=each.id, name=each.name) for each in team.agents],
        open=team.is_open,
        opens_at=team.opens_at,
        waiting=team.waiting if is_whole else None,
        held=team.held if is_whole else None,
    )
