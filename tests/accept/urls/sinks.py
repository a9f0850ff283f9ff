"""Every place where an address from outside comes to be called: found in what runs and in the code, so that a
new one is tried too, or told of."""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from chatgrow_bot.plugin import Http, Route

from ...shape.source import calls, core, dotted, plugins
from ..hostile.house import CONNECTIONS, House, Reply

#: Asks the hub to call an address, and waits until it has.
Call = Callable[[House, str], Awaitable[Reply]]
Body = Callable[[str], Any]

#: A plugin that calls what it is told to, by each way there is.
FETCHER = """
from aiohttp import web

from chatgrow_bot.plugin import Access, Plugin, Route, hook


class Fetcher(Plugin):
    @hook
    def register_routes(self):
        for way in ("request", "stream"):
            yield Route(
                method="POST", path=f"/fetch/{way}", handler=getattr(self, way), access=Access.OPERATOR
            )

    async def request(self, request):
        url = (await request.json())["url"]
        return web.Response(body=(await self.bot.http.request("GET", url, seconds=5)).body)

    async def stream(self, request):
        url = (await request.json())["url"]
        return web.Response(body=b"".join([part async for part in self.bot.http.stream(url, seconds=5)]))
"""
#: What is sent to each route that takes an address.
BODIES: Mapping[str, Body] = {
    f"POST {CONNECTIONS}/{{connection_id}}/send": lambda url: {
        "to": "+14155550123",
        "message": {"media": {"url": url}},
    },
}
#: Where the code calls an address that it does not know itself, and by what that is tried here.
IN_CODE = {
    "chatgrow_bot/spool.py stream": "media.url of the routes",
    "plugins/rest_api/content.py from_url": "media.url of the routes",
    "plugins/simulator/demo/api.py request": "the demo's own hub, on this machine; no door is needed",
}
_TELLING = ("url", "uri", "href", "link", "endpoint", "callback", "webhook")
_CALLS = ("request", "stream")


def lay_plugin(folder: Path) -> Mapping[str, Any]:
    """Write the plugin; what chatgrow.yaml says of it."""
    (folder / "mine").mkdir()
    (folder / "mine" / "fetcher.py").write_text(FETCHER)
    return {"pluginFolders": ["mine"], "plugins": {"rest_api": {"admin": True}, "fetcher": {}}}


def sinks(here: House) -> tuple[Mapping[str, Call], Sequence[str]]:
    """Every way to have an address called, by a name; and those that nobody here knows how to try."""
    found: dict[str, Call] = {f"bot.http.{way}": _by_plugin(way) for way in _ways()}
    unknown = [f"nobody tries bot.http.{way}" for way in _ways() if way not in _CALLS]
    routes = [route for _, route in here.running.ground.hooks.register_routes()]
    for route in routes:
        if route.doc and route.doc.body and any(_fields(route.doc.body)):
            name = f"{route.method} {route.path}"
            if name in BODIES:
                found[name] = _by_route(route, BODIES[name])
            else:
                unknown.append(f"nobody tries the address in {name}: it takes {_fields(route.doc.body)}")
    bodies = [route.doc.body for route in routes if route.doc and route.doc.body]
    documented = {each for body in bodies for each in _models(body)}
    unknown += [f"{each.__name__} takes an address, by no route known" for each in _loose(documented)]
    return found, [*unknown, *_in_code()]


def _ways() -> Sequence[str]:
    return [name for name, _ in inspect.getmembers(Http, inspect.isfunction) if not name.startswith("_")]


def _by_plugin(way: str) -> Call:
    async def call(here: House, url: str) -> Reply:
        return await here.ask("POST", f"/fetch/{way}", "anna", json={"url": url})

    return call


def _by_route(route: Route, body: Body) -> Call:
    path = route.path.replace("{connection_id}", "shop")

    async def call(here: House, url: str) -> Reply:
        return await here.ask(route.method, path, "anna", json=body(url))

    return call


def _fields(model: type[BaseModel]) -> Sequence[str]:
    """The fields of a body, however deep, that seem to hold an address."""
    return [
        f"{each.__name__}.{name}"
        for each in _models(model)
        for name in each.model_fields
        if any(word in name.lower() for word in _TELLING)
    ]


def _models(model: type[BaseModel]) -> Sequence[type[BaseModel]]:
    """A model and all that it is made of."""
    found = [model]
    for each in found:
        parts = (part for field in each.model_fields.values() for part in _parts(field.annotation))
        found += [part for part in dict.fromkeys(parts) if part not in found]
    return found


def _parts(kind: Any) -> Iterator[type[BaseModel]]:
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        yield kind
    for each in get_args(kind):
        yield from _parts(each)


def _loose(documented: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Models of bodies that no route's document names."""
    bases: set[type[BaseModel]] = {each.__mro__[-3] for each in documented}
    for base in bases:
        for each in base.__subclasses__():
            own = [name for name in each.model_fields if any(word in name.lower() for word in _TELLING)]
            if own and each not in documented:
                yield each


def _in_code() -> Iterator[str]:
    """Calls of an address in the code of which this check does not know."""
    seen = set()
    for file in (*core(), *plugins()):
        for call in calls(file):
            owner, _, method = dotted(call.func).rpartition(".")
            by_door = method in _CALLS and owner.rpartition(".")[2].lstrip("_") in ("http", "door")
            if (by_door or method == "from_url") and not file.path.startswith("chatgrow_bot/safety/"):
                seen.add(f"{file.path} {method}")
    yield from (f"{each}: an address is called there, and nobody tries it" for each in seen - IN_CODE.keys())
