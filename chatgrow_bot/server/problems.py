"""Errors as HTTP tells them: one table from error to status, one shape of answer (RFC 9457 problem+json)."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from .. import errors
from ..errors import BadInput, ChatgrowError, NotFound


class MalformedRequest(BadInput):
    """Send well-formed JSON in UTF-8."""

    title = "Malformed request"


class UnsupportedContent(BadInput):
    """Send the content type that this route takes, not compressed."""

    title = "Unsupported content"


class TooLarge(BadInput):
    """Send less at once; files go to POST /api/whatsapp/media."""

    title = "Too large"


class TooSlow(BadInput):
    """Send the whole body without long pauses."""

    title = "Too slow"


class NotAcceptable(BadInput):
    """Name a type that this route answers in the Accept header."""

    title = "Not acceptable"


class ForeignRequest(errors.NotAllowed):
    """Open the page itself and do it there; a link or a form on another site cannot."""


class NoSuchRoute(NotFound):
    """Check the path, and that the plugin which serves it is on."""


class MethodRefused(BadInput):
    """Use one of the methods in the Allow header."""

    title = "Method not allowed"


#: An error's status is that of the nearest class of its family here.
STATUS: Mapping[type[ChatgrowError], int] = {
    BadInput: 422,
    MalformedRequest: 400,
    MethodRefused: 405,
    NotAcceptable: 406,
    TooSlow: 408,
    TooLarge: 413,
    errors.FileTooLarge: 413,
    UnsupportedContent: 415,
    NotFound: 404,
    errors.NotLoggedIn: 401,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.ConnectionNotReady: 409,
    errors.ConnectionStarting: 503,
    errors.IdempotencyMismatch: 422,
    errors.RateLimitExceeded: 429,
    errors.EngineError: 502,
    errors.StoreUnavailable: 503,
    errors.StoreFull: 507,
    errors.HeldByAnother: 503,
    ChatgrowError: 500,
}

_SOON = {"Retry-After": "5"}
_CHALLENGE: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}, 503: _SOON, 507: _SOON}
_LONGEST = 2000  # characters of a detail: it may quote what was sent


def known_as(error: Exception) -> tuple[ChatgrowError, int, str]:
    """An error as one of ours, its status and its words. From 500 on they tell nothing of the inside: the log
    has it by the request's id."""
    known = error if isinstance(error, ChatgrowError) else ChatgrowError()
    status = next(STATUS[kind] for kind in type(known).__mro__ if kind in STATUS)
    said = str(known) if status < 500 else known.advice()
    return known, status, said.encode(errors="replace").decode()[:_LONGEST]


def problem(error: Exception, request_id: str) -> web.Response:
    """The answer to an error."""
    known, status, detail = known_as(error)
    body: dict[str, Any] = {
        "type": f"urn:chatgrow:problem:{known.title.lower().replace(' ', '-')}",
        "title": known.title,
        "status": status,
        "detail": detail,
        "requestId": request_id,
    }
    for fact in ("errors", "state", "limit", "used", "resetsAt"):
        if fact in known.facts:
            body[fact] = known.facts[fact]
    headers = dict(_CHALLENGE.get(status, {}))
    if "retry_after" in known.facts:
        headers["Retry-After"] = str(known.facts["retry_after"])
    if "allow" in known.facts:
        headers["Allow"] = str(known.facts["allow"])
    # ASCII, so that half a surrogate in a quoted path cannot break the answer.
    text = json.dumps(body, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/problem+json", headers=headers)


def from_http(error: web.HTTPException) -> ChatgrowError | None:
    """What the framework raised, as one of ours; None for what is no error (a redirect)."""
    match error:
        case web.HTTPMethodNotAllowed():
            return MethodRefused(f"{error.method} is not served here", allow=error.headers.get("Allow", ""))
        case web.HTTPNotFound():
            return NoSuchRoute("There is nothing at this address")
        case web.HTTPRequestEntityTooLarge():
            return TooLarge("The body is larger than this route takes")
        case web.HTTPClientError():
            return MalformedRequest(error.reason)
        case web.HTTPError():
            return ChatgrowError(error.reason)
        case _:
            return None
