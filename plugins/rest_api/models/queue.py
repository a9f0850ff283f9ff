"""The queue of all connections together, and what stops it or one of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from .base import Answer, Request


class Shut(Request):
    """Why nothing may leave."""

    reason: str = Field(default="", max_length=200, description="for whoever wonders later")


class HaltShown(Answer):
    """By whose word everything stands still."""

    how: Literal["pause", "stop"]
    by: str
    reason: str
    at: datetime


class QueueShown(Answer):
    """How the queue stands."""

    halt: HaltShown | None = Field(description="null while it runs")
    by_state: dict[str, int] = Field(description="messages under way or held, not those that have ended")
    oldest_waiting: datetime | None = Field(description="since when the longest waiting one could have left")
