"""Lists of messages, and what may be asked of them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from chatgrow_bot.hub import Direction
from chatgrow_bot.messages import Kind, State

from .base import Answer, Moment, Query
from .messages import ReceivedMessage, SentListed

MOST = 200


class MessagesAsked(Query):
    """Which messages, newest first."""

    chat: str = Field(
        default="",
        max_length=64,
        description="a number in international form, or a chat id",
        examples=["+14155550123"],
    )
    direction: Direction | None = Field(default=None, description="those that went out, or came in")
    status: State | None = Field(default=None, description="of messages that were sent")
    type: Kind | None = Field(default=None, description="what it is: text, image, poll, reaction, ...")
    since: Moment | None = Field(default=None, description="those that came, or were accepted, then or later")
    until: Moment | None = Field(default=None, description="and those before then")
    q: str = Field(
        default="",
        max_length=200,
        description="what their text holds somewhere, letter by letter; small letters and capitals are alike",
        examples=["invoice"],
    )
    before: str = Field(
        default="", pattern="^([0-9a-f]{32})?$", description="`next` of the page before; else the newest"
    )
    limit: int = Field(default=50, ge=1, le=MOST, description="at most so many")


class MessageList(Answer):
    """A page of messages, newest first. It may be empty and yet have a next one."""

    messages: list[Annotated[SentListed | ReceivedMessage, Field(discriminator="direction")]]
    next: str | None = Field(description="give it as `before` for the next page; null after the last")
    searched_back_to: datetime | None = Field(
        description="the time of the oldest message that was looked at; null when all were"
    )
