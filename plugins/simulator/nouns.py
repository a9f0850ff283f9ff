"""The nouns of the simulated network: people, their linked devices, messages, and what the server refuses.

They are kept apart from storage and transport because both virtual phones and the page's server speak them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


class SimulatorError(Exception):
    """The simulated phone or server refuses what was asked; the text says why."""


class Ack(IntEnum):
    """How far a message has come, in WhatsApp's own numbers."""

    #: the server has it
    SERVER = 1
    #: the recipient's phone has it
    DELIVERED = 2
    #: the recipient has read it
    READ = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One who owns a WhatsApp number. `number` is digits only; `online`: the phone can be reached."""

    number: str
    name: str
    online: bool

    @property
    def pn(self) -> str:
        """The phone-number form of the person's chat id."""
        return f"{self.number}@c.us"

    @property
    def lid(self) -> str:
        """WhatsApp's own number for the person: made from the phone number, and saying nothing about it."""
        digest = int(hashlib.sha256(self.number.encode()).hexdigest(), 16)
        return f"{digest % 10**15:015d}@lid"

    def card(self) -> dict[str, str]:
        """The person as frames carry one."""
        return {"pn": self.pn, "lid": self.lid, "name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser linked to a number. `identity` is its public Ed25519 key in base64."""

    id: int
    number: str
    identity: str

    @property
    def jid(self) -> str:
        """The device's own address."""
        return f"{self.number}:{self.id}@c.us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says: `body` for a text, the rest for a file, whose bytes `filehash` names."""

    type: str
    body: str | None = None
    caption: str | None = None
    filename: str | None = None
    mimetype: str | None = None
    size: int | None = None
    filehash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the server holds it. `seq` counts up over the whole network; numbers are digits only."""

    seq: int
    id: str
    sender: str
    recipient: str
    content: Content
    ack: Ack
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """Something the server keeps for a device until the device says it has stored it."""

    seq: int
    kind: str
    body: dict[str, Any]


def number_of(address: str) -> str:
    """The digits of a number written as +972501234567, 972501234567@c.us or with a device suffix."""
    digits = address.split("@")[0].split(":")[0].removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        raise SimulatorError(f"{address!r} is no phone number: write it as +972501234567")
    return digits
