"""Messages: accepted for sending, looked up, taken back."""

import dataclasses
from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.hub import Hub
from chatgrow_bot.messages import Delivery, Outbound, Priority
from chatgrow_bot.plugin import Access, Route
from chatgrow_bot.server.bodies import read_body

from .accepting import PATH, accept
from .connections import PATH as CONNECTIONS
from .content import fetched, payload_of
from .found import find, received, shown
from .models.content import Content
from .models.messages import Held, HeldList, Options, Replies, Send
from .replies import reply, tenant_of

#: Bytes of a body with a text: the longest may take 12 a character, as an escaped emoji does.
TEXT_BYTES = 1 << 20


class MessageRoutes:
    """/send of a connection, and /api/whatsapp/messages."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one = f"{PATH}/{{message_id}}"
        yield Route(
            method="POST",
            path=f"{CONNECTIONS}/{{connection_id}}/send",
            handler=self.send,
            access=Access.OPERATOR,
            max_body=TEXT_BYTES,
        )
        yield Route(method="GET", path=f"{PATH}/held", handler=self.held, access=Access.OPERATOR)
        yield Route(method="POST", path=f"{one}/resend", handler=self.resend, access=Access.OPERATOR)
        yield Route(method="GET", path=one, handler=self.get, access=Access.VIEWER)
        yield Route(method="GET", path=f"{one}/replies", handler=self.replies, access=Access.VIEWER)
        yield Route(method="DELETE", path=one, handler=self.cancel, access=Access.OPERATOR)

    async def send(self, request: web.Request) -> web.Response:
        """Accept a message: it is on disk, with its media, when this answers."""
        tenant, connection_id = tenant_of(request), request.match_info["connection_id"]
        body = await read_body(request, Send)
        message = _addressed(body.to, body.options)
        if isinstance(body.message, Content):
            if source := body.message.media:
                # Before a file is fetched, and for nobody's sake but the owner's.
                await self._hub.connections.get(tenant, connection_id)
                media = await fetched(self._hub.spool, tenant, source)
                message = dataclasses.replace(message, text=body.message.caption or "", media=media)
            else:
                message = dataclasses.replace(message, payload=payload_of(body.message))
        else:
            message = dataclasses.replace(message, text=body.message)
        return await accept(request, self._hub.outbox, connection_id, message)

    async def get(self, request: web.Request) -> web.Response:
        """What a message says; of an outgoing one also how far it has come, and every step so far."""
        return await self._show(tenant_of(request), request.match_info["message_id"])

    async def replies(self, request: web.Request) -> web.Response:
        """What came in about a message: quotes of it, reactions, votes, edits, deletions."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await find(self._hub, tenant, message_id)
        came = await self._hub.inbox.replies(tenant, message_id)
        return reply(Replies(messages=[received(message) for message in came]))

    async def cancel(self, request: web.Request) -> web.Response:
        """Take back a message that has not left, or give up one that is held."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await self._hub.outbox.cancel(tenant, message_id)
        return await self._show(tenant, message_id)

    async def held(self, request: web.Request) -> web.Response:
        """The messages that wait for a person's decision."""
        return reply(
            HeldList(
                messages=[
                    Held(
                        message_id=each.id,
                        connection_id=each.connection_id,
                        chat=each.chat,
                        type=each.kind,
                        reason=each.reason,
                        attempts=each.attempts,
                        created_at=each.created_at,
                        updated_at=each.updated_at,
                    )
                    for each in await self._hub.outbox.held(tenant_of(request))
                ]
            )
        )

    async def resend(self, request: web.Request) -> web.Response:
        """Send a held message again, under the same id."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await find(self._hub, tenant, message_id)
        await self._hub.outbox.resend(tenant, message_id)
        return await self._show(tenant, message_id)

    async def _show(self, tenant: str, message_id: str) -> web.Response:
        found = await find(self._hub, tenant, message_id)
        if not isinstance(found.message, Delivery):
            return reply(shown(found, (), ""))
        timeline = await self._hub.outbox.timeline(tenant, message_id)
        return reply(shown(found, timeline, await self._hub.outbox.waits_for(tenant, message_id)))


def _addressed(to: str, options: Options) -> Outbound:
    """Whom it is for and how it is sent; it says nothing yet."""
    return Outbound(
        to=chat_of(to),
        about=options.reply_to,
        mentions=tuple(options.mentions),
        priority=Priority[options.priority.upper()],
        send_at=options.send_at,
        ttl=None if options.ttl is None else timedelta(seconds=options.ttl),
    )
