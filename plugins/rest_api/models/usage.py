"""What a plan allows, and how much of it is used."""

from datetime import datetime

from pydantic import Field

from .base import Answer


class SpanShown(Answer):
    """Messages within a day or a month, by the calendar in UTC."""

    used: int = Field(description="automatic replies too, which are never refused", examples=[160])
    limit: int | None = Field(description="null for any number", examples=[200])
    remaining: int | None = Field(description="null for any number", examples=[40])
    refused: int = Field(description="those beyond the limit", examples=[0])
    near: bool = Field(description="whether at least 80 % are used")
    resets_at: datetime


class MessagesUsed(Answer):
    """Messages queued for sending."""

    day: SpanShown
    month: SpanShown


class ConnectionsUsed(Answer):
    """Connections, linked or not."""

    used: int
    limit: int | None = Field(description="null for any number")


class UsageShown(Answer):
    """What the caller's plan allows, and what he has used of it."""

    plan: str = Field(examples=["free"])
    messages: MessagesUsed
    connections: ConnectionsUsed
    media_size: int = Field(description="bytes of a file to send, at most", examples=[16_777_216])
    pacing_floor: float = Field(description="seconds between two messages at least; answers excepted")
    bulk: bool = Field(description="whether bulk sends are allowed")
