"""Bulk sends: asked for, followed, and what became of each row."""

from datetime import datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SkipValidation, field_validator

from chatgrow_bot.hub import MOST_ROWS, BatchState

from .base import Answer, Moment, Query, Request
from .content import Message

_YEAR = 366 * 24 * 3600
_Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[_Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Values that a template fills in.
Fields = dict[str, str | int | float | bool | None]
_BatchId = Annotated[str, Field(examples=["01a2055e703a77db82d215f3e6280656"])]
_ConnectionId = Annotated[str, Field(min_length=1, max_length=64, examples=["shop"])]
_Recipient = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        description="a number in international form, or a chat id",
        examples=["+14155550123"],
    ),
]
_Row = Annotated[
    int, Field(description="from 1; of a file, its line as a spreadsheet shows it", examples=[3])
]


def _hour(value: str) -> str:
    try:
        time.fromisoformat(value)
    except ValueError as error:
        raise ValueError("Write an hour of the day, for example 09:00") from error
    return value


_Hour = Annotated[str, Field(pattern=r"^\d\d:\d\d$", examples=["09:00"]), AfterValidator(_hour)]


class WindowAsked(Request):
    """When rows may leave, by the clock on the wall; past midnight if `to` is the earlier."""

    start: _Hour = Field(alias="from")
    end: _Hour = Field(alias="to")
    days: list[_Day] = Field(default_factory=lambda: [*_DAYS], min_length=1, max_length=7)
    zone: str = Field(default="UTC", min_length=1, max_length=64, examples=["Asia/Jerusalem"])

    @property
    def weekdays(self) -> frozenset[int]:
        """The days, Monday being 0."""
        return frozenset(_DAYS.index(day) for day in self.days)


class BulkOptions(Request):
    """How to send."""

    send_at: Moment | None = Field(default=None, description="not before this time")
    ttl: float | None = Field(
        default=None, gt=0, le=_YEAR, description="seconds since then after which nothing is sent any more"
    )
    window: WindowAsked | None = Field(default=None, description="the hours in which rows may leave")
    duplicates: Literal["reject", "send"] = Field(
        default="reject", description="what is done with a person who is there twice"
    )


class BulkMessage(Request):
    """One person."""

    to: _Recipient
    content: Message | None = Field(default=None, description="his own, sent as it is")
    fields: Fields = Field(default_factory=dict, description="for the content of all: {{ name }}")


class BulkSend(Request):
    """One request for many people. Each row is looked at by itself: one that does not fit is rejected, and
    the others are taken in."""

    connection_id: _ConnectionId
    name: str = Field(default="", max_length=255, description="for people", examples=["Summer sale"])
    messages: list[SkipValidation[BulkMessage]] = Field(min_length=1, max_length=MOST_ROWS)
    content: Message | None = Field(
        default=None,
        description="for all rows without content of their own; its text, or its caption, is a template",
        examples=["Hello {{ name }}, your order is ready"],
    )
    options: BulkOptions = Field(default_factory=BulkOptions)

    @field_validator("messages", mode="before")
    @classmethod
    def _a_list(cls, value: Any) -> Any:
        if isinstance(value, list) and not all(isinstance(each, dict) for each in value):
            raise ValueError("Each message is an object")
        return value


class CsvAsked(Request):
    """What stands in a form beside the file."""

    connection_id: _ConnectionId
    name: str = Field(default="", max_length=255)
    content: Message
    options: BulkOptions = Field(default_factory=BulkOptions)


class RejectionShown(Answer):
    """A row that was not taken in."""

    row: _Row
    to: str
    reason: str


class BulkAccepted(Answer):
    """A bulk send that is stored."""

    batch_id: _BatchId
    status: BatchState
    accepted: int
    rejected: int
    rejections: list[RejectionShown] = Field(description="the first 1,000")
    estimated_completion: datetime | None = Field(description="null while nobody can tell")


class BatchListed(Answer):
    """A bulk send in a list."""

    batch_id: _BatchId
    connection_id: str
    name: str
    status: BatchState
    waits_for: str = Field(description="what keeps it back, or why it ended early")
    accepted: int
    rejected: int
    send_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class BatchShown(BatchListed):
    """How far a bulk send has come."""

    counts: dict[str, int] = Field(
        description="rows by status: rejected, waiting, failed, expired, cancelled, or that of their message",
        examples=[{"waiting": 950, "sent": 30, "delivered": 18, "rejected": 2}],
    )
    percent: float = Field(description="of the accepted rows that have left or have ended")
    estimated_completion: datetime | None = Field(description="null while nobody can tell")


class BatchList(Answer):
    """The caller's bulk sends, newest first."""

    batches: list[BatchListed]
    next: str | None = Field(description="`before` of the next page; null at the end")


class BatchesAsked(Query):
    """A page of the list."""

    limit: int = Field(default=50, ge=1, le=200, description="of them, at most")
    before: str = Field(default="", max_length=32, description="`next` of the page before")


class ResultsAsked(Query):
    """A page of results."""

    limit: int = Field(default=500, ge=1, le=1000, description="of JSON; a file has all rows")
    after: int = Field(default=0, ge=0, le=2**31 - 1, description="`next` of the page before")
    status: str = Field(default="", max_length=200, description="only these, separated by commas")
    format: Literal["json", "csv"] | None = Field(default=None, description="by default, what Accept says")


class ResultShown(Answer):
    """What became of a row."""

    row: _Row
    to: str
    chat: str
    status: str
    reason: str
    message_id: str = Field(description="empty while it is no message")
    updated_at: datetime | None


class ResultList(Answer):
    """Rows, in order."""

    results: list[ResultShown]
    next: int | None = Field(description="`after` of the next page; null at the end")
