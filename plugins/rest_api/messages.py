"""Messages: accepted for sending, looked up, taken back."""

import base64
import binascii
import dataclasses
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.errors import BadInput, MediaRefused
from chatgrow_bot.hub import Hub
from chatgrow_bot.messages import Delivery, Kind, Media, Outbound, Priority, TimelineEntry
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.safety.media import display_name, kind_of
from chatgrow_bot.server.bodies import read_body

from .connections import PATH as CONNECTIONS
from .models import Accepted, MediaMessage, MediaSource, MessageStatus, Options, Send, TimelineStep
from .replies import reply, tenant_of

PATH = "/api/whatsapp/messages"

_SEND_BYTES = 1 << 20  # the longest text may take 12 bytes a character, as an escaped emoji does
_KEY_LENGTH = 255


class MessageRoutes:
    """/send of a connection, and /api/whatsapp/messages."""

    def __init__(self, hub: Hub) -> None:
        self._connections, self._outbox, self._spool = hub.connections, hub.outbox, hub.spool

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one = f"{PATH}/{{message_id}}"
        yield Route(
            method="POST",
            path=f"{CONNECTIONS}/{{connection_id}}/send",
            handler=self.send,
            access=Access.OPERATOR,
            max_body=_SEND_BYTES,
        )
        yield Route(method="GET", path=one, handler=self.get, access=Access.VIEWER)
        yield Route(method="DELETE", path=one, handler=self.cancel, access=Access.OPERATOR)

    async def send(self, request: web.Request) -> web.Response:
        """Accept a message: it is on disk, with its media, when this answers."""
        tenant, connection_id = tenant_of(request), request.match_info["connection_id"]
        key = _idempotency_key(request)
        body = await read_body(request, Send)
        message = Outbound(to=chat_of(body.to), **_asked(body.options))
        if isinstance(body.message, MediaMessage):
            # Before a file is fetched, and for nobody's sake but the owner's.
            await self._connections.get(tenant, connection_id)
            media = await self._fetch(tenant, body.message.media)
            message = dataclasses.replace(message, text=body.message.caption, media=media)
        else:
            message = dataclasses.replace(message, text=body.message)
        delivery = await self._outbox.enqueue(tenant, connection_id, message, source="api", key=key)
        accepted = Accepted(
            message_id=delivery.id,
            status=delivery.state,
            estimated_send_at=await self._outbox.estimate(delivery),
        )
        return reply(accepted, status=202, location=f"{PATH}/{delivery.id}")

    async def get(self, request: web.Request) -> web.Response:
        """How far a message has come, and every step so far."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        delivery = await self._outbox.get(tenant, message_id)
        return reply(_shown(delivery, await self._outbox.timeline(tenant, message_id)))

    async def cancel(self, request: web.Request) -> web.Response:
        """Take back a message that has not left."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        delivery = await self._outbox.cancel(tenant, message_id)
        return reply(_shown(delivery, await self._outbox.timeline(tenant, message_id)))

    async def _fetch(self, tenant: str, source: MediaSource) -> Media:
        kind = Kind(source.type) if source.type else None
        spool, label = self._spool, (source.mimetype, source.filename, kind)
        if source.path is not None:
            return await spool.from_path(tenant, Path(source.path), *label)
        if source.url is not None:
            return await spool.from_url(tenant, source.url, *label)
        if source.data is not None:
            return await spool.from_stream(tenant, _decoded(source.data), *label)
        media = await spool.from_upload(tenant, source.upload_id or "")
        return dataclasses.replace(
            media,
            kind=kind_of(media.mimetype, kind or media.kind),
            filename=display_name(source.filename or media.filename, media.mimetype),
        )


def _asked(options: Options) -> dict[str, Any]:
    return {
        "priority": Priority[options.priority.upper()],
        "send_at": options.send_at,
        "ttl": None if options.ttl is None else timedelta(seconds=options.ttl),
    }


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (key.isascii() and key.isprintable() and 0 < len(key) <= _KEY_LENGTH):
        raise BadInput(f"An Idempotency-Key has 1 to {_KEY_LENGTH} printable ASCII characters")
    return key


async def _decoded(data: str) -> AsyncIterator[bytes]:
    try:
        yield base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaRefused("'data' is not base64") from error


def _shown(delivery: Delivery, timeline: Iterable[TimelineEntry]) -> MessageStatus:
    return MessageStatus(
        message_id=delivery.id,
        connection_id=delivery.connection_id,
        chat=delivery.chat,
        type=delivery.kind,
        priority=delivery.priority.name.lower(),
        status=delivery.state,
        reason=delivery.reason,
        ack=delivery.ack,
        attempts=delivery.attempts,
        source=delivery.source,
        because=delivery.because,
        created_at=delivery.created_at,
        due_at=delivery.due,
        expires_at=delivery.expires_at,
        updated_at=delivery.updated_at,
        timeline=[TimelineStep(at=step.at, status=step.state, reason=step.reason) for step in timeline],
    )
