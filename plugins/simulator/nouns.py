"""The nouns of the simulated network: people, groups, their linked devices, and what the server refuses.

They are kept apart from storage and transport because both virtual phones and the page's server speak them;
what messages say stands in contents.py.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class SimulatorError(Exception):
    """The simulated phone or server refuses what was asked; the text says why."""


class Ack(IntEnum):
    """How far a message has come, in WhatsApp's own numbers."""

    #: the server has it
    SERVER = 1
    #: the recipient's phone has it; in a group, everybody's
    DELIVERED = 2
    #: the recipient has read it
    READ = 3
    #: the recipient has listened to it, or watched it
    PLAYED = 4


class Privacy(StrEnum):
    """Under which of a person's two numbers others meet him."""

    #: by phone number
    OPEN = "open"
    #: by LID, and nobody is told the phone number
    HIDDEN = "hidden"
    #: by LID as before, and the phone number has become known
    REVEALED = "revealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One who owns a WhatsApp number. `number` is digits only; `online`: the phone can be reached."""

    number: str
    name: str
    online: bool
    privacy: Privacy = Privacy.OPEN

    @property
    def pn(self) -> str:
        """The phone-number form of the person's address."""
        return f"{self.number}@c.us"

    @property
    def lid(self) -> str:
        """WhatsApp's own number for the person: made from the phone number, and saying nothing about it."""
        digest = int(hashlib.sha256(self.number.encode()).hexdigest(), 16)
        return f"{digest % 10**15:015d}@lid"

    @property
    def chat(self) -> str:
        """The id of a private chat with the person."""
        return self.pn if self.privacy is Privacy.OPEN else self.lid

    def card(self) -> dict[str, str | None]:
        """The person as others are told of one: `pn` is None while the number is hidden."""
        pn = None if self.privacy is Privacy.HIDDEN else self.pn
        return {"chat": self.chat, "pn": pn, "lid": self.lid, "name": self.name}


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
class Group:
    """A group chat. `id` ends in @g.us; `members` are numbers, the admins among them, its maker first."""

    id: str
    name: str
    members: tuple[str, ...]
    admins: tuple[str, ...]
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stanza:
    """Something the server keeps for a device until the device says it has stored it."""

    seq: int
    kind: str
    body: dict[str, Any]


def is_group(address: str) -> bool:
    """Whether an address is a group's."""
    return address.endswith("@g.us")


def number_of(address: str) -> str:
    """The digits of a number written as +972501234567, 972501234567@c.us or with a device suffix."""
    digits = address.split("@")[0].split(":")[0].removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15) or address.endswith("@lid"):
        raise SimulatorError(f"{address!r} is no phone number: write it as +972501234567")
    return digits


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """What to say of a name that is none: the nearest one there is, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    return f"no {kind} {name!r}; {hint}"
