"""How much of what a user's plan allows he has used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

#: From which share of a limit on it is told that the end is near.
NEAR = 0.8


class Span(StrEnum):
    """For how long a plan's limit counts, by the calendar in UTC."""

    DAY = "day"  #: from midnight to midnight
    MONTH = "month"  #: from the first of a month to the next one's


def plan_that_counts(stored: str | None) -> str:
    """The name of a user's plan. One who is not there any more, of whom something is still under way, has
    what allows least."""
    return stored or "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How many messages were queued within the span that runs now."""

    span: Span
    used: int  #: automatic replies too, which may be more than the limit
    limit: int | None  #: None for any number
    refused: int  #: those beyond the limit
    resets_at: datetime

    @property
    def remaining(self) -> int | None:
        """How many more may be queued; None for any number."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def is_near(self) -> bool:
        """Whether at least 80 % are used."""
        return self.limit is not None and self.used >= NEAR * self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a user's plan allows, and what he has used of it."""

    plan: str
    messages: Sequence[Used]  #: today's first
    connections: int
    connections_allowed: int | None  #: None for any number
    media_size: int  #: bytes of a file to send, at most
    pacing_floor: timedelta  #: the shortest wait between two messages
    bulk: bool  #: whether bulk sends are allowed


class Plans(Protocol):
    """What the users' plans allow."""

    async def usage(self, tenant: str) -> Usage:
        """What a user's plan allows, and what he has used of it."""
        ...

    async def media_size(self, tenant: str) -> int:
        """How many bytes a file may have that he sends."""
        ...
