"""What happened day by day: who answered, who was asked to, and how long customers waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Measure(StrEnum):
    """What the hub itself counts; plugins count more, under words of their own (`rule`).

    Of a customer's message that came in exactly one of ANSWERED, HANDED, SETTLED and UNANSWERED counts, on
    the day on which it came: together they are RECEIVED. What people typed on the linked phone, what agents
    write, edits and reactions are none.
    """

    RECEIVED = "received"  #: a customer's message came in; by connection
    ANSWERED = "answered"  #: the bot answered it; by plugin; seconds until the answer was queued
    HANDED = "handed"  #: the bot handed its chat to a team; by plugin
    SETTLED = "settled"  #: it needs no answer of the bot: a team has its chat, it was STOP; by outcome
    UNANSWERED = "unanswered"  #: nobody answered it; by outcome, such as `no answer`, `flood`
    OPENED = "opened"  #: a conversation began; by team
    TEAM_ANSWERED = "team answered"  #: a person first wrote in it; by team; seconds since it began
    AGENT_ANSWERED = "agent answered"  #: the same, by agent; seconds since he got it
    ESCALATED = "escalated"  #: nobody answered in time; by team
    TEAM_CLOSED = "team closed"  #: it ended; by team; seconds that it was open
    AGENT_CLOSED = "agent closed"  #: the same, by the agent who had it last
    ABANDONED = "abandoned"  #: it ended, and no person had written in it; by team
    TEAM_RATED = "team rated"  #: the customer rated it; by team; `seconds` is the sum of the ratings
    AGENT_RATED = "agent rated"  #: the same, by agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """How often one thing happened on a day."""

    day: date  #: by the hub's `timeZone`
    what: str  #: a Measure, or a plugin's own word
    name: str  #: which connection, plugin, rule, team or agent
    count: int
    seconds: int = 0  #: all together, where time is told
    longest: int = 0  #: seconds, of one of them

    @property
    def mean(self) -> float:
        """Seconds, of one of them."""
        return self.seconds / self.count if self.count else 0.0


class Insight(Protocol):
    """The figures of a tenant, by day."""

    def today(self) -> date:
        """The day that it is now, by the hub's `timeZone`."""
        ...

    async def daily(self, tenant: str, since: date, until: date, what: str = "") -> Sequence[Tallied]:
        """What was counted from one day to another, both included, oldest first; all of it, or only what
        counts as `what`. They are kept for 400 days."""
        ...
