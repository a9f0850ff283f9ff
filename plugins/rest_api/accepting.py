"""What every route that makes a delivery ends with: the message stored under the caller's key, and a 202."""

from aiohttp import web

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import Outbox
from chatgrow_bot.messages import Outbound

from .models.messages import Accepted
from .replies import reply, tenant_of

PATH = "/api/whatsapp/messages"

_KEY_LENGTH = 255


async def accept(request: web.Request, outbox: Outbox, connection_id: str, message: Outbound) -> web.Response:
    """Store a message: it is on disk when this answers. A repeated Idempotency-Key answers the first one."""
    key = _idempotency_key(request)
    delivery = await outbox.enqueue(tenant_of(request), connection_id, message, source="api", key=key)
    accepted = Accepted(
        message_id=delivery.id, status=delivery.state, estimated_send_at=await outbox.estimate(delivery)
    )
    return reply(accepted, status=202, location=f"{PATH}/{delivery.id}")


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (key.isascii() and key.isprintable() and 0 < len(key) <= _KEY_LENGTH):
        raise BadInput(f"An Idempotency-Key has 1 to {_KEY_LENGTH} printable ASCII characters")
    return key
