"""Statistics: what happened, counted by day, and how everything stands now."""

from datetime import datetime

from pydantic import Field

from .base import Answer, Flag, Query
from .health import ConnectionHealth, ProcessHealth
from .usage import UsageShown

_DAYS = Field(
    default=1, ge=1, le=90, description="today, and so many days before it that they make this many"
)


class StatsAsked(Query):
    """Of what, and over how long."""

    connection: str | None = Field(default=None, min_length=1, max_length=64, description="of this one alone")
    days: int = _DAYS
    all: Flag = Field(default=False, description="everybody's, for admins")


class DaysAsked(Query):
    """Over how long."""

    days: int = _DAYS


class CountsShown(Answer):
    """How often what happened. Each message counts once, save for the last three."""

    accepted: int = Field(default=0, description="queued")
    sent: int = Field(default=0, description="WhatsApp's server has it")
    delivered: int = Field(default=0, description="the phone has it")
    read: int = 0
    failed: int = Field(default=0, description="certainly not sent, for good")
    expired: int = Field(default=0, description="its time to live ended before it left")
    cancelled: int = Field(default=0, description="taken back before it left")
    received: int = Field(default=0, description="came in")
    typed: int = Field(default=0, description="typed on the linked phone itself")
    held: int = Field(default=0, description="given to a person to decide")
    retried: int = Field(default=0, description="certainly not sent, and tried again")
    unclear: int = Field(default=0, description="not known whether it was sent; looked up")


class TimesShown(Answer):
    """How long something took, in seconds; null if it never happened. Percentiles are read from buckets."""

    count: int
    mean: float | None
    p50: float | None
    p95: float | None


class Happened(Answer):
    """What happened in the time asked for."""

    counts: CountsShown
    success_rate: float | None = Field(description="sent, of what was sent, failed or expired")
    processing_time: TimesShown = Field(description="from being handed to the browser to WhatsApp's word")
    time_to_sent: TimesShown = Field(description="from being queued; a planned one waits for its time")
    time_to_delivered: TimesShown = Field(description="from there to the phone's")
    failures_by_reason: dict[str, int] = Field(
        examples=[{"The number is not on WhatsApp.": 2}],
        description="numbers are left out; 50 a day and connection, the rest is 'other'",
    )


class LaneShown(Answer):
    """How much of a lane's pace is used."""

    used_today: int
    slots_a_day: int | None = Field(description="how many its pace lets leave around the clock")
    share: float | None = Field(description="what is used of a day's")
    next_slot: datetime | None = Field(description="when the next may leave; null: at once")


class BacklogShown(Answer):
    """What waits, is under way, or held."""

    by_state: dict[str, int] = Field(examples=[{"queued": 3}])
    oldest_waiting: datetime | None = Field(description="since when the longest waiting one could have left")


class UptimeShown(Answer):
    """How long a connection is online."""

    online_today: float = Field(description="seconds")
    online: float = Field(description="seconds in the time asked for")
    online_since: datetime | None = Field(description="null while it is not")


class ConnectionStats(Happened):
    """The figures of one connection."""

    connection_id: str
    pacing: dict[str, LaneShown] = Field(description="by lane: `send`, and `reply` to who has just written")
    backlog: BacklogShown
    uptime: UptimeShown
    health: ConnectionHealth


class StatsShown(Answer):
    """All of the caller's figures."""

    since: datetime
    days: int
    total: Happened
    backlog: BacklogShown
    connections: list[ConnectionStats]
    limits: UsageShown | None = Field(
        description="what the plan allows; null for everybody's, and for a bound key"
    )
    process: ProcessHealth


class ConnectionStatsShown(ConnectionStats):
    """The figures of one connection, and since when they count."""

    since: datetime
    days: int
