"""How the hub fares, in figures, and the parts that know them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import inf
from typing import Protocol

from ..messages import HealthReport, Lane, State


class Counted(StrEnum):
    """What is counted; of a message each once, save what may happen to it again."""

    ACCEPTED = "accepted"  #: queued for the first time
    SENT = "sent"  #: WhatsApp's server has it
    DELIVERED = "delivered"  #: the phone has it
    READ = "read"  #: a person has seen it
    FAILED = "failed"  #: certainly not sent, for good
    EXPIRED = "expired"  #: its time to live ended before it left
    CANCELLED = "cancelled"  #: taken back before it left
    HELD = "held"  #: given to a person to decide; each time
    RETRIED = "retried"  #: certainly not sent, and tried again; each time
    UNCLEAR = "unclear"  #: not known whether it was sent; each time
    RECEIVED = "received"  #: it came in
    TYPED = "typed"  #: our own, typed on the linked phone


class Timed(StrEnum):
    """What is timed."""

    PROCESSING = "processing"  #: from the intent to send to the server's word
    TO_SENT = "to_sent"  #: from being queued to the server's word
    TO_DELIVERED = "to_delivered"  #: from the server's word to the phone's


#: Seconds up to which a time falls into each bucket; what took longer is in one more.
BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400, inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took, each time that it happened."""

    buckets: Mapping[float, int] = field(default_factory=dict)  #: how many took up to so long, and no less
    total: float = 0.0  #: seconds of all together

    @property
    def count(self) -> int:
        """How often it happened."""
        return sum(self.buckets.values())

    @property
    def mean(self) -> float | None:
        """Seconds; None if it never happened."""
        return self.total / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """Seconds within which this share of them was done, as near as the buckets tell. None if it never
        happened."""
        if not self.count:
            return None
        wanted, below, low = share * self.count, 0, 0.0
        for bound in BOUNDS:
            here = self.buckets.get(bound, 0)
            if here and below + here >= wanted:
                return low if bound == inf else low + (bound - low) * (wanted - below) / here
            below, low = below + here, bound
        return low


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What happened."""

    done: Mapping[Counted, int] = field(default_factory=dict)
    times: Mapping[Timed, Times] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)  #: by reason, without its numbers
    lanes: Mapping[Lane, int] = field(default_factory=dict)  #: how many were sent in each
    online: float = 0.0  #: seconds

    @property
    def success_rate(self) -> float | None:
        """The share that was sent, of what was sent, failed or expired; None if there was nothing."""
        sent, failed, expired = (
            self.done.get(each, 0) for each in (Counted.SENT, Counted.FAILED, Counted.EXPIRED)
        )
        return sent / (sent + failed + expired) if sent + failed + expired else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits on a connection, is under way, or held."""

    connection_id: str
    by_state: Mapping[State, int]
    oldest_waiting: datetime | None = None  #: since when the longest waiting message could have left
    paused: bool = False
    paused_because: str = ""

    @classmethod
    def together(cls, backlogs: Iterable["Backlog"]) -> "Backlog":
        """Those of several connections as one, under no name; states in the order in which a message passes
        through them."""
        sums: Counter[State] = Counter()
        since: list[datetime] = []
        for each in backlogs:
            sums.update(each.by_state)
            since += [each.oldest_waiting] if each.oldest_waiting else []
        return cls(
            connection_id="",
            by_state={state: sums[state] for state in State if sums[state]},
            oldest_waiting=min(since, default=None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneUse:
    """How much of a lane's pace is used."""

    used: int  #: messages that left today
    a_day: int | None  #: how many its pace lets leave in a day, around the clock; None for any number
    next_slot: datetime | None  #: when the next may leave; None: at once

    @property
    def share(self) -> float | None:
        """What is used of a day's; None if there is no end of it."""
        return self.used / self.a_day if self.a_day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFigures:
    """How a connection fares."""

    connection_id: str
    counts: Counts
    backlog: Backlog
    lanes: Mapping[Lane, LaneUse]
    online_today: float  #: seconds
    online_since: datetime | None  #: None while it is not
    health: HealthReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How a tenant's connections fare, or everybody's."""

    since: datetime
    total: Counts  #: of connections that were deleted since, too, unless some were asked for
    connections: Sequence[ConnectionFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who sends."""

    concurrency: int  #: how many messages may be under way at once
    alive: int  #: workers that have not ended
    busy: int  #: messages that are under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How the process fares."""

    started_at: datetime
    uptime: float  #: seconds
    memory: int  #: bytes that it takes, without what its connections take
    lag: float  #: seconds by which it was late at worst, in the last minute
    at: datetime  #: now


class Stats(Protocol):
    """What happened, counted from the journal: figures outlive restarts, and nothing is counted twice."""

    async def figures(
        self, tenant: str | None, *, days: int = 1, only: Collection[str] | None = None
    ) -> Figures:
        """Those of a tenant's connections, or of everybody's, or `only` of these, for today (in UTC) and as
        many days before it as make `days`. All that was committed before is counted."""
        ...

    async def totals(self) -> Counts:
        """Everybody's together, since counting began. They never go back."""
        ...

    async def uncounted(self) -> int:
        """How many facts there are that are not counted yet."""
        ...


class Health(Protocol):
    """How the hub fares."""

    async def checks(self) -> Mapping[str, bool]:
        """Named checks of the whole process, without anyone's name, as they were a second ago at most."""
        ...

    async def reports(self, tenant: str | None = None) -> Sequence[HealthReport]:
        """How each of a tenant's connections fares now, or of everybody's."""
        ...

    def vitals(self) -> Vitals:
        """How the process fares."""
        ...
