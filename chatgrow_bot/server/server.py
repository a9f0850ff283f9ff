"""The HTTP server. Routes come from plugins; one middleware admits a request, or nothing is served."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import structlog
from aiohttp import HttpVersion11, http_parser, web
from aiohttp.typedefs import Handler, Middleware

from ..errors import (
    ConfigError,
    ConnectionNotFound,
    ConnectionStarting,
    KeyNotAllowed,
    NotAllowed,
    NotLoggedIn,
)
from ..hub import Door, Identity, Role
from ..ids import new_id
from ..networks import address_in
from ..plugin import IDENTITY, RECHECK, ROUTES, Access, Route
from .access import CALLER, REQUEST_ID
from .browsers import refuse_foreign, told
from .events import REVOKED, STOPPING
from .listening import is_among
from .problems import NoSuchRoute, TooLarge, UnsupportedContent, from_http, problem

log = structlog.get_logger("chatgrow.server")

_OPEN = (Access.PUBLIC, Access.SIGNED)
#: The role that it takes to be told more by an open route.
_NEEDED = {Access.PUBLIC: Role.VIEWER, Access.SIGNED: Role.OPERATOR}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class _Served:
    """A route and the plugin instance that serves it."""

    by: str
    route: Route


def create_app(
    routes: Iterable[tuple[str, Route]],
    *,
    accounts: Door,
    is_enabled: Callable[[str], bool],
    proxies: Sequence[IPv4Network | IPv6Network] = (),
) -> web.Application:
    """An application that serves these routes, each named with its plugin instance, and no others.

    The router is frozen once it runs: `is_enabled(instance)` is asked at each request, and a plugin that is
    off answers 404. What `proxies` say in X-Forwarded-For becomes `request.remote`; nobody else is believed.
    Raises TypeError for two routes in one place, or one without a policy.
    """
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise ConfigError("aiohttp runs without its C parser; reinstall it with a binary wheel")
    served: dict[web.AbstractRoute, _Served] = {}
    app = web.Application(middlewares=[_door(served, accounts, is_enabled, proxies)])
    places: dict[tuple[str, str], str] = {}
    listed: list[tuple[str, Route]] = []
    for by, route in routes:
        _check(by, route, places)
        listed.append((by, route))
        methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
        for method in methods:
            place = app.router.add_route(method, route.path, route.handler, expect_handler=_later)
            served[place] = _Served(by, route)
    app[ROUTES] = lambda: [(by, route) for by, route in listed if is_enabled(by)]
    app[STOPPING] = asyncio.Event()
    app[REVOKED] = lambda: accounts.revoked
    app.on_shutdown.append(_stop)
    app.on_response_prepare.append(_finish)
    return app


def _check(by: str, route: Route, places: dict[tuple[str, str], str]) -> None:
    if not isinstance(route, Route) or not isinstance(route.access, Access):
        raise TypeError(f"plugin '{by}' offers a route without an access policy: {route!r}")
    place = (route.method, _shape(route.path))
    if place in places:
        raise TypeError(f"plugins '{places[place]}' and '{by}' both serve {route.method} {route.path}")
    places[place] = by


def _shape(path: str) -> str:
    """A path without the names of its variables: /a/{id} and /a/{name} are one place."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def _door(
    served: Mapping[web.AbstractRoute, _Served],
    accounts: Door,
    is_enabled: Callable[[str], bool],
    proxies: Sequence[IPv4Network | IPv6Network],
) -> Middleware:
    @web.middleware
    async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[REQUEST_ID] = new_id()
        named = structlog.contextvars.bind_contextvars(request_id=request[REQUEST_ID])
        found = served.get(request.match_info.route)
        try:
            if found is None:
                return await handler(request)  # the router's own 404 and 405: it serves nothing else
            if not is_enabled(found.by):
                raise NoSuchRoute("There is nothing at this address")
            return await handler(await _admitted(request, found.route, accounts, proxies))
        except web.HTTPException as error:
            known = from_http(error)
            if known is None:
                raise
            return _told(request, known, found)
        except Exception as error:
            answer = _told(request, error, found)
            _blame(request, error, answer.status)
            return answer
        finally:  # a connection's next request is answered in the same task
            structlog.contextvars.reset_contextvars(**named)

    return door


