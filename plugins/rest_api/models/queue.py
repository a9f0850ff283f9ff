"""The queue of all connections together, and what stops it or one of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from .base import Answer, Flag, Query, Request


class Shut(Request):
    """Why nothing may leave."""

    reason: str = Field(default="", max_length=200, description="for whoever wonders later")


class StatusAsked(Query):
    """Whose messages are counted."""

    all: Flag = Field(default=False, description="everybody's, for admins")


class HaltShown(Answer):
    """By whose word everything stands still."""

    how: Literal["pause", "stop"]
    by: str = Field(description="shown to admins, to others empty")
    reason: str
    at: datetime


class WaitingShown(Answer):
    """What waits on a connection, is under way, or held."""

    connection_id: str
    by_state: dict[str, int] = Field(examples=[{"queued": 3}])
    oldest_waiting: datetime | None = Field(description="since when the longest waiting one could have left")
    paused: bool
    paused_because: str


class WorkersShown(Answer):
    """Who sends, for all users together."""

    concurrency: int = Field(description="how many messages may be under way at once")
    alive: int = Field(description="workers that are there; fewer than the concurrency is a fault")
    in_flight: int | None = Field(
        description="messages that are under way, whoever's they are; null unless for admins"
    )


class QueueShown(Answer):
    """How the queue stands."""

    halt: HaltShown | None = Field(description="null while it runs")
    by_state: dict[str, int] = Field(description="messages under way or held, not those that have ended")
    oldest_waiting: datetime | None = Field(description="since when the longest waiting one could have left")
    paused_connections: list[str]
    connections: list[WaitingShown]
    workers: WorkersShown | None
