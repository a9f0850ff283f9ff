"""What every route that makes a delivery ends with: the message stored under the caller's key, and a 202."""

from datetime import datetime

import structlog
from aiohttp import web

from chatgrow_bot.errors import BadInput, StoreUnavailable
from chatgrow_bot.hub import Outbox
from chatgrow_bot.messages import UNSENT, Delivery, Outbound
from chatgrow_bot.plugin import Doc
from chatgrow_bot.server.patience import while_there

from .models.base import Query, Request
from .models.messages import Accepted
from .replies import reply, tenant_of

PATH = "/api/whatsapp/messages"

_KEY_LENGTH = 255

log = structlog.get_logger("chatgrow.rest_api")


def accepts(tag: str, body: type[Request] | None = None, query: type[Query] | None = None) -> Doc:
    """What the document says of a route that ends with `accept`. One with a query may be waited for."""
    return Doc(
        tag=tag,
        body=body,
        query=query,
        headers=("Idempotency-Key",),
        answer=Accepted,
        status=202,
        answers={200: Accepted} if query else {},
        also=(409, 413, 429),
        sends=("Location",),
    )


async def accept(
    request: web.Request,
    outbox: Outbox,
    connection_id: str,
    message: Outbound,
    wait: float = 0,
    asked: str = "",
) -> web.Response:
    """Store a message: it is on disk when this answers. A repeated Idempotency-Key answers the first one.
    With `wait`, the answer is put off by so many seconds at most, until the message has left or has ended."""
    key, tenant = idempotency_key(request), tenant_of(request)
    delivery = await outbox.enqueue(tenant, connection_id, message, source="api", key=key, asked=asked)
    return await accepted(request, outbox, delivery, wait)


async def accepted_before(
    request: web.Request, outbox: Outbox, asked: str, wait: float
) -> web.Response | None:
    """The answer to who asks for the same again, before a file is fetched that may be gone; None for who does
    not."""
    key = idempotency_key(request)
    delivery = await outbox.asked_before(tenant_of(request), key, asked) if key else None
    return await accepted(request, outbox, delivery, wait) if delivery else None


async def accepted(request: web.Request, outbox: Outbox, delivery: Delivery, wait: float) -> web.Response:
    """The answer that tells of a stored message."""
    delivery, leaves_at = await _told(request, outbox, delivery, wait)
    told = Accepted(
        message_id=delivery.id,
        status=delivery.state,
        reason=delivery.reason,
        estimated_send_at=leaves_at,
    )
    is_over = wait > 0 and delivery.state not in UNSENT
    return reply(told, status=200 if is_over else 202, location=f"{PATH}/{delivery.id}")


async def _told(
    request: web.Request, outbox: Outbox, delivery: Delivery, wait: float
) -> tuple[Delivery, datetime]:
    """How far a stored message is, and when it is likely to leave. It is promised: if that cannot be found
    out, the answer is what was known when it was stored, for a caller who is told of an error sends again."""
    try:
        if wait:
            async with while_there(request):
                delivery = await outbox.wait(delivery.tenant, delivery.id, wait)
        return delivery, await outbox.estimate(delivery)
    except Exception as error:
        is_bug = not isinstance(error, StoreUnavailable)
        log.warning("no more can be told of a stored message", cause=repr(error), exc_info=is_bug)
        return delivery, delivery.due


def idempotency_key(request: web.Request) -> str | None:
    """The caller's key, if there is one. Raises BadInput."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (key.isascii() and key.isprintable() and 0 < len(key) <= _KEY_LENGTH):
        raise BadInput(f"An Idempotency-Key has 1 to {_KEY_LENGTH} printable ASCII characters")
    return key
