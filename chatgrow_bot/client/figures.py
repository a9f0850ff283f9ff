"""How the hub fares: figures, health, the queue of all connections together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .nouns import Answer
from .wire import Calls

QUEUE = "/api/queue"


class Times(Answer, frozen=True, kw_only=True):
    """How long something took, in seconds; None if it never happened."""

    count: int = 0
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None


class Happened(Answer, frozen=True, kw_only=True):
    """What happened in the time asked for."""

    counts: Mapping[str, int]  #: accepted, sent, delivered, read, failed, received, ...
    success_rate: float | None = None
    processing_time: Times = Times()
    time_to_sent: Times = Times()
    time_to_delivered: Times = Times()
    failures_by_reason: Mapping[str, int] = {}


class Backlog(Answer, frozen=True, kw_only=True):
    """What waits, is under way, or held."""

    by_state: Mapping[str, int] = {}
    oldest_waiting: datetime | None = None


class ConnectionHealth(Answer, frozen=True, kw_only=True):
    """How a connection fares."""

    connection_id: str
    state: str
    is_healthy: bool
    can_send_messages: bool
    can_receive_messages: bool
    reason: str = ""
    heartbeat_age: float | None = None
    backlog: int = 0
    memory: int | None = None
    cpu: float | None = None
    checked_at: datetime


class ProcessHealth(Answer, frozen=True, kw_only=True):
    """How the hub's process fares."""

    started_at: datetime
    uptime: float
    memory: int
    lag: float


class ConnectionStats(Happened, frozen=True, kw_only=True):
    """The figures of one connection."""

    connection_id: str
    backlog: Backlog = Backlog()
    health: ConnectionHealth
    pacing: Mapping[str, Mapping[str, Any]] = {}
    uptime: Mapping[str, Any] = {}


class Stats(Answer, frozen=True, kw_only=True):
    """All of the caller's figures."""

    since: datetime
    days: int
    total: Happened
    backlog: Backlog = Backlog()
    connections: Sequence[ConnectionStats] = ()
    limits: Mapping[str, Any] | None = None  #: what the plan allows, and what of it is used
    process: ProcessHealth


class HealthDetails(Answer, frozen=True, kw_only=True):
    """What only a token is told."""

    connections: Sequence[ConnectionHealth] = ()
    process: ProcessHealth


class Health(Answer, frozen=True, kw_only=True):
    """Whether the hub is well."""

    status: str  #: ok, failing
    checks: Mapping[str, bool] = {}
    details: HealthDetails | None = None

    @property
    def is_ok(self) -> bool:
        """Whether every check passes."""
        return self.status == "ok"


class Halt(Answer, frozen=True, kw_only=True):
    """By whose word everything stands still."""

    how: str  #: pause, stop
    by: str = ""
    reason: str = ""
    at: datetime


class Waiting(Backlog, frozen=True, kw_only=True):
    """What waits on a connection."""

    connection_id: str
    paused: bool = False
    paused_because: str = ""


class Workers(Answer, frozen=True, kw_only=True):
    """Who sends, for all users together."""

    concurrency: int
    alive: int
    in_flight: int | None = None


class QueueStatus(Backlog, frozen=True, kw_only=True):
    """How the queue stands."""

    halt: Halt | None = None
    paused_connections: Sequence[str] = ()
    connections: Sequence[Waiting] = ()
    workers: Workers | None = None


class FigureCalls(Calls):
    """Figures, and the queue."""

    async def stats(self, *, days: int = 1, connection_id: str = "", everybody: bool = False) -> Stats:
        """What happened today and on the days before it, `days` in all; `everybody` for admins."""
        return await self._wire.get(
            Stats, "/api/whatsapp/stats", days=days, connection=connection_id, all=everybody
        )

    async def health(self) -> Health:
        """Whether the hub is well, and how the caller's connections fare. A hub that is not well answers,
        and raises nothing."""
        return await self._wire.get(Health, "/api/whatsapp/health", fine=(503,))

    async def queue_status(self, *, everybody: bool = False) -> QueueStatus:
        """How the queue stands; `everybody` for admins."""
        return await self._wire.get(QueueStatus, f"{QUEUE}/status", all=everybody)

    async def pause_queue(self, reason: str = "") -> QueueStatus:
        """Let nothing leave, of anybody's, until it is resumed; for admins. What comes is taken in."""
        return await self._wire.post(QueueStatus, f"{QUEUE}/pause", {"reason": reason} if reason else None)

    async def stop_queue(self, reason: str = "") -> QueueStatus:
        """Emergency: let nothing leave by any road, and have nobody asked to answer, until it is resumed; for
        admins."""
        return await self._wire.post(QueueStatus, f"{QUEUE}/stop", {"reason": reason} if reason else None)

    async def resume_queue(self) -> QueueStatus:
        """Let everything go again; for admins."""
        return await self._wire.post(QueueStatus, f"{QUEUE}/resume")
