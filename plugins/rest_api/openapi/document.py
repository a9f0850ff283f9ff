"""The whole document: what the API is, who may ask, every route of the plugins that are on."""

import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from chatgrow_bot.plugin import Route

from .operations import KEY, SIGNATURE, TOKEN, Operations, security
from .parameters import shown_path
from .problems import responses
from .schemas import Schemas
from .statuses import statuses
from .tags import TAGS

Json = dict[str, Any]

_ABOUT = """The hub over HTTP: JSON in camelCase, errors as problem+json (RFC 9457), times with their zone.

Log in at `POST /api/auth/login` and send the token as `Authorization: Bearer <accessToken>`. A program is
better off with an API key of its own, sent in the same way or in `X-API-Key`: it is good for its scopes only.
A body is checked strictly: an unknown key is an error that names it and the nearest known one."""

_WAYS: Mapping[str, Json] = {
    TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a login, good for 15 minutes. What it may do goes by its user's "
        "role: `viewer` looks, `operator` sends and keeps connections, `admin` does everything.",
    },
    KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key; `Authorization: Bearer` takes it too. It may do what its scopes say and "
        "its user's role allows, on the connections to which it is bound.",
    },
    SIGNATURE: {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "By the Standard Webhooks rules: `v1,` and the base64 HMAC-SHA256 of "
        "`{webhook-id}.{webhook-timestamp}.{body}` under the connection's webhook key, with `webhook-id` and "
        "`webhook-timestamp` as headers beside it. A timestamp is good for 300 s, an id for one time.",
    },
}


def document(routes: Iterable[Route]) -> Json:
    """What GET /api/openapi.json answers, of the routes that have a `doc`, in their order."""
    told = [(route, route.doc) for route in routes if route.doc]
    schemas = Schemas([doc for _, doc in told])
    operations = Operations(schemas)
    paths: dict[str, Json] = {}
    taken: dict[str, int] = {}
    for route, doc in told:
        operation = operations.told(route, doc)
        count = taken[operation["operationId"]] = taken.get(operation["operationId"], 0) + 1
        if count > 1:  # the same handler at another place
            operation["operationId"] += str(count)
        paths.setdefault(shown_path(route.path), {})[route.method.lower()] = operation
    used = {doc.tag for _, doc in told}
    ways = {name for route, _ in told for way in security(route) for name in way}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ChatGrow Bot",
            "version": version("chatgrow-bot"),
            "summary": "A self-hosted WhatsApp hub.",
            "description": _ABOUT,
        },
        "servers": [{"url": "/", "description": "This hub"}],
        "tags": [{"name": name, "description": said} for name, said in TAGS.items() if name in used],
        "paths": paths,
        "components": {
            "responses": responses(
                {status for route, _ in told for status in statuses(route) if status >= 400}
            ),
            "schemas": dict(sorted(schemas.definitions.items())),
            "securitySchemes": {name: dict(way) for name, way in _WAYS.items() if name in ways},
        },
    }


def written(told: Json) -> bytes:
    """As JSON: the same bytes for the same routes."""
    return json.dumps(told, indent=1, ensure_ascii=False).encode()
