"""Messages: sent, looked up, taken back; their files, and the people they go to."""

import asyncio
import io
import mimetypes
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import aiohttp

from ..errors import BadInput
from ..ids import new_id
from .connections import PATH as CONNECTIONS
from .nouns import Accepted, Answer, Contact, Decided, ReceivedMessage, SentMessage, Upload
from .wire import Call, Calls, Wire, part

PATH = "/api/whatsapp/messages"
MEDIA = "/api/whatsapp/media"

Priority = Literal["high", "normal", "low"]
#: A text, or what the API calls a message: `{"media": {"uploadId": ...}, "caption": ...}`,
#: `{"location": ...}`, `{"contact": ...}`, `{"poll": ...}`.
Content = str | Mapping[str, Any]

#: How many are asked for at once.
MESSAGE_PAGE = 200
_EITHER: Any = SentMessage | ReceivedMessage


class _Messages(Answer, frozen=True, kw_only=True):
    messages: Sequence[SentMessage | ReceivedMessage]
    next: str | None = None


class _Contacts(Answer, frozen=True, kw_only=True):
    contacts: Sequence[Contact]
    next: str | None = None


class MessageCalls(Calls):
    """Messages."""

    async def send_message(
        self,
        connection_id: str,
        to: str,
        message: Content,
        *,
        priority: Priority = "normal",
        send_at: datetime | None = None,
        ttl: timedelta | None = None,
        reply_to: str = "",
        mentions: Sequence[str] = (),
        wait: float = 0,
        key: str = "",
    ) -> Accepted:
        """Send a text, or other content, to a number or a chat id. It is on the hub's disk when this returns;
        with `wait` it returns once the message has left or ended, or after so many seconds.

        `key` is its Idempotency-Key: another call with the same key and content sends nothing, and answers as
        the first did. Without one each call is a message of its own; tries of one call share a key anyway.
        Raises NotFound, RateLimited (the plan), InvalidRequest (the number, the content).
        """
        options: dict[str, Any] = {"priority": priority}
        if send_at is not None:
            options["sendAt"] = send_at
        if ttl is not None:
            options["ttl"] = ttl.total_seconds()
        if reply_to:
            options["replyTo"] = reply_to
        if mentions:
            options["mentions"] = list(mentions)
        call = Call(
            method="POST",
            path=f"{CONNECTIONS}/{part(connection_id)}/send",
            query={"wait": str(wait)} if wait else {},
            body={"to": to, "message": message, "options": options},
            key=key or new_id(),
        )
        return self._wire.read(Accepted, await self._wire.raw(call))

    async def upload(self, file: Path | bytes, *, filename: str = "", mimetype: str = "") -> Upload:
        """Put a file on the hub, for messages to name by its upload_id. What no message names goes by itself,
        so this is safe to try again."""
        content = await asyncio.to_thread(content_of, file)
        name = filename or (file.name if isinstance(file, Path) else "file")
        kind = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
        call = Call(method="POST", path=MEDIA, form=lambda: form(file=(content, name, kind)), again=True)
        return self._wire.read(Upload, await self._wire.raw(call))

    async def message(self, message_id: str) -> SentMessage | ReceivedMessage:
        """A message, whichever way it went; of a sent one with its timeline. Raises NotFound."""
        body = await self._wire.raw(Call(method="GET", path=f"{PATH}/{part(message_id)}"))
        found: SentMessage | ReceivedMessage = self._wire.read(_EITHER, body)
        return found

    async def cancel_message(self, message_id: str) -> Decided:
        """Take back a message that has not left. Raises Conflict when it has."""
        return self._wire.read(Decided, await self._wire.delete(f"{PATH}/{part(message_id)}"))

    async def messages(
        self,
        connection_id: str = "",
        *,
        chat: str = "",
        direction: Literal["inbound", "outbound"] | None = None,
        status: str = "",
        type: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        text: str = "",
        limit: int | None = None,
    ) -> AsyncIterator[SentMessage | ReceivedMessage]:
        """Messages both ways, newest first, page by page as they are asked for; at most `limit` in all."""
        path = f"{CONNECTIONS}/{part(connection_id)}/messages" if connection_id else PATH
        asked: dict[str, Any] = {
            "chat": chat,
            "direction": direction,
            "status": status,
            "type": type,
            "since": since,
        }
        async for message in messages_of(self._wire, path, limit, **asked, until=until, q=text):
            yield message

    async def contacts(self, connection_id: str, *, limit: int | None = None) -> AsyncIterator[Contact]:
        """The people with whom a connection has written, page by page; at most `limit` in all."""
        path, after = f"{CONNECTIONS}/{part(connection_id)}/contacts", ""
        while limit != 0:
            size = MESSAGE_PAGE if limit is None else min(MESSAGE_PAGE, limit)
            page = await self._wire.get(_Contacts, path, after=after, limit=size)
            for contact in page.contacts:
                yield contact
            limit = None if limit is None else limit - len(page.contacts)
            if page.next is None:
                return
            after = page.next


async def messages_of(
    wire: Wire, path: str, limit: int | None, **asked: Any
) -> AsyncIterator[SentMessage | ReceivedMessage]:
    """A list of messages, page by page as they are asked for; at most `limit` in all."""
    before: str | None = ""
    while before is not None and limit != 0:
        size = MESSAGE_PAGE if limit is None else min(MESSAGE_PAGE, limit)
        page = await wire.get(_Messages, path, **asked, before=before, limit=size)
        for message in page.messages:
            yield message
        before, limit = page.next, None if limit is None else limit - len(page.messages)


def content_of(file: Path | bytes) -> bytes:
    """A file's bytes. Raises BadInput where it cannot be read."""
    if isinstance(file, bytes):
        return file
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error


def form(file: tuple[bytes, str, str], **fields: str) -> aiohttp.FormData:
    """A form with one file, (bytes, name, type), after its other fields."""
    made = aiohttp.FormData(quote_fields=False)
    for name, value in fields.items():
        made.add_field(name, value)
    content, filename, mimetype = file
    made.add_field("file", io.BytesIO(content), filename=filename, content_type=mimetype)
    return made
