"""The teams and their people, as chatgrow.yaml names them, and when they are there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from ..config import Settings, Tenants
from ..config.teams import AgentEntry, Giving, TeamEntry, Texts
from ..hours import BusinessHours
from ..hub import Agent

#: Tells of some users' names whether a tenant is one of them.
Serves = Callable[[Tenants], Callable[[str], bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A team: who is in it, and how it works."""

    id: str
    title: str
    serves: Callable[[str], bool] = lambda tenant: True
    members: Sequence[str] = ()
    hours: BusinessHours | None = None
    give: Giving = Giving.BY_HAND
    most: int = 1
    answer_within: float | None = None
    escalate_to: str | None = None
    close_after: float | None = None
    rating: bool = False
    texts: Mapping[str, Texts] = field(default_factory=dict)

    def is_open(self, now: datetime) -> bool:
        """Whether it is there."""
        return self.hours is None or self.hours.is_open(now)

    def opens(self, now: datetime) -> datetime | None:
        """When it is there again, by its own clock; None while it is, and where that is not known."""
        return None if self.hours is None or self.is_open(now) else self.hours.next_open(now)

    def after(self, since: datetime, seconds: float) -> datetime | None:
        """When it has been there for so long since a moment; None where that is not known."""
        if self.hours is None:
            return since + timedelta(seconds=seconds)
        return self.hours.after(since, seconds)


@dataclass(frozen=True, slots=True)
class Roster:
    """All teams, and everybody in them."""

    crews: Mapping[str, Crew] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, serves: Serves) -> Self:
        """Those that the settings tell of."""
        return cls(
            {name: _crew(name, entry, settings, serves) for name, entry in settings.teams.items()},
            {name: _agent(name, entry) for name, entry in settings.agents.items()},
        )

    def crew(self, tenant: str, team: str) -> Crew | None:
        """A team of a tenant's."""
        crew = self.crews.get(team)
        return crew if crew and crew.serves(tenant) else None

    def crew_of(self, tenant: str, team: str) -> Crew:
        """The same; in place of a team that is gone, one of nobody, where people still find what it had."""
        return self.crew(tenant, team) or Crew(id=team, title=team, close_after=_GONE)

    def crews_of(self, tenant: str) -> Sequence[Crew]:
        """A tenant's teams."""
        return [crew for crew in self.crews.values() if crew.serves(tenant)]

    def agent(
        self,
        tenant: str,
        *,
        id: str = "",
        chat: str = "",
        user: str = "",
        front: tuple[str, str] = ("", ""),
    ) -> Agent | None:
        """Who this is, by the names that are given; None when he is in none of the tenant's teams."""
        if not (id or chat or user or all(front)):
            return None
        for crew in self.crews_of(tenant):
            for agent in map(self.agents.__getitem__, crew.members):
                is_he = (
                    (not id or agent.id == id)
                    and (not chat or agent.chat == chat)
                    and (not user or agent.user == user)
                    and (not all(front) or agent.fronts.get(front[0]) == front[1])
                )
                if is_he:
                    return agent
        return None

    def name(self, agent: str) -> str:
        """What customers call somebody; empty for who is no longer there."""
        known = self.agents.get(agent)
        return known.name if known else ""


class Teams:
    """The roster that holds now."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster


#: Seconds after which a conversation of a team that is gone is closed, if nobody writes in it.
_GONE = 86_400.0


def _crew(name: str, entry: TeamEntry, settings: Settings, serves: Serves) -> Crew:
    return Crew(
        id=name,
        title=entry.title or name,
        serves=serves(entry.tenants),
        members=entry.members,
        hours=BusinessHours.of(entry.hours, settings.zone) if entry.hours else None,
        give=entry.give,
        most=entry.most,
        answer_within=entry.answer_within,
        escalate_to=entry.escalate_to if entry.escalate_to != name else None,
        close_after=entry.close_after,
        rating=entry.rating,
        texts={key: getattr(entry.texts, key) for key in type(entry.texts).model_fields},
    )


def _agent(name: str, entry: AgentEntry) -> Agent:
    return Agent(
        id=name, name=entry.name, chat=entry.whatsapp or "", user=entry.user or "", fronts=entry.fronts
    )
