"""What stands in paths and headers: the names that routes use, and what may be put there."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

Json = dict[str, Any]

_VARIABLE = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$", "examples": ["01a2055e703a77db82d215f3e6280656"]}
_WORD = {"type": "string", "minLength": 1, "maxLength": 64}


@dataclass(frozen=True, slots=True)
class Variable:
    """What stands for a variable of a path."""

    description: str
    schema: Mapping[str, Any]
    is_read: bool = False  #: whether what does not fit is bad input; else it is simply not there


#: By its name in the route's path.
VARIABLES: Mapping[str, Variable] = {
    "connection_id": Variable(
        "The connection's id, which whoever made it chose.",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "examples": ["shop"]},
    ),
    "message_id": Variable("The message's id, of one sent or received.", _ID),
    "batch_id": Variable("The bulk send's id.", _ID),
    "conversation_id": Variable("The conversation's id.", _ID),
    "user_id": Variable("The user's id.", _ID),
    "key_id": Variable("The key's id.", _ID),
    "webhook_id": Variable("The webhook key's id.", _ID),
    "endpoint_id": Variable(
        "The webhook endpoint's id.",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "examples": ["crm"]},
    ),
    "contact_id": Variable("The contact's id.", _ID),
    "chat": Variable(
        "A number in international form, or a chat id.",
        _WORD | {"examples": ["14155550123@c.us"]},
        is_read=True,
    ),
    "number": Variable(
        "A number in international form.", _WORD | {"examples": ["+14155550123"]}, is_read=True
    ),
    "username": Variable("The user's name.", _WORD | {"examples": ["dana"]}),
    "name": Variable("The command's name.", _WORD | {"examples": ["status"]}),
}

_UNKNOWN = Variable("", {"type": "string", "minLength": 1})

#: Headers of a request that routes read.
READ: Mapping[str, Json] = {
    "Accept": {
        "description": "Which of the answer's types is wanted, by RFC 9110.",
        "schema": {"type": "string", "examples": ["image/png"]},
    },
    "Idempotency-Key": {
        "description": "The same key with the same body answers the first message again, for 7 days; with "
        "another body it is refused (422). 1 to 255 printable ASCII characters.",
        "schema": {"type": "string", "pattern": "^[ -~]{1,255}$", "examples": ["order-17"]},
    },
    "If-None-Match": {
        "description": "The ETag of what is there already: answered by 304 if it is still the same.",
        "schema": {"type": "string"},
    },
    "Last-Event-ID": {
        "description": "The id of the last event that was seen; those after it follow.",
        "schema": {"type": "string"},
    },
    "Range": {
        "description": "A part of the file, by RFC 9110.",
        "schema": {"type": "string", "pattern": "^bytes=[0-9]+-[0-9]*$", "examples": ["bytes=0-1023"]},
    },
    "webhook-id": {
        "description": "The request's own id: a repeat under the same has no effect, for 7 days.",
        "schema": {"type": "string", "examples": ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"]},
    },
    "webhook-signature": {
        "description": "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, made with one of the "
        "connection's webhook keys; several are separated by spaces.",
        "schema": {"type": "string", "examples": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="]},
    },
    "webhook-timestamp": {
        "description": "When the request was sent, in seconds since 1970; at most 300 s from the hub's time.",
        "schema": {"type": "string", "examples": ["1674087231"]},
    },
}

#: Headers of an answer that a client may want.
SENT: Mapping[str, Json] = {
    "Content-Disposition": {"description": "The file's name.", "schema": {"type": "string"}},
    "ETag": {"description": "Changes with the content.", "schema": {"type": "string"}},
    "Last-Modified": {"description": "When it was made.", "schema": {"type": "string"}},
    "Location": {
        "description": "Where it is found.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "Vary": {"description": "What of the request the answer depends on.", "schema": {"type": "string"}},
    "X-Request-Id": {
        "description": "The id under which the logs know this request.",
        "schema": {"type": "string"},
        "required": True,
    },
}


def variables(path: str) -> list[str]:
    """The names of the variables of a route's path."""
    return _VARIABLE.findall(path)


def shown_path(path: str) -> str:
    """A route's path as the document has it: /things/{thingId}."""
    return _VARIABLE.sub(lambda found: f"{{{to_camel(found[1])}}}", path)


def path_parameters(path: str) -> Iterable[Json]:
    """The variables of a path; of one that only its plugin knows there is no more to say than its name."""
    for name in variables(path):
        variable = VARIABLES.get(name, _UNKNOWN)
        told: Json = {"name": to_camel(name), "in": "path", "required": True}
        told |= {"description": variable.description} if variable.description else {}
        schema = dict(variable.schema)
        if examples := schema.pop("examples", None):
            told["example"] = examples[0]
        yield told | {"schema": schema}


def header_parameters(names: Iterable[str]) -> Iterable[Json]:
    """The headers that a route reads. `Accept` has no place of its own: OpenAPI tells it by the answer's
    types."""
    for name in names:
        if name != "Accept":
            known = READ.get(name, {"schema": {"type": "string"}})
            yield {"name": name, "in": "header", "required": False, **known}


def sent(names: Iterable[str]) -> Json:
    """Headers of an answer."""
    return {name: SENT.get(name, {"schema": {"type": "string"}}) for name in names}
