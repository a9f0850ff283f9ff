"""A message as a phone shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from .contents import ContactCard
from .nouns import Ack


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneMessage:
    """`content` holds a file's bytes, in messages that were received. People are named by number.

    `recipient` is a number, or a group's id, which then stands in `group` too; `quoted` is the bare id of the
    message that this one answers. `votes` tells who chooses each option, `reactions` who reacted with what.
    """

    seq: int
    id: str
    sender: str
    recipient: str
    group: str | None
    type: str
    text: str | None
    caption: str | None
    filename: str | None
    mimetype: str | None
    size: int | None
    filehash: str | None
    duration: int | None
    latitude: float | None
    longitude: float | None
    place: str | None
    address: str | None
    contacts: tuple[ContactCard, ...]
    question: str | None
    options: tuple[str, ...]
    choices: int
    quoted: str | None
    mentions: tuple[str, ...]
    forwarded: bool
    edited: bool
    revoked: bool
    sealed: bool
    reactions: dict[str, str]
    votes: dict[str, list[str]]
    ack: Ack
    at: datetime
    content: bytes | None = None

    @classmethod
    def from_json(cls, body: dict[str, Any], content: bytes | None = None) -> Self:
        """From what a verb answers."""
        known = {**body, "ack": Ack(body["ack"]), "at": datetime.fromisoformat(body["at"])}
        known["contacts"] = tuple(ContactCard(**each) for each in body["contacts"])
        known["options"], known["mentions"] = tuple(body["options"]), tuple(body["mentions"])
        return cls(text=known.pop("body"), content=content, **known)
