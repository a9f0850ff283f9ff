"""What messages say, and what people do to them afterwards: reactions, votes, new words, taking back."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from .nouns import Ack, is_group


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """Somebody whose number is passed on. `number` is digits only."""

    name: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, `type` in WhatsApp's words; each type fills fields of its own."""

    type: str
    body: str | None = None
    #: a file's; `filehash` names its bytes, `duration` is in seconds
    caption: str | None = None
    filename: str | None = None
    mimetype: str | None = None
    size: int | None = None
    filehash: str | None = None
    duration: int | None = None
    #: a location's, in degrees
    latitude: float | None = None
    longitude: float | None = None
    place: str | None = None
    address: str | None = None
    #: of a vcard or multi_vcard
    contacts: tuple[ContactCard, ...] = ()
    #: a poll's; `choices` is how many options one may choose, 0 any number
    question: str | None = None
    options: tuple[str, ...] = ()
    choices: int = 0
    #: any message's: the bare id of the one it answers, the numbers of people it names
    quoted: str | None = None
    mentions: tuple[str, ...] = ()
    forwarded: bool = False

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """From what `spare` gave."""
        lists = {name: tuple(body.get(name, ())) for name in ("options", "mentions")}
        contacts = tuple(ContactCard(**each) for each in body.get("contacts", ()))
        return cls(**{**body, **lists, "contacts": contacts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What became of a message after it was sent; people are named by number."""

    edited: bool = False
    revoked: bool = False
    #: linked browsers cannot decrypt it (yet)
    sealed: bool = False
    reactions: dict[str, str] = field(default_factory=dict)
    #: the options that each voter now chooses
    votes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as the server holds it. `seq` counts up over the whole network.

    `recipient` is a number or a group's id; `ack` is how far it has come with the slowest of its readers.
    """

    seq: int
    id: str
    sender: str
    recipient: str
    content: Content
    marks: Marks
    ack: Ack
    at: datetime

    @property
    def group(self) -> str | None:
        """The group's id, when it was written to one."""
        return self.recipient if is_group(self.recipient) else None


def spare(value: Content | Marks) -> dict[str, Any]:
    """The fields that say something, as JSON."""
    defaults = {
        each.name: each.default if each.default is not MISSING else None for each in fields(type(value))
    }
    return {
        name: each for name, each in asdict(value).items() if each != defaults[name] and each not in ({}, ())
    }


def as_json(message: Message) -> dict[str, Any]:
    """A message as phones show it: one flat JSON object, with the voters by option."""
    votes = message.marks.votes
    flat = {
        **asdict(message),
        **asdict(message.content),
        **asdict(message.marks),
        "votes": {
            option: [voter for voter, chosen in votes.items() if option in chosen]
            for option in message.content.options
        },
        "group": message.group,
        "ack": int(message.ack),
        "at": message.at.isoformat(),
    }
    del flat["content"], flat["marks"]
    return {name: list(value) if isinstance(value, tuple) else value for name, value in flat.items()}
