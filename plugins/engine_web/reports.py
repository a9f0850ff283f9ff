"""The shapes of what the page tells unasked. A report is hostile input until it fits one of these; what fits
is turned into the core's words here."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import msgspec

from chatgrow_bot.engine import Ack, Arrival
from chatgrow_bot.messages import FILES, MENTIONS_LIMIT, PAYLOADS, TEXT_LIMIT, Attachment, Kind
from chatgrow_bot.payloads import (
    CARDS,
    POLL_OPTIONS,
    WORDS_LIMIT,
    Contacts,
    Deletion,
    Edit,
    Location,
    Payload,
    Poll,
    Reaction,
    Vote,
)

from .vcards import read_card

#: Characters, or pieces, of what the page may tell; the bridge cuts what is longer.
LIMITS = {
    "text": TEXT_LIMIT,
    "name": 256,
    "words": WORDS_LIMIT,
    "emoji": 64,
    "options": POLL_OPTIONS[-1],
    "cards": CARDS[-1],
    "card": 4096,
    "mentions": MENTIONS_LIMIT,
}

_CHAT = r"^\d{5,20}(-\d{5,20})?@(c\.us|g\.us|lid)\Z"
_PERSON = r"^\d{5,20}@(c\.us|lid)\Z"
_WA_ID = r"^[\w.=-]{1,128}\Z"
ChatId = Annotated[str, msgspec.Meta(pattern=_CHAT)]
PersonId = Annotated[str, msgspec.Meta(pattern=_PERSON)]
_PersonOrNone = Annotated[str, msgspec.Meta(pattern=rf"^\Z|{_PERSON}")]
_WaId = Annotated[str, msgspec.Meta(pattern=_WA_ID)]
_WaIdOrNone = Annotated[str, msgspec.Meta(pattern=rf"^\Z|{_WA_ID}")]
Name = Annotated[str, msgspec.Meta(max_length=LIMITS["name"])]
_Words = Annotated[str, msgspec.Meta(max_length=LIMITS["words"])]
_Card = Annotated[str, msgspec.Meta(max_length=LIMITS["card"])]
_Options = Annotated[list[_Words], msgspec.Meta(max_length=LIMITS["options"])]


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What a message carries besides words and files."""

    kind: ClassVar[Kind]  #: of the message that carries it

    def payload(self) -> Payload:
        """In the core's words."""
        raise NotImplementedError


class LocationTold(_Told, frozen=True, tag="location"):
    """A place."""

    kind = Kind.LOCATION

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    name: _Words
    address: _Words

    def payload(self) -> Location:
        """In the core's words."""
        name, address = plain(self.name), plain(self.address)
        return Location(latitude=self.latitude, longitude=self.longitude, name=name, address=address)


class ContactsTold(_Told, frozen=True, tag="contacts"):
    """People's vCards."""

    kind = Kind.CONTACT

    cards: Annotated[list[_Card], msgspec.Meta(min_length=1, max_length=LIMITS["cards"])]

    def payload(self) -> Contacts:
        """In the core's words."""
        return Contacts(people=tuple(read_card(plain(card)) for card in self.cards))


class PollTold(_Told, frozen=True, tag="poll"):
    """A question with options."""

    kind = Kind.POLL

    question: _Words
    options: Annotated[_Options, msgspec.Meta(min_length=1)]
    choices: Annotated[int, msgspec.Meta(ge=0, le=LIMITS["options"])]

    def payload(self) -> Poll:
        """In the core's words."""
        options = tuple(map(plain, self.options))
        return Poll(question=plain(self.question), options=options, choices=self.choices)


class VoteTold(_Told, frozen=True, tag="vote"):
    """The options that somebody now chooses."""

    kind = Kind.VOTE

    options: _Options

    def payload(self) -> Vote:
        """In the core's words."""
        return Vote(options=tuple(map(plain, self.options)))


class ReactionTold(_Told, frozen=True, tag="reaction"):
    """An emoji, or none any more."""

    kind = Kind.REACTION

    emoji: Annotated[str, msgspec.Meta(max_length=LIMITS["emoji"])]

    def payload(self) -> Reaction:
        """In the core's words."""
        return Reaction(emoji=plain(self.emoji))


