"""Bulk sends, as others see them: one request for thousands of people, handed to the queue little by little.

A row is one person of a request. Its number is how its sender counts: from 1, or the line of his file as a
spreadsheet shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Protocol

from ..messages import FileNamed as FileNamed
from ..messages import Media
from ..payloads import Payload

#: Rows of one request, at most.
MOST_ROWS = 10_000


class BatchState(StrEnum):
    """Where a bulk send is."""

    RUNNING = "running"  #: its rows leave, one after another
    WAITING = "waiting"  #: something keeps all of it back: its time, its hours, its connection
    PAUSED = "paused"  #: a person keeps it back
    COMPLETED = "completed"  #: nothing of it will happen by itself any more
    CANCELLED = "cancelled"  #: a person gave up what had not left


class RowState(StrEnum):
    """What a row is of which there is no message; of any other row it is its message's state."""

    REJECTED = "rejected"  #: never taken in, and why is told
    WAITING = "waiting"  #: its turn comes
    FAILED = "failed"  #: its file could not be had, or its connection is gone
    EXPIRED = "expired"  #: its time to live ended first
    CANCELLED = "cancelled"  #: given up with the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingHours:
    """When rows may leave, by the clock on the wall: from `start` to `end` on these days, past midnight if
    `end` is the earlier. Never equal."""

    start: time
    end: time
    days: frozenset[int] = frozenset(range(7))  #: Monday is 0; a night belongs to the day it begins on
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is said: words, a file with words, or something else."""

    text: str = ""  #: the words, or the caption
    media: Media | None = None  #: in the spool
    file: FileNamed | None = None  #: to be fetched
    payload: Payload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One person of a request."""

    number: int
    to: str
    content: Content | None = None  #: his own, as it is; None: the template's
    fields: Mapping[str, object] = field(default_factory=dict)  #: for the template
    fault: str = ""  #: why it cannot be taken in, as far as that is seen before


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOrder:
    """A request."""

    connection_id: str
    rows: Sequence[BulkRow]
    name: str = ""
    template: Content | None = None  #: for all rows without content of their own; its text has fields
    send_at: datetime | None = None
    ttl: float | None = None  #: seconds since then after which nothing is sent any more
    hours: SendingHours | None = None
    duplicates: bool = False  #: whether a person may be there twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A row that was not taken in."""

    number: int
    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A bulk send as its owner sees it."""

    batch_id: str
    tenant: str
    connection_id: str
    name: str
    state: BatchState
    reason: str  #: why it is in this state, or what it waits for, in a sentence
    accepted: int  #: rows
    rejected: int
    send_at: datetime | None
    expires_at: datetime | None
    hours: SendingHours | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a bulk send has come."""

    batch: Batch
    counts: Mapping[str, int]  #: rows by state: a RowState, or the state of the row's message
    percent: float  #: of the accepted rows that have left, have ended or are held for a person
    estimated_completion: datetime | None  #: None while nobody can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a request."""

    batch: Batch
    rejections: Sequence[Rejection]  #: the first of them
    estimated_completion: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of a row."""

    number: int
    to: str
    chat: str  #: canonical; empty when it is no number
    state: str  #: a RowState, or the state of its message
    reason: str
    message_id: str  #: of the message that it became; empty while there is none
    updated_at: datetime | None


class Bulk(Protocol):
    """Bulk sends. Foreign and missing ids raise the same BatchNotFound."""

    async def check(self, tenant: str, connection_id: str = "") -> None:
        """Whether a request may come at all, for a connection if that is named. Raises NotAllowed, naming the
        plans that have bulk sends, and ConnectionNotFound."""
        ...

    async def taken_before(self, tenant: str, key: str, asked: str) -> Taken | None:
        """What came of an earlier request under this key; None when there was none. Raises
        IdempotencyMismatch when that was another."""
        ...

    async def take(self, tenant: str, order: BulkOrder, *, key: str | None = None, asked: str = "") -> Taken:
        """Store a request; all of it is on disk when this returns. `asked` is a digest of the request, for a
        repeated `key`. Raises NothingAccepted, ConnectionNotFound, ConnectionNotReady, RateLimitExceeded,
        BadInput, NotAllowed, IdempotencyMismatch."""
        ...

    async def list(
        self, tenant: str, limit: int, before: str = "", on: frozenset[str] | None = None
    ) -> Sequence[Batch]:
        """The newest, or the newest before one; on these connections only, if they are named."""
        ...

    async def get(self, tenant: str, batch_id: str) -> Batch:
        """One of them. Raises BatchNotFound."""
        ...

    async def progress(self, tenant: str, batch_id: str) -> Progress:
        """How far one has come. Raises BatchNotFound."""
        ...

    async def results(
        self, tenant: str, batch_id: str, limit: int, after: int = 0, states: frozenset[str] | None = None
    ) -> Sequence[RowResult]:
        """Its rows behind a number, in order; those in these states only, if they are named. Raises
        BatchNotFound."""
        ...

    async def pause(self, tenant: str, batch_id: str) -> Progress:
        """Let no more of it leave; what was handed to the queue is taken back. Raises BatchNotFound, and
        Conflict when it has ended."""
        ...

    async def resume(self, tenant: str, batch_id: str) -> Progress:
        """Let it go on. Raises BatchNotFound, and Conflict when it has ended."""
        ...

    async def cancel(self, tenant: str, batch_id: str) -> Progress:
        """Give up whatever has not left. Raises BatchNotFound, and Conflict when it is completed."""
        ...
