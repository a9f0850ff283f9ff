"""Health."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chatgrow_bot.messages import ConnectionState

from .base import Answer


class ConnectionHealth(Answer):
    """How a connection fares."""

    connection_id: str
    state: ConnectionState
    is_healthy: bool = Field(description="online, hears what comes in, and what could leave does")
    can_send_messages: bool
    can_receive_messages: bool = Field(description="an account can be linked and hear nothing")
    reason: str = Field(description="what is wrong, in a sentence")
    heartbeat_age: float | None = Field(description="seconds since its page last answered")
    backlog: int = Field(description="messages that wait, 10,000 for more")
    memory: int | None = Field(description="bytes that its browser takes")
    cpu: float | None = Field(description="share of one core that it took in the last minute")
    checked_at: datetime


class ProcessHealth(Answer):
    """How the hub's process fares."""

    started_at: datetime
    uptime: float = Field(description="seconds")
    memory: int = Field(description="bytes, without those of the browsers")
    lag: float = Field(description="seconds by which it was late at worst, in the last minute")


class HealthDetails(Answer):
    """What only a token is told."""

    connections: list[ConnectionHealth] = Field(description="the caller's own")
    process: ProcessHealth


class HealthAnswer(Answer):
    """Named checks of the process, and with a token how the caller's connections fare."""

    status: Literal["ok", "failing"]
    checks: dict[str, bool] = Field(
        examples=[{"database": True, "queue": True, "disk": True}], description="whether each one passes"
    )
    details: HealthDetails | None = Field(default=None, description="null without a token")
