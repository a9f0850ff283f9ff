"""Messages: accepted for sending, looked up, taken back."""

import dataclasses
import hashlib
from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.hub import Hub, Scope
from chatgrow_bot.messages import Delivery, Outbound, Priority
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import read_body, read_query

from .accepting import PATH, accept, accepted_before, accepts
from .connections import PATH as CONNECTIONS
from .content import fetched, payload_of
from .found import find, received, shown
from .models.content import Content
from .models.messages import AnyMessage, Decided, Held, HeldList, Options, Replies, Send, SendAsked
from .replies import reply, tenant_of

#: Bytes of a body with a text: the longest may take 12 a character, as an escaped emoji does.
TEXT_BYTES = 1 << 20

_TAG = "Messages"
_HELD = Doc(tag=_TAG, answer=HeldList)
_DECIDED = Doc(tag=_TAG, answer=Decided, also=(409,))
_ONE = Doc(tag=_TAG, answer=AnyMessage)
_REPLIES = Doc(tag=_TAG, answer=Replies)


class MessageRoutes:
    """/send of a connection, and /api/whatsapp/messages."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator, viewer = f"{PATH}/{{message_id}}", Access.OPERATOR, Access.VIEWER
        yield Route(
            method="POST",
            path=f"{CONNECTIONS}/{{connection_id}}/send",
            handler=self.send,
            scope=Scope.SEND,
            doc=accepts(_TAG, Send, SendAsked),
            access=operator,
            max_body=TEXT_BYTES,
        )
        served = (
            ("GET", f"{PATH}/held", self.held, operator, Scope.READ, _HELD),
            ("POST", f"{one}/resend", self.resend, operator, Scope.SEND, _DECIDED),
            ("GET", one, self.get, viewer, Scope.READ, _ONE),
            ("GET", f"{one}/replies", self.replies, viewer, Scope.READ, _REPLIES),
            ("DELETE", one, self.cancel, operator, Scope.SEND, _DECIDED),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def send(self, request: web.Request) -> web.Response:
        """Accept a message: it is on disk, with its media, when this answers. With `?wait=` the answer comes
        once it is sent or has ended (200), or after so many seconds (202)."""
        tenant, connection_id = tenant_of(request), request.match_info["connection_id"]
        asked = read_query(request, SendAsked)
        body, digest = await read_body(request, Send), ""
        if isinstance(body.message, Content):
            message = _addressed(body.to, body.options)
            if source := body.message.media:
                digest = _digest(connection_id, body)
                # Before a file is fetched, which may be gone by now.
                if before := await accepted_before(request, self._hub.outbox, digest, asked.wait):
                    return before
                # And for nobody's sake but the owner's.
                await self._hub.connections.get(tenant, connection_id)
                most = await self._hub.plans.media_size(tenant)
                media = await fetched(self._hub.spool, tenant, source, most)
                message = dataclasses.replace(message, text=body.message.caption or "", media=media)
            else:
                message = dataclasses.replace(message, payload=payload_of(body.message))
        else:
            message = _addressed(body.to, body.options, body.message)
        return await accept(request, self._hub.outbox, connection_id, message, asked.wait, digest)

    async def get(self, request: web.Request) -> web.Response:
        """What a message says; of an outgoing one also how far it has come, and every step so far."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        found = await find(self._hub, request[IDENTITY], message_id)
        if not isinstance(found.message, Delivery):
            return reply(shown(found, (), ""))
        timeline = await self._hub.outbox.timeline(tenant, message_id)
        return reply(shown(found, timeline, await self._hub.outbox.waits_for(tenant, message_id)))

    async def replies(self, request: web.Request) -> web.Response:
        """What came in about a message: quotes of it, reactions, votes, edits, deletions."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await find(self._hub, request[IDENTITY], message_id)
        came = await self._hub.inbox.replies(tenant, message_id)
        return reply(Replies(messages=[received(message) for message in came]))

    async def cancel(self, request: web.Request) -> web.Response:
        """Take back a message that has not left, or give up one that is held."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await find(self._hub, request[IDENTITY], message_id)
        return _decided(await self._hub.outbox.cancel(tenant, message_id))

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
                    if request[IDENTITY].may_use(each.connection_id)
                ]
            )
        )

    async def resend(self, request: web.Request) -> web.Response:
        """Send a held message again, under the same id."""
        tenant, message_id = tenant_of(request), request.match_info["message_id"]
        await find(self._hub, request[IDENTITY], message_id)
        return _decided(await self._hub.outbox.resend(tenant, message_id))


def _decided(delivery: Delivery) -> web.Response:
    """How far it is now, and no word of what it says: a key that may only send asks for this."""
    return reply(Decided(message_id=delivery.id, status=delivery.state, reason=delivery.reason))


def _digest(connection_id: str, body: Send) -> str:
    """A request as one short value."""
    return hashlib.sha256(f"{connection_id} {body.model_dump_json()}".encode()).hexdigest()


def _addressed(to: str, options: Options, text: str = "") -> Outbound:
    """Whom it is for and how it is sent, and what it says in words."""
    return Outbound(
        to=chat_of(to),
        text=text,
        about=options.reply_to,
        mentions=tuple(options.mentions),
        priority=Priority[options.priority.upper()],
        send_at=options.send_at,
        ttl=None if options.ttl is None else timedelta(seconds=options.ttl),
    )
