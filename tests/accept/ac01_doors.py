"""AC-01: every door is locked but those that are to stand open. Each route of each bundled plugin is asked
with eight kinds of bad credentials on a real socket; what anyone may call is a list that is frozen here.

The control is the same hub with one route made public by mistake. And a route without a policy stops the
start.
"""

import dataclasses
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Role
from chatgrow_bot.plugin import Access, Plugin, Route, hook
from chatgrow_bot.server import create_app

from .checks import Check, Done, Size, Verdict
from .entry.credentials import bad_everywhere, good_elsewhere
from .entry.world import SERVING, Reply, World, world

#: What anyone may call. A longer list needs a reason.
PUBLIC = {
    "POST /api/auth/login",
    "POST /api/auth/refresh",
    "GET /health",
    "GET /api/whatsapp/health",
    "GET /api/logs/health",
    "GET /api/openapi.json",
    "GET /docs",
    "GET /docs/{file}",
    "GET /",
    "GET /console/login",
    "POST /console/login",
    "POST /console/language",
    "GET /console/static/{name}",
}
#: What is opened by a signature, or a token.
SIGNED = {"POST /api/whatsapp/webhook/{connection_id}"}

#: So that nothing but who asks can be what is wrong.
_BODIES: Mapping[str, Any] = {
    "PUT /api/whatsapp/connections/{connection_id}": {"name": "Renamed"},
    "POST /api/whatsapp/connections/{connection_id}/send": {"to": "+14155550123", "message": "hello"},
    "POST /api/whatsapp/connections/{connection_id}/presence": {"available": True},
    "POST /api/whatsapp/messages/{message_id}/react": {"emoji": "!"},
    "POST /api/whatsapp/messages/{message_id}/edit": {"text": "hello again"},
    "POST /api/whatsapp/messages/{message_id}/forward": {"to": "+14155550123"},
    "POST /api/whatsapp/webhook/{connection_id}": {"message": "hello", "sender": "+14155550123"},
    "PUT /api/users/{user_id}": {"disabled": True},
    "POST /api/whatsapp/bulk/send": {
        "connectionId": "shop",
        "messages": [{"to": "+14155550123"}],
        "content": "hello",
    },
    "POST /api/whatsapp/webhooks": {"url": "https://crm.example.com/"},
    "PUT /api/whatsapp/webhooks/{endpoint_id}": {"description": "changed"},
    "POST /api/whatsapp/webhooks/{endpoint_id}/replay": {"after": "0-0"},
}
WEBHOOKS = "/api/whatsapp/webhooks"
_SHOP, _KEY = "The canary's shop", "The canary's key"
_EVERY = {Size.FULL: 1, Size.SLICE: 12}  #: of the forged tokens, one in so many
_KINDS = 8
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


async def run(size: Size) -> Verdict:
    """Try every door; then again with one left open by mistake."""
    with tempfile.TemporaryDirectory() as folder:
        async with _shop(Path(folder), *SERVING) as here:
            broken, asked = await _tried(here, size)
            routes = len(here.routes())
    broken += await _without_policy()
    figures = {"kinds of credentials": _KINDS, "asked": asked, "opened": len(broken)}
    done = Done(what=f"{routes} routes with bad credentials", figures=figures)
    return Verdict(done=(done,), broken=tuple(broken), control=await _control(size))


@asynccontextmanager
async def _shop(folder: Path, *plugins: type[Plugin] | str) -> AsyncIterator[World]:
    """A hub with an owner, what he has, and others."""
    async with world(folder, *plugins) as here:
        for name, role in (("owner", Role.OPERATOR), ("stranger", Role.OPERATOR), ("viewer", Role.VIEWER)):
            await here.person(name, role)
        await here.person("boss", Role.ADMIN)
        await here.bot.running.hub.connections.create(here.people["owner"], "shop", _SHOP, "", {})
        yield here


async def _tried(here: World, size: Size) -> tuple[list[str], int]:
    """What should have been refused and was not; and how much was asked."""
    routes = here.routes()
    broken = [*_open(routes), *_unlisted(here, routes)]
    owned = await _owned(here)
    everywhere, asked = await bad_everywhere(here, _EVERY[size]), 0
    before = await _state(here)
    for route in routes:
        if _place(route) in PUBLIC:
            continue
        for shown in (*everywhere, *await good_elsewhere(here, route)):
            answer = await _ask(here, route, shown.token, owned)
            asked += 1
            if answer.status not in shown.refused:
                broken.append(f"{_place(route)} answers {answer.status} to {shown.kind}")
            elif _SHOP in answer.text or _KEY in answer.text:
                broken.append(f"{_place(route)} tells what is another's to {shown.kind}")
    if await _state(here) != before:
        broken.append("something was changed by whoever was refused")
    for route in {route.path: route for route in routes}.values():
        asked += len(_METHODS)
        broken += [each async for each in _by_other_methods(here, route, routes, owned)]
    return broken, asked


def _open(routes: Iterable[Route]) -> Iterable[str]:
    """What stands open, and nobody has said that it may."""
    for route in routes:
        if route.access is Access.PUBLIC and _place(route) not in PUBLIC:
            yield f"{_place(route)} is public, and nobody has said that it may be"
        if route.access is Access.SIGNED and _place(route) not in SIGNED:
            yield f"{_place(route)} takes a signature, and nobody has said that it may"