async def _admitted(
    request: web.Request,
    route: Route,
    accounts: Door,
    proxies: Sequence[IPv4Network | IPv6Network],
) -> web.Request:
    """The request as the handler may have it, if its sender may ask for this at all."""
    caller, scheme = _caller(request, proxies)
    request[CALLER] = caller
    if any("\0" in value for value in request.match_info.values()):
        raise NoSuchRoute("There is nothing at this address")  # no id has one, and not every store bears it
    if route.pages:
        refuse_foreign(request)
    token = _token(request, route)
    if route.access not in _OPEN or (token and _looks_at_tokens(route)):
        request[IDENTITY] = await _identify(request, token, route, accounts)
        request[RECHECK] = lambda: _identify(request, token, route, accounts)
    _check_body(request, route)
    await _ask_for_body(request)
    if (caller, scheme, route.max_body) == (request.remote, request.scheme, request.client_max_size):
        return request
    return request.clone(client_max_size=route.max_body, remote=caller, scheme=scheme)


def _looks_at_tokens(route: Route) -> bool:
    """Whether an open route tells more to whoever has one. A login must not fail for an old one."""
    return route.access is Access.SIGNED or route.scope is not None


def _token(request: web.Request, route: Route) -> str:
    """Where a route looks for it, and nowhere else."""
    if route.pages:
        return request.cookies.get(route.pages.cookie, "")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")


async def _identify(request: web.Request, token: str, route: Route, accounts: Door) -> Identity:
    if not token:
        raise NotLoggedIn("This needs a token")
    who = await accounts.verify(token)
    needed = _NEEDED.get(route.access) or Role(route.access.value)
    if not who.role.includes(needed):
        raise NotAllowed(f"This needs the role '{needed}', and yours is '{who.role}'")
    if who.scopes is not None and route.scope not in who.scopes:
        wanted = f"a key with the scope '{route.scope}'" if route.scope else "a login: no key may do it"
        raise KeyNotAllowed(f"This needs {wanted}")
    connection_id = request.match_info.get("connection_id")
    if connection_id is not None and not who.may_use(connection_id):
        raise ConnectionNotFound(f"There is no connection '{connection_id}'")
    return who


def _caller(request: web.Request, proxies: Sequence[IPv4Network | IPv6Network]) -> tuple[str, str]:
    """The caller's address, the socket's or what the nearest proxy that is not ours is said to be; and by
    which scheme he came."""
    if not proxies:
        return request.remote or "", request.scheme
    is_relayed = is_among(request.remote or "", proxies)
    secure = is_relayed and request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    address, said = request.remote or "", request.headers.getall("X-Forwarded-For", [])
    hops = [hop.strip() for hop in ",".join(said).split(",") if hop.strip()]
    while hops and is_among(address, proxies):
        address = address_in(hops.pop())
    return address or request.remote or "", "https" if secure else request.scheme


def _check_body(request: web.Request, route: Route) -> None:
    """Refuse a body by what its headers say, before a byte of it is read."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedContent("Compressed bodies are not taken")
    if not request.body_exists:
        return
    given = request.content_type.lower()
    if given not in route.content_types and f"{given.partition('/')[0]}/*" not in route.content_types:
        raise UnsupportedContent(f"'{given}' is not taken here, but {', '.join(route.content_types)}")
    if (request.content_length or 0) > route.max_body:
        raise TooLarge(f"The body is larger than {route.max_body} bytes")


async def _later(request: web.Request) -> None:
    """Instead of the framework's own word, which would ask for a body before anyone is let in."""


async def _ask_for_body(request: web.Request) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun


def _told(request: web.Request, error: Exception, found: _Served | None) -> web.Response:
    """An error, as whoever asks can read it: a page for people, a problem for programs."""
    if found and found.route.pages:
        return told(request, error, found.route.pages)
    return problem(error, request[REQUEST_ID])


def _blame(request: web.Request, error: Exception, status: int) -> None:
    hung_up = request.transport is None and isinstance(error, ConnectionError)
    if status >= 500 and not hung_up and not isinstance(error, ConnectionStarting):  # which is no fault
        log.error("request failed", request_id=request[REQUEST_ID], method=request.method, exc_info=error)
    if request.writer.output_size:  # the answer has begun; cutting it off is all that is left
        raise error


async def _stop(app: web.Application) -> None:
    app[STOPPING].set()


async def _finish(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "ChatGrow Bot"
    response.headers["X-Request-Id"] = request.get(REQUEST_ID) or new_id()
