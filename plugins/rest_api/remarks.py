"""What is done with an earlier message, sent or received: a reaction, an edit, a deletion, a copy to others.

Each is a delivery of its own: it waits its turn, is paced, retried and followed like any other message.
"""

from collections.abc import Iterable

from aiohttp import web

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.errors import BadInput, Conflict, ConnectionNotFound, KeyNotAllowed
from chatgrow_bot.hub import Hub, Scope
from chatgrow_bot.messages import FILES, NEVER_LEFT, REMARKS, Delivery, Kind, Outbound
from chatgrow_bot.payloads import Deletion, Edit, Payload, Reaction
from chatgrow_bot.plugin import IDENTITY, Access, Route
from chatgrow_bot.server.bodies import read_body

from .accepting import PATH, accept, accepts
from .found import Found, find
from .messages import TEXT_BYTES
from .models.messages import EditText, Forward, React

_NO_COPY = REMARKS | {Kind.VOTE, Kind.OTHER}


class NeverLeft(Conflict):
    """GET the message for the reason, and send it anew."""


_TAG = "Messages"


class RemarkRoutes:
    """/react, /edit, /delete and /forward of a message."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        one, operator = f"{PATH}/{{message_id}}", Access.OPERATOR
        yield Route(
            method="POST",
            path=f"{one}/react",
            handler=self.react,
            scope=Scope.SEND,
            doc=accepts(_TAG, React),
            access=operator,
        )
        yield Route(
            method="POST",
            path=f"{one}/edit",
            handler=self.edit,
            scope=Scope.SEND,
            doc=accepts(_TAG, EditText),
            access=operator,
            max_body=TEXT_BYTES,
        )
        yield Route(
            method="POST",
            path=f"{one}/delete",
            handler=self.delete,
            scope=Scope.DELETE,
            doc=accepts(_TAG),
            access=operator,
        )
        yield Route(
            method="POST",
            path=f"{one}/forward",
            handler=self.forward,
            scope=Scope.SEND,
            doc=accepts(_TAG, Forward),
            access=operator,
        )

    async def react(self, request: web.Request) -> web.Response:
        """Put an emoji on a message, or take it back."""
        body = await read_body(request, React)
        return await self._remark(request, Reaction(emoji=body.emoji))

    async def edit(self, request: web.Request) -> web.Response:
        """Give a message of one's own new words."""
        body = await read_body(request, EditText)
        return await self._remark(request, Edit(), body.text)

    async def delete(self, request: web.Request) -> web.Response:
        """Take a message back for everyone."""
        return await self._remark(request, Deletion())

    async def _remark(self, request: web.Request, payload: Payload, text: str = "") -> web.Response:
        message = (await self._found(request)).message
        if isinstance(message, Delivery) and message.state in NEVER_LEFT:
            raise NeverLeft(f"The message is {message.state}: it never reached WhatsApp")
        remark = Outbound(to=message.chat, text=text, payload=payload, about=message.id)
        return await accept(request, self._hub.outbox, message.connection_id, remark)

    async def forward(self, request: web.Request) -> web.Response:
        """Send a copy to somebody, shown as forwarded, on the same connection or another of the caller's.

        Whoever gets the copy reads the message: an API key needs the scope `read` as well.
        """
        scopes = request[IDENTITY].scopes
        if scopes is not None and Scope.READ not in scopes:
            raise KeyNotAllowed(f"This needs a key with the scopes '{Scope.SEND}' and '{Scope.READ}'")
        body = await read_body(request, Forward)
        found = await self._found(request)
        message, content = found.message, found.content
        if message.kind in _NO_COPY:
            raise BadInput(f"A message of type '{message.kind}' cannot be forwarded")
        copy = Outbound(
            to=chat_of(body.to),
            text=content.text,
            media=await found.file() if message.kind in FILES else None,
            payload=content.payload,
            forwarded=True,
        )
        connection_id = body.connection_id or message.connection_id
        if not request[IDENTITY].may_use(connection_id):
            raise ConnectionNotFound(f"There is no connection '{connection_id}'")
        return await accept(request, self._hub.outbox, connection_id, copy)

    async def _found(self, request: web.Request) -> Found:
        return await find(self._hub, request[IDENTITY], request.match_info["message_id"])
