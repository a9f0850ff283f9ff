"""Messages: sent, remarked on, passed on, and as they are shown whichever way they went."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, JsonValue, RootModel

from chatgrow_bot.messages import MENTIONS_LIMIT

from .base import Answer, Moment, Query, Request
from .content import Message, Text

_YEAR = 366 * 24 * 3600

#: A number in international form, or a chat id.
_MessageId = Annotated[str, Field(examples=["01a2055e703a77db82d215f3e6280656"])]
_ConnectionId = Annotated[str, Field(examples=["shop"])]
_Chat = Annotated[str, Field(description="a chat id", examples=["14155550123@c.us"])]
_Kind = Annotated[str, Field(description="what it is: text, image, poll, reaction, ...", examples=["text"])]
_Status = Annotated[str, Field(examples=["queued"])]
_Recipient = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="a number in international form, or a chat id",
        examples=["+14155550123"],
    ),
]


#: Of each kind, one.
SENDS: list[JsonValue] = [
    {"to": "+14155550123", "message": "Hello"},
    {
        "to": "+14155550123",
        "message": {"media": {"url": "https://example.com/menu.png", "type": "image"}, "caption": "Our menu"},
        "options": {"priority": "high", "ttl": 3600},
    },
    {
        "to": "+14155550123",
        "message": {"location": {"latitude": 32.0853, "longitude": 34.7818, "name": "The shop"}},
    },
    {"to": "+14155550123", "message": {"contact": {"name": "Dana", "number": "+14155550124"}}},
    {
        "to": "120363041234567890@g.us",
        "message": {"poll": {"question": "Lunch?", "options": ["Pizza", "Soup"]}},
    },
]


class Options(Request):
    """How to send."""

    priority: Literal["high", "normal", "low"] = "normal"
    send_at: Moment | None = Field(default=None, description="not before this time")
    ttl: float | None = Field(
        default=None, gt=0, le=_YEAR, description="seconds after which it is not sent any more"
    )
    reply_to: str = Field(default="", max_length=64, description="messageId of the message to quote")
    mentions: list[_Recipient] = Field(
        default_factory=list,
        max_length=MENTIONS_LIMIT,
        description="people; each stands in the text as @number",
    )


class Send(Request):
    """A message to send."""

    model_config = ConfigDict(json_schema_extra={"examples": SENDS})

    to: _Recipient
    message: Message
    options: Options = Field(default_factory=Options)


class SendAsked(Query):
    """How long to wait for the answer."""

    wait: float = Field(
        default=0,
        ge=0,
        le=60,
        allow_inf_nan=False,
        description="seconds; the answer comes once the message is sent or has ended, or after so long",
    )


class React(Request):
    """An emoji on a message; empty to take it back."""

    emoji: str = Field(max_length=64, examples=["👍"])


class EditText(Request):
    """New words for a message."""

    text: Annotated[Text, Field(examples=["Hello again"])]


class Forward(Request):
    """Who gets a copy."""

    to: _Recipient
    connection_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="by default, the message's own"
    )


class Accepted(Answer):
    """A message that is stored and will be sent."""

    message_id: _MessageId
    status: _Status
    reason: str = Field(description="why it is in this state, if there is something to say")
    estimated_send_at: datetime = Field(description="when it leaves by the pacing; when it left, if it has")


class TimelineStep(Answer):
    """One step of a message's life."""

    at: datetime
    status: _Status
    reason: str


class MediaShown(Answer):
    """A file that a message carries."""

    status: Literal["ready", "fetching", "unavailable"]
    reason: str = Field(description="why there is no file")
    url: str = Field(description="where it is, once it is ready")
    mimetype: str
    filename: str
    size: int = Field(description="bytes; 0 when it is not known yet")


class _Shown(Answer):
    """What every message has."""

    message_id: _MessageId
    connection_id: _ConnectionId
    chat: _Chat
    type: _Kind
    text: str = Field(description="the words, or the caption of a file", examples=["Hello"])
    media: MediaShown | None
    payload: dict[str, Any] | None = Field(description="what it carries besides, by its type")
    about: str = Field(description="messageId of the message that it answers, or remarks on")
    mentions: list[str]
    forwarded: bool


class SentListed(_Shown):
    """An outgoing message in a list."""

    direction: Literal["outbound"] = "outbound"
    priority: str = Field(examples=["normal"])
    status: _Status
    reason: str
    ack: int = Field(description="-1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played")
    attempts: int
    source: str
    because: str
    request_id: str = Field(description="X-Request-Id of the answer that accepted it; the log has it too")
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    updated_at: datetime


class SentMessage(SentListed):
    """An outgoing message, and how far it has come."""

    waits_for: str = Field(description="what stands in its way now; empty when nothing does")
    timeline: list[TimelineStep]


class Decided(Answer):
    """A message after it was taken back, given up or sent again."""

    message_id: _MessageId
    status: _Status
    reason: str = Field(description="whether it may have left, and who decided")


class Held(Answer):
    """A message that waits for a person's decision: to be sent again or given up."""

    message_id: _MessageId
    connection_id: _ConnectionId
    chat: _Chat
    type: _Kind
    reason: str
    attempts: int
    created_at: datetime
    updated_at: datetime


class HeldList(Answer):
    """The caller's messages that wait for a person's decision, oldest first."""

    messages: list[Held]


class ReceivedMessage(_Shown):
    """A message that came in."""

    direction: Literal["inbound"] = "inbound"
    participant: str = Field(description="who wrote, in a group")
    from_me: bool = Field(description="typed on the linked phone itself")
    name: str = Field(description="the name the writer gave himself; no proof of who it is")
    chat_name: str = Field(description="the group's name")
    sent_at: datetime
    received_at: datetime


class AnyMessage(RootModel[Annotated[SentMessage | ReceivedMessage, Field(discriminator="direction")]]):
    """A message, whichever way it went."""


class Replies(Answer):
    """What came in about a message, oldest first."""

    messages: list[ReceivedMessage]


class UploadNamed(Query):
    """What a raw body does not say of itself."""

    filename: str = Field(default="", max_length=255, description="of a raw body; a form names its file")


class Uploaded(Answer):
    """A file, kept until a message names it."""

    upload_id: str
    type: str
    mimetype: str
    filename: str
    size: int = Field(description="bytes")
    sha256: str
