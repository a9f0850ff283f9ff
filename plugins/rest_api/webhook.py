"""Messages from outside WhatsApp, signed or by token, and the keys that sign them."""

from collections.abc import Iterable
from datetime import timedelta

from aiohttp import web

from chatgrow_bot.addresses import GROUP, chat_of
from chatgrow_bot.errors import BadInput, InvalidPhoneNumber
from chatgrow_bot.hub import FreshKey, FromOutside, Hub, Scope, Use, WebhookKey
from chatgrow_bot.plugin import IDENTITY, Access, Doc, Route
from chatgrow_bot.server.bodies import decode, fit, read_body, read_raw
from chatgrow_bot.signatures import Signature, is_id

from .accepting import PATH as MESSAGES
from .connections import PATH as CONNECTIONS
from .models.webhook import Brought, Incoming, KeepOld, KeyList, KeyMade, KeyShown
from .replies import reply, tenant_of

PATH = "/api/whatsapp/webhook"

_TAG = "Inbound webhook"
_BROUGHT = Doc(
    tag=_TAG,
    body=Incoming,
    headers=("webhook-id", "webhook-timestamp", "webhook-signature", "Idempotency-Key"),
    answer=Brought,
    status=202,
    answers={200: Brought},
    sends=("Location",),
)
_KEYS = Doc(tag=_TAG, answer=KeyList)
_MADE = Doc(tag=_TAG, answer=KeyMade, status=201, also=(409,))
_ROTATED = Doc(tag=_TAG, body=KeepOld, optional=True, answer=KeyMade, status=201, also=(409,))
_GONE = Doc(tag=_TAG, status=204)


class WebhookRoutes:
    """/api/whatsapp/webhook, and /webhook-keys of a connection."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._keys = hub, hub.webhook_keys

    def routes(self) -> Iterable[Route]:
        """What is served, and to whom."""
        keys, operator = f"{CONNECTIONS}/{{connection_id}}/webhook-keys", Access.OPERATOR
        served = (
            ("POST", f"{PATH}/{{connection_id}}", self.receive, Access.SIGNED, Scope.INBOUND, _BROUGHT),
            ("GET", keys, self.list, operator, Scope.MANAGE, _KEYS),
            # For logins: what is made here would be good still when the API key is not.
            ("POST", keys, self.make, operator, None, _MADE),
            ("POST", f"{keys}/rotate", self.rotate, operator, None, _ROTATED),
            ("DELETE", f"{keys}/{{key_id}}", self.remove, operator, Scope.MANAGE, _GONE),
        )
        for method, path, handler, access, scope, doc in served:
            yield Route(method=method, path=path, handler=handler, access=access, scope=scope, doc=doc)

    async def receive(self, request: web.Request) -> web.Response:
        """Bring in a message from outside WhatsApp, as if its sender had written to this connection.

        Signed by the standard of standardwebhooks.com, or with a token. A repeat under the same webhook-id
        (with a token also Idempotency-Key) answers the first message again and has no other effect. The
        connection need not be online: what is answered leaves once it is.
        """
        connection_id, raw = request.match_info["connection_id"], await read_raw(request)
        tenant, use = await self._admitted(request, connection_id, raw)
        body = fit(decode(raw), Incoming)
        sender = chat_of(body.sender)
        if sender.endswith(GROUP):
            raise InvalidPhoneNumber(f"'{body.sender}' is a group, and the sender is a person")
        said = FromOutside(sender=sender, text=body.message, name=body.name, sent_at=body.timestamp)
        entered = await self._hub.inbox.bring_in(tenant, connection_id, said, use)
        brought = Brought(
            message_id=entered.message_id,
            status="stored" if entered.is_news else "known",
            answerable=not entered.unanswered,
            reason=entered.unanswered,
        )
        status = 202 if entered.is_news else 200
        return reply(brought, status=status, location=f"{MESSAGES}/{entered.message_id}")

    async def _admitted(self, request: web.Request, connection_id: str, raw: bytes) -> tuple[str, Use | None]:
        """Whose connection it is, and the id under which the message comes. Nothing of the body has been read
        so far but its bytes."""
        if IDENTITY in request:
            tenant = tenant_of(request)
            await self._hub.connections.get(tenant, connection_id)
            return tenant, _use(request)
        signature = Signature(
            id=_header(request, "webhook-id"),
            timestamp=_header(request, "webhook-timestamp"),
            signatures=_header(request, "webhook-signature"),
        )
        signer = await self._keys.verify(connection_id, signature, raw)
        return signer.tenant, Use(id=signature.id, key_id=signer.key_id)

    async def list(self, request: web.Request) -> web.Response:
        """The webhook keys of a connection that are good now, without their secrets."""
        keys = await self._keys.list(*_connection(request))
        return reply(KeyList(keys=[_shown(key) for key in keys]))

    async def make(self, request: web.Request) -> web.Response:
        """Make one more webhook key. Its secret is shown this once."""
        return _made(await self._keys.make(*_connection(request)))

    async def rotate(self, request: web.Request) -> web.Response:
        """Make a new webhook key, and let all others end after a while. Its secret is shown this once."""
        body = await read_body(request, KeepOld) if request.body_exists else KeepOld()
        keep = timedelta(seconds=body.keep_old_for)
        return _made(await self._keys.rotate(*_connection(request), keep))

    async def remove(self, request: web.Request) -> web.Response:
        """End a webhook key at once."""
        await self._keys.remove(*_connection(request), request.match_info["key_id"])
        return web.Response(status=204)


def _connection(request: web.Request) -> tuple[str, str]:
    return tenant_of(request), request.match_info["connection_id"]


def _header(request: web.Request, name: str) -> str:
    """A header that is there once; empty else: twice is as good as never."""
    values = request.headers.getall(name, [])
    return values[0] if len(values) == 1 else ""


def _use(request: web.Request) -> Use | None:
    """The id that a caller with a token may give."""
    given = request.headers.get("Idempotency-Key", request.headers.get("webhook-id"))
    if given is None:
        return None
    if not is_id(given):
        raise BadInput("A webhook-id or Idempotency-Key has 1 to 255 printable ASCII characters")
    return Use(id=given)


def _made(fresh: FreshKey) -> web.Response:
    shown = _shown(fresh.key)
    return reply(KeyMade(**shown.model_dump(), key=fresh.secret), status=201)


def _shown(key: WebhookKey) -> KeyShown:
    return KeyShown(key_id=key.id, created_at=key.created_at, expires_at=key.expires_at, used_at=key.used_at)