def _unlisted(here: World, routes: Iterable[Route]) -> Iterable[str]:
    """What the server would serve besides the routes of plugins."""
    offered = here.bot.running.ground.hooks.register_routes()
    app = create_app(offered, accounts=here.accounts, is_enabled=lambda name: True)
    served = {(each.method, each.resource.canonical) for each in app.router.routes() if each.resource}
    known = {(route.method, route.path) for route in routes}
    known |= {("HEAD", path) for method, path in known if method == "GET"}
    for method, path in sorted(served - known):
        yield f"{method} {path} is served by no plugin"


async def _by_other_methods(
    here: World, route: Route, routes: Sequence[Route], owned: Mapping[str, str]
) -> AsyncIterator[str]:
    """No method opens a path that the routes do not name; HEAD looks as GET does."""
    named = {each.method for each in routes if each.path == route.path}
    if "GET" in named and route.access is not Access.PUBLIC:
        answer = await here.ask("HEAD", _filled(route.path, owned), {"Sec-Fetch-Site": "same-origin"})
        if answer.status not in (401, 303):
            yield f"HEAD {route.path} answers {answer.status} to nothing"
    for method in _METHODS:
        if method not in named:
            answer = await here.ask(method, _filled(route.path, owned))
            if answer.status not in (404, 405) and not _is_another(route.path, method, routes):
                yield f"{method} {route.path} answers {answer.status}"


def _is_another(path: str, method: str, routes: Sequence[Route]) -> bool:
    """Whether another route serves such a path: /messages/held is a message's too."""
    shapes = [route.path.split("/") for route in routes if route.method == method]
    parts = path.split("/")
    return any(
        len(shape) == len(parts)
        and all(mine == yours or yours.startswith("{") for mine, yours in zip(parts, shape, strict=True))
        for shape in shapes
    )


async def _owned(here: World) -> Mapping[str, str]:
    """What the owner has, by where it stands in a path."""
    key, _ = await here.accounts.keys.make(here.people["owner"], _KEY)
    return {
        "{connection_id}": "shop",
        "{message_id}": "0" * 32,
        "{key_id}": key.key_id,
        "{user_id}": here.people["owner"].user_id,
        "{endpoint_id}": await _endpoint(here),
        "{batch_id}": "0" * 32,
        "{chat}": "14155550123@c.us",
        "{number}": "+14155550123",
    }


async def _endpoint(here: World) -> str:
    """A webhook endpoint of the owner's."""
    if "webhooks" not in here.bot.running.plugins.names:
        return "0" * 32
    owner = {"Authorization": f"Bearer {await here.good('owner')}"}
    body = {"url": "https://crm.example.com/", "description": _SHOP, "events": ["message.received"]}
    return str((await here.ask("POST", WEBHOOKS, owner, json=body)).body["id"])


async def _state(here: World) -> Any:
    """All that somebody might have changed."""
    hub = here.bot.running.hub
    owner = {"Authorization": f"Bearer {await here.good('owner')}"}
    return (
        [view for who in here.people.values() for view in await hub.connections.list(who.user_id)],
        (await hub.queue.status()).halt,
        await here.accounts.users(),
        [(each.key_id, each.name) for each in await here.accounts.keys.list(here.people["owner"].user_id)],
        (await here.ask("GET", WEBHOOKS, owner)).text,
    )


async def _ask(here: World, route: Route, token: str, owned: Mapping[str, str]) -> Reply:
    headers = {"Sec-Fetch-Site": "same-origin"}
    if token and route.pages:
        headers["Cookie"] = f"{route.pages.cookie}={token}"
    elif token:
        headers["Authorization"] = f"Bearer {token}"
    body = _BODIES.get(_place(route))
    return await here.ask(
        route.method, _filled(route.path, owned), headers, **({"json": body} if body else {})
    )


def _filled(path: str, owned: Mapping[str, str]) -> str:
    for name, value in owned.items():
        path = path.replace(name, value)
    return path.replace("{", "").replace("}", "")


def _place(route: Route) -> str:
    return f"{route.method} {route.path}"


async def _without_policy() -> list[str]:
    """Whether a hub starts that has a route of which nobody said who may call it."""

    class Undecided(Plugin):
        @hook
        def register_routes(self) -> Iterable[Route]:
            """One."""
            yield Route(method="GET", path="/undecided", handler=_hello, access=cast(Access, None))

    with tempfile.TemporaryDirectory() as folder:
        try:
            async with world(Path(folder), Undecided):
                return ["a hub starts with a route that has no policy"]
        except TypeError as error:
            return (
                [] if "without an access policy" in str(error) else [f"it stops for another reason: {error}"]
            )


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _control(size: Size) -> str:
    """How a route that was made public by mistake is caught."""
    careful = load_plugin_module(built_in_folder() / "rest_api").RestApi

    class Careless(careful):  # type: ignore[misc, valid-type]
        @hook
        def register_routes(self) -> Iterable[Route]:
            """All, and one of them for everybody."""
            for route in super().register_routes():
                wrong = (route.method, route.path) == (
                    "GET",
                    "/api/whatsapp/connections/{connection_id}/stats",
                )
                yield dataclasses.replace(route, access=Access.PUBLIC) if wrong else route

    with tempfile.TemporaryDirectory() as folder:
        async with _shop(Path(folder), Careless) as here:
            broken, _ = await _tried(here, Size.SLICE)
    by_list = [each for each in broken if "is public" in each]
    by_asking = [each for each in broken if " answers " in each]
    if not (by_list and by_asking):
        return ""
    return f"a route made public by mistake: {by_list[0]}; {by_asking[0]}"


CHECK = Check(
    name="AC-01",
    promise="Nobody gets in where he does not belong: every route with eight kinds of bad credentials",
    kept_in="chatgrow_bot/server/server.py, and in `access` and `scope` of each route",
    run=run,
)