class EditTold(_Told, frozen=True, tag="edit"):
    """The message's text is the new one."""

    kind = Kind.EDIT

    def payload(self) -> Edit:
        """In the core's words."""
        return Edit()


class DeletionTold(_Told, frozen=True, tag="deletion"):
    """An earlier message is gone."""

    kind = Kind.DELETION

    def payload(self) -> Deletion:
        """In the core's words."""
        return Deletion()


class AttachmentTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sender says of a file."""

    mimetype: Name
    filename: Name
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


class Message(msgspec.Struct, tag="message", frozen=True, rename="camel", forbid_unknown_fields=True):
    """A message of which the page tells, or a remark on one."""

    chat: ChatId
    participant: _PersonOrNone
    chat_name: Name
    lid: Annotated[str, msgspec.Meta(pattern=r"^\Z|^\d{5,20}@lid\Z")]
    from_me: bool
    wa_id: _WaId
    kind: Kind
    text: Annotated[str, msgspec.Meta(max_length=LIMITS["text"])]
    name: Name
    sent_at: Annotated[int, msgspec.Meta(gt=0, lt=1 << 33)]
    attachment: AttachmentTold | None
    payload: LocationTold | ContactsTold | PollTold | VoteTold | ReactionTold | EditTold | DeletionTold | None
    about: _WaIdOrNone
    mentions: Annotated[list[PersonId], msgspec.Meta(max_length=LIMITS["mentions"])]
    forwarded: bool

    def __post_init__(self) -> None:
        carried = self.payload.kind if self.payload else None
        if carried is not (self.kind if self.kind in PAYLOADS else None):
            raise ValueError(f"what it carries is not a {self.kind}")
        if (self.attachment is not None) is not (self.kind in FILES):
            raise ValueError("a file without its description, or the other way round")

    def arrival(self) -> Arrival:
        """In the core's words."""
        return Arrival(
            chat=self.chat,
            participant=self.participant,
            from_me=self.from_me,
            wa_id=self.wa_id,
            kind=self.kind,
            text=plain(self.text),
            attachment=_attachment(self.attachment) if self.attachment else None,
            payload=self.payload.payload() if self.payload else None,
            about=self.about,
            mentions=tuple(self.mentions),
            forwarded=self.forwarded,
            name=plain(self.name),
            chat_name=plain(self.chat_name),
            lid=self.lid,
            sent_at=datetime.fromtimestamp(self.sent_at, UTC),
        )


class AckReport(msgspec.Struct, tag="ack", frozen=True, rename="camel", forbid_unknown_fields=True):
    """One of our messages came further."""

    chat: ChatId
    wa_id: _WaId
    ack: Annotated[int, msgspec.Meta(ge=-7, le=5)]

    def known(self) -> Ack:
        """In the core's words: every refusal is -1, and nothing is further than played."""
        return Ack(chat=self.chat, wa_id=self.wa_id, ack=max(-1, min(self.ack, 4)))


class Changed(msgspec.Struct, tag="changed", frozen=True, forbid_unknown_fields=True):
    """The session changed; `logout` is WhatsApp's reason when it was logged out."""

    logout: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Beat(msgspec.Struct, tag="beat", frozen=True, forbid_unknown_fields=True):
    """A sign of life; `told` is how many reports of this page we have taken, by its own count."""

    told: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]


#: Whatever the page may tell.
Report = Message | AckReport | Changed | Beat


def readable(told: list[Any]) -> tuple[list[Message], int]:
    """Those that fit the shape, and how many do not: each is a stranger's, and speaks for itself only."""
    messages = []
    for each in told:
        with contextlib.suppress(msgspec.ValidationError, UnicodeError):
            messages.append(msgspec.convert(each, Message))
    return messages, len(told) - len(messages)


def plain(text: str) -> str:
    """Without the one character that databases refuse."""
    return text.replace("\x00", "")


def _attachment(told: AttachmentTold) -> Attachment:
    return Attachment(mimetype=plain(told.mimetype), filename=plain(told.filename), size=told.size)
