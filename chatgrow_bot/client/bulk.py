"""Many messages by one request: handed over, followed, paused, taken back, and what became of each."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..ids import new_id
from .messages import Content, content_of, form
from .nouns import Answer
from .wire import Call, Calls, part

PATH = "/api/whatsapp/bulk"
_PAGE = 1000


class Rejection(Answer, frozen=True, kw_only=True):
    """A row that was not taken."""

    row: int  #: from 1; of a CSV, its line as a spreadsheet shows it
    to: str = ""
    reason: str


class Handed(Answer, frozen=True, kw_only=True):
    """A batch that is stored and will be sent."""

    batch_id: str
    status: str
    accepted: int
    rejected: int = 0
    rejections: Sequence[Rejection] = ()
    estimated_completion: datetime | None = None


class Batch(Answer, frozen=True, kw_only=True):
    """How far a batch has come."""

    batch_id: str
    connection_id: str = ""
    name: str = ""
    status: str  #: running, waiting, paused, completed, cancelled
    waits_for: str = ""  #: what keeps it back, or why it ended early
    accepted: int = 0
    rejected: int = 0
    send_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime
    ended_at: datetime | None = None
    counts: Mapping[str, int] = {}  #: rows by status; like the next two not told in a list
    percent: float = 0.0  #: of the accepted rows that have left or have ended
    estimated_completion: datetime | None = None  #: None while nobody can tell

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will happen by itself any more."""
        return self.ended_at is not None


class Result(Answer, frozen=True, kw_only=True):
    """What became of a row."""

    row: int
    to: str = ""
    chat: str = ""
    message_id: str = ""  #: empty while it is no message
    status: str
    reason: str = ""
    updated_at: datetime | None = None


class _Batches(Answer, frozen=True, kw_only=True):
    batches: Sequence[Batch]


class _Results(Answer, frozen=True, kw_only=True):
    results: Sequence[Result]
    next: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class To:
    """One recipient of a batch."""

    to: str  #: a number in international form, or a chat id
    content: Content | None = None  #: of its own; without it the batch's, filled with `fields`
    fields: Mapping[str, str | float | bool | None] | None = None

    def row(self) -> dict[str, Any]:
        """As it is sent."""
        given = {"to": self.to, "content": self.content, "fields": self.fields}
        return {key: value for key, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a batch is sent."""

    send_at: datetime | None = None
    ttl: timedelta | None = None  #: after which, counted from then, nothing is sent any more
    window: Mapping[str, Any] | None = None  #: {"from": "09:00", "to": "18:00", "days": ["mon"], "zone": ...}
    duplicates: Literal["reject", "send"] = "reject"  #: what is done with who is there twice

    def options(self) -> dict[str, Any]:
        """As they are sent."""
        given = {
            "sendAt": self.send_at,
            "ttl": self.ttl.total_seconds() if self.ttl is not None else None,
            "window": self.window,
            "duplicates": self.duplicates,
        }
        return {key: value for key, value in given.items() if value is not None}


class BulkCalls(Calls):
    """Batches."""

    async def bulk_send(
        self,
        connection_id: str,
        messages: Iterable[To],
        content: Content | None = None,
        *,
        name: str = "",
        how: How | None = None,
        key: str = "",
    ) -> Handed:
        """Hand over up to 10,000 messages; all that can be are on the hub's disk when this returns, and what
        cannot is told by its row. `content` is a template where rows have `fields`: `Hi {{ name }}`.

        `key` as for `send_message`. Raises NotAllowed and RateLimited as the plan says, InvalidRequest.
        """
        body: dict[str, Any] = {
            "connectionId": connection_id,
            "messages": [each.row() for each in messages],
            "options": (how or How()).options(),
        }
        if content is not None:
            body["content"] = content
        if name:
            body["name"] = name
        call = Call(method="POST", path=f"{PATH}/send", body=body, key=key or new_id())
        return self._wire.read(Handed, await self._wire.raw(call))

    async def bulk_csv(
        self,
        connection_id: str,
        csv: Path | bytes,
        content: Content,
        *,
        name: str = "",
        how: How | None = None,
        key: str = "",
    ) -> Handed:
        """The same from a CSV, whose first line names the columns: `to` (or `phone`, `number`) has the
        number, the others are fields of the template."""
        table = content_of(csv)
        text = content if isinstance(content, str) else msgspec.json.encode(content).decode()
        fields = {"connectionId": connection_id, "content": text, "name": name}
        if options := (how or How()).options():
            fields["options"] = msgspec.json.encode(options).decode()
        given = {field: value for field, value in fields.items() if value}
        call = Call(
            method="POST",
            path=f"{PATH}/csv",
            form=lambda: form(file=(table, "recipients.csv", "text/csv"), **given),
            key=key or new_id(),
        )
        return self._wire.read(Handed, await self._wire.raw(call))

    async def bulk(self, batch_id: str) -> Batch:
        """How far a batch has come. Raises NotFound."""
        return await self._wire.get(Batch, f"{PATH}/{part(batch_id)}")

    async def bulks(self, *, limit: int = 50) -> Sequence[Batch]:
        """The newest batches."""
        return (await self._wire.get(_Batches, PATH, limit=limit)).batches

    async def bulk_results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each row, in order, page by page as they are asked for."""
        after: int | None = 0
        while after is not None:
            path = f"{PATH}/{part(batch_id)}/results"
            page = await self._wire.get(_Results, path, after=after or None, limit=_PAGE)
            for result in page.results:
                yield result
            after = page.next

    async def bulk_results_csv(self, batch_id: str) -> bytes:
        """What became of each row, as a CSV that is safe to open in a spreadsheet."""
        path = f"{PATH}/{part(batch_id)}/results"
        return await self._wire.raw(Call(method="GET", path=path, query={"format": "csv"}, accept="*/*"))

    async def pause_bulk(self, batch_id: str) -> Batch:
        """Let nothing more of it leave, until it is resumed."""
        return await self._wire.post(Batch, f"{PATH}/{part(batch_id)}/pause")

    async def resume_bulk(self, batch_id: str) -> Batch:
        """Let it go on."""
        return await self._wire.post(Batch, f"{PATH}/{part(batch_id)}/resume")

    async def cancel_bulk(self, batch_id: str) -> Batch:
        """Take back all of it that has not left."""
        return await self._wire.post(Batch, f"{PATH}/{part(batch_id)}/cancel")
