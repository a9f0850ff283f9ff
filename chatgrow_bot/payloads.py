"""What a message carries besides words and files: places, people, polls, votes, remarks on earlier ones."""

from dataclasses import dataclass

import msgspec

#: Characters of a poll's question or option, of a place's or a person's name, at most.
WORDS_LIMIT = 255
#: How many a message may carry, as WhatsApp takes them: options of a poll, people's cards, numbers of a card.
POLL_OPTIONS, CARDS, CARD_NUMBERS = range(2, 13), range(1, 51), range(1, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place."""

    latitude: float  #: degrees
    longitude: float  #: degrees
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody's card."""

    name: str
    numbers: tuple[str, ...]  #: in international form


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """People's cards: at least one."""

    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A question with 2 to 12 options."""

    question: str
    options: tuple[str, ...]
    choices: int = 1  #: options that one may choose; 0 for as many as one likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What somebody now chooses in the poll that the message is about; empty when he takes his vote back."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji on the message that this one is about; empty to take it back."""

    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """The text replaces that of the message that this one is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The message that this one is about is taken back, for everyone."""


#: What a message carries besides words and files.
Payload = Location | Contacts | Poll | Vote | Reaction | Edit | Deletion


def well_formed(text: object, payload: object) -> bool:
    """Whether these are words and a payload (or None) as declared, to the last part. Anything else could be
    stored, but not read again, and would be in the way of all that comes behind it."""
    if not isinstance(text, str) or not isinstance(payload, Payload | None):
        return False
    try:
        return payload is None or bool(msgspec.convert(msgspec.to_builtins(payload), type(payload)))
    except (msgspec.ValidationError, TypeError):
        return False
