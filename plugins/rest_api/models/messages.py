"""Messages: sent, remarked on, passed on, and as they are shown whichever way they went."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chatgrow_bot.messages import MENTIONS_LIMIT

from .base import Answer, Moment, Request
from .content import Message, Text

_YEAR = 366 * 24 * 3600

#: A number in international form, or a chat id.
_Recipient = Annotated[
    str, Field(min_length=1, max_length=64, description="a number in international form, or a chat id")
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

    to: _Recipient
    message: Message
    options: Options = Field(default_factory=Options)


class React(Request):
    """An emoji on a message; empty to take it back."""

    emoji: str = Field(max_length=64)


class EditText(Request):
    """New words for a message."""

    text: Text


class Forward(Request):
    """Who gets a copy."""

    to: _Recipient
    connection_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="by default, the message's own"
    )


class Accepted(Answer):
    """A message that is stored and will be sent."""

    message_id: str
    status: str
    estimated_send_at: datetime


class TimelineStep(Answer):
    """One step of a message's life."""

    at: datetime
    status: str
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

    message_id: str
    connection_id: str
    chat: str
    type: str
    text: str = Field(description="the words, or the caption of a file")
    media: MediaShown | None
    payload: dict[str, Any] | None = Field(description="what it carries besides, by its type")
    about: str = Field(description="messageId of the message that it answers, or remarks on")
    mentions: list[str]
    forwarded: bool


class SentMessage(_Shown):
    """An outgoing message, and how far it has come."""

    direction: Literal["outbound"] = "outbound"
    priority: str
    status: str
    reason: str
    waits_for: str = Field(description="what stands in its way now; empty when nothing does")
    ack: int = Field(description="-1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played")
    attempts: int
    source: str
    because: str
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    updated_at: datetime
    timeline: list[TimelineStep]


class Held(Answer):
    """A message that waits for a person's decision: to be sent again or given up."""

    message_id: str
    connection_id: str
    chat: str
    type: str
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


class Replies(Answer):
    """What came in about a message, oldest first."""

    messages: list[ReceivedMessage]


class Uploaded(Answer):
    """A file, kept until a message names it."""

    upload_id: str
    type: str
    mimetype: str
    filename: str
    size: int = Field(description="bytes")
    sha256: str
