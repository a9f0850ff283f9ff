"""What a message may say: told to whoever asks, before anything is stored."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import UnionType

from ..errors import BadInput
from ..messages import FILES, MENTIONS_LIMIT, REMARKS, TEXT_LIMIT, Kind, Media, Outbound, Priority
from ..payloads import (
    CARD_NUMBERS,
    CARDS,
    POLL_OPTIONS,
    WORDS_LIMIT,
    Contacts,
    Location,
    Poll,
    Reaction,
    Vote,
    well_formed,
)

#: Characters of a message's id, at most.
_ID = 32
#: What the fields may be, whatever a plugin without types has put there; text and payload have a door of
#: their own.
_FORMS: Mapping[str, type | UnionType] = {
    "to": str,
    "media": Media | None,
    "about": str,
    "mentions": tuple | list,
    "forwarded": bool,
    "connection_id": str | None,
    "priority": Priority,
    "send_at": datetime | None,
    "ttl": timedelta | None,
    "because": str,
}


def check(message: Outbound) -> None:
    """Raises BadInput, saying what to correct."""
    _check_forms(message)
    if message.file is not None:
        raise BadInput("'file' is for answers and `bot.send`; elsewhere a file is taken in first, as 'media'")
    if not well_formed(message.text, message.payload):
        raise BadInput("The text or what the message carries is not in its form")
    if message.about and not (message.about.isalnum() and len(message.about) <= _ID):
        raise BadInput("'about' is the id of a message")
    if len(message.text) > TEXT_LIMIT:
        raise BadInput(f"The text has {len(message.text)} characters; {TEXT_LIMIT} at most")
    if message.media and (message.payload or message.media.kind not in FILES):
        raise BadInput("A message carries a file or something else, not both")
    if len(message.mentions) > MENTIONS_LIMIT:
        raise BadInput(f"A message mentions {MENTIONS_LIMIT} people at most")
    kind = message.kind
    if kind in REMARKS and not message.about:
        raise BadInput(f"A {kind} needs the id of the message that it is about")
    if kind is Kind.TEXT and not message.text:
        raise BadInput("The message says nothing: give it a text, a file or something else to carry")
    if kind is Kind.EDIT and not message.text:
        raise BadInput("An edit needs the new text")
    match message.payload:
        case Location() as place:
            _check_location(place)
        case Poll() as poll:
            _check_poll(poll)
        case Contacts() as contacts:
            _check_contacts(contacts)
        case Reaction(emoji=emoji) if len(emoji) > 64:
            raise BadInput("A reaction is one emoji")
        case Vote():
            raise BadInput("A vote is received, not sent")


def _check_forms(message: Outbound) -> None:
    for name, form in _FORMS.items():
        if not isinstance(value := getattr(message, name), form):
            wanted = getattr(form, "__name__", str(form))
            raise BadInput(f"'{name}' is a {type(value).__name__}, where {wanted} is wanted")
    if not all(isinstance(each, str) for each in message.mentions):
        raise BadInput("'mentions' are numbers or chat ids, each as text")
    if message.ttl is not None and message.ttl <= timedelta():
        raise BadInput("'ttl' is how long it may wait, longer than not at all")


def _check_location(place: Location) -> None:
    # A number that is none is not between any two.
    if not -90 <= place.latitude <= 90 or not -180 <= place.longitude <= 180:
        raise BadInput("A latitude is from -90 to 90 degrees, a longitude from -180 to 180")
    if max(len(place.name), len(place.address)) > WORDS_LIMIT:
        raise BadInput(f"A place's name and address have {WORDS_LIMIT} characters at most")


def _check_poll(poll: Poll) -> None:
    if len(poll.options) not in POLL_OPTIONS or len(set(poll.options)) < len(poll.options):
        raise BadInput(f"A poll has {POLL_OPTIONS[0]} to {POLL_OPTIONS[-1]} options, each another")
    if not all(0 < len(words.strip()) <= WORDS_LIMIT for words in (poll.question, *poll.options)):
        raise BadInput(f"A poll's question and options have 1 to {WORDS_LIMIT} characters each")
    if not 0 <= poll.choices <= len(poll.options):
        raise BadInput(f"'choices' is from 0 (any number of them) to {len(poll.options)}")


def _check_contacts(contacts: Contacts) -> None:
    if len(contacts.people) not in CARDS:
        raise BadInput(f"A message carries {CARDS[0]} to {CARDS[-1]} people's cards")
    for person in contacts.people:
        if not 0 < len(person.name) <= WORDS_LIMIT or len(person.numbers) not in CARD_NUMBERS:
            raise BadInput(
                f"A card has a name of 1 to {WORDS_LIMIT} characters and "
                f"{CARD_NUMBERS[0]} to {CARD_NUMBERS[-1]} numbers"
            )
