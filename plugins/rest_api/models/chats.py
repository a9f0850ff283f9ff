"""What is done in a chat at once, and who is there."""

from typing import Literal

from pydantic import Field

from .base import Answer, Request


class Typing(Request):
    """What the others see us do."""

    activity: Literal["typing", "recording", "paused"] = "typing"
    seconds: float = Field(default=5, ge=0, le=25)


class Presence(Request):
    """Whether we are seen as online."""

    available: bool


class NumberChecked(Answer):
    """Whether a number is on WhatsApp."""

    number: str
    exists: bool
    chat: str | None = Field(description="its chat id, when it exists")


class MemberShown(Answer):
    """Somebody in a group."""

    chat: str
    name: str
    admin: bool


class GroupShown(Answer):
    """A group that the account is in."""

    chat: str
    name: str
    members: list[MemberShown]


class GroupList(Answer):
    """The groups that the account is in."""

    groups: list[GroupShown]
