"""Keys for programs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from .base import Answer, Moment, Request

ScopeName = Literal["read", "send", "manage", "delete", "qr", "inbound", "metrics", "admin"]


class NewKey(Request):
    """A key to make."""

    name: str = Field(min_length=1, max_length=100, description="what it is for", examples=["the shop's CRM"])
    scopes: list[ScopeName] = Field(
        default=["read", "send"], min_length=1, max_length=8, description="what it is good for"
    )
    connections: list[Annotated[str, Field(min_length=1, max_length=64)]] | None = Field(
        default=None, min_length=1, max_length=1000, description="only for these; null for all of yours"
    )
    expires_at: Moment | None = Field(default=None, description="null: never")


class KeyShown(Answer):
    """A key, all but its secret."""

    key_id: str
    name: str
    scopes: list[ScopeName]
    connections: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class KeyMade(KeyShown):
    """A new key, which is told this once."""

    key: str = Field(repr=False, description="sent as `Authorization: Bearer <key>` or as `X-API-Key: <key>`")


class KeyList(Answer):
    """All of one's keys, oldest first."""

    keys: list[KeyShown]
