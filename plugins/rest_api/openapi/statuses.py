"""What each status means, and which of them follow from a route as it stands."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

from chatgrow_bot.plugin import Access, Route

from .parameters import VARIABLES, variables

#: What a client may match and does next, by status.
MEANINGS: Mapping[int, str] = {
    200: "Done.",
    201: "Made.",
    202: "Accepted: it is on disk.",
    204: "Done; there is no more to say.",
    206: "The part of it that was asked for.",
    304: "It is as the client has it.",
    400: "`Malformed request`: not well-formed JSON, or not HTTP as it should be.",
    401: "`Not logged in`: there is no good token.",
    403: "`Not allowed`: it takes another role, or an API key with another scope.",
    404: "Not found; what belongs to others is not found either.",
    406: "`Not acceptable`: none of the types in the Accept header is answered here.",
    408: "`Too slow`: the body did not arrive in time.",
    409: "It cannot be done as things stand: `Connection not ready` (names the state), `Conflict`, ...",
    410: "It is over.",
    412: "It is not as the client says that it has it.",
    413: "`Too large`.",
    415: "`Unsupported content`: another content type is wanted, not compressed.",
    416: "There is no such part of it.",
    422: "`Invalid request`, with every fault by its place; `Invalid phone number`, `Media refused`, ...",
    429: "`Rate limit exceeded`: wait, or move to a larger plan.",
    500: "`Internal error`: the request's id is in the logs.",
    502: "`Engine error`: the way to WhatsApp failed.",
    503: "`Storage unavailable`, or `Connection not ready` because it starts: try again.",
    507: "`Storage full`: it goes on by itself once there is room.",
}
#: Statuses whose answer never has a body.
BARE = frozenset({204, 304, 412, 416})
#: Statuses that say when to come back.
LATER = frozenset({429, 503, 507})


def meaning(status: int) -> str:
    """In a sentence or two."""
    return MEANINGS.get(status) or f"{HTTPStatus(status).phrase}."


def statuses(route: Route) -> list[int]:
    """Every status that a route may answer besides success and its own bodies, in order."""
    own = {route.doc.status, *route.doc.answers} if route.doc else set()
    return sorted({*_following(route), *(route.doc.also if route.doc else ())} - own)


def _following(route: Route) -> Iterator[int]:
    names, doc = variables(route.path), route.doc
    if route.access is not Access.PUBLIC:
        yield from (401, 403)
    if names:
        yield 404
    if takes_body(route):
        yield from (400, 408, 413, 415, 422)
    if (doc and doc.query) or any(name in VARIABLES and VARIABLES[name].is_read for name in names):
        yield from (400, 422)
    if doc and doc.headers and "Idempotency-Key" in doc.headers:
        yield 422
    yield from (500, 503)
    if route.method != "GET":
        yield 507


def takes_body(route: Route) -> bool:
    """Whether it reads a body: JSON, or other things that it says itself."""
    return bool(route.doc and route.doc.body) or route.content_types != ("application/json",)
