"""Errors as the document shows them: one shape, and by status an example, made as the server makes it."""

import json
from collections.abc import Mapping
from typing import Any

from chatgrow_bot import errors
from chatgrow_bot.server import problems

from .parameters import sent
from .statuses import BARE, LATER, meaning

Json = dict[str, Any]

PROBLEM = "application/problem+json"
_ID = "01a2055e703a77db82d215f3e6280656"
_FAULT = {"pointer": "/message/captoin", "detail": "Unknown key, did you mean 'caption'?"}
#: One of those that a status may tell.
_TOLD: Mapping[int, errors.ChatgrowError] = {
    400: problems.MalformedRequest("The body is not JSON: it ends too early"),
    401: errors.NotLoggedIn("This needs a token"),
    403: errors.NotAllowed("This needs the role 'operator', and yours is 'viewer'"),
    404: errors.ConnectionNotFound("There is no connection 'shop'"),
    406: problems.NotAcceptable("This answers application/json, image/png"),
    408: problems.TooSlow("The body did not arrive in time"),
    409: errors.ConnectionNotReady("The connection is logged_out", state="logged_out"),
    413: problems.TooLarge("The body is larger than 262144 bytes"),
    415: problems.UnsupportedContent("'text/plain' is not taken here, but application/json"),
    422: errors.BadInput(f"{_FAULT['pointer']}: {_FAULT['detail']}", errors=[_FAULT]),
    429: errors.RateLimitExceeded("Too many logins; try again in 30 s", retry_after=30),
    500: errors.ChatgrowError(),
    502: errors.EngineError(),
    503: errors.StoreUnavailable(),
    507: errors.StoreFull(),
}


def reference(status: int) -> Json:
    """To the answer with this status."""
    return {"$ref": f"#/components/responses/{_name(status)}"}


def responses(used: set[int]) -> dict[str, Json]:
    """What `reference` leads to."""
    return {_name(status): _response(status) for status in sorted(used)}


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> Json:
    headers = ("X-Request-Id", "Retry-After") if status in LATER else ("X-Request-Id",)
    told: Json = {"description": meaning(status), "headers": sent(headers)}
    if status in BARE:
        return told
    content: Json = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status in _TOLD:
        content["example"] = json.loads(problems.problem(_TOLD[status], _ID).text or "")
    return told | {"content": {PROBLEM: content}}


def schemas() -> dict[str, Json]:
    """The shape of every error, by RFC 9457, and of the faults in it."""
    text = {"type": "string"}
    fault = {
        "type": "object",
        "description": "What is wrong at one place of the body or the query.",
        "required": ["pointer", "detail"],
        "properties": {"pointer": text | {"description": "the place, as a JSON pointer"}, "detail": text},
        "additionalProperties": False,
    }
    problem = {
        "type": "object",
        "description": "An error, by RFC 9457. Match the title; the detail ends with what to do next.",
        "required": ["type", "title", "status", "detail", "requestId"],
        "properties": {
            "type": text | {"format": "uri"},
            "title": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": text,
            "requestId": text | {"description": "the id under which the logs know this request"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Fault"}},
            "state": text | {"description": "the connection's, when that is the reason"},
            "limit": {"type": "integer", "description": "of the plan, when it is used up"},
            "used": {"type": "integer", "description": "how many messages count against it"},
            "resetsAt": text | {"format": "date-time", "description": "when the limit renews"},
        },
    }
    return {"Fault": fault, "Problem": problem}
