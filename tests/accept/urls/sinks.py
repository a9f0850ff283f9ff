"""Every place where an address from outside comes to be called: found in what runs and in the code, so that a
new one is tried too, or told of."""

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from sqlalchemy import select

from chatgrow_bot.messages import Fault
from chatgrow_bot.plugin import Http, Route
from chatgrow_bot.store.bulk_tables import bulk_rows

from ...shape.source import calls, core, dotted, plugins
from ..hostile.house import CONNECTIONS, PATIENCE, House, Reply

#: Asks the hub to call an address, and waits until it has.
Call = Callable[[House, str], Awaitable[Reply]]
Body = Callable[[str], Any]

#: A plugin that calls what it is told to, by each way there is.
FETCHER = """
from aiohttp import web

from chatgrow_bot.messages import FileNamed, Outbound
from chatgrow_bot.plugin import IDENTITY, Access, Plugin, Route, hook


class Fetcher(Plugin):
    @hook
    def register_routes(self):
        for way in ("request", "stream", "send"):
            yield Route(
                method="POST", path=f"/fetch/{way}", handler=getattr(self, way), access=Access.OPERATOR
            )

    async def request(self, request):
        url = (await request.json())["url"]
        return web.Response(body=(await self.bot.http.request("GET", url, seconds=5)).body)

    async def stream(self, request):
        url = (await request.json())["url"]
        return web.Response(body=b"".join([part async for part in self.bot.http.stream(url, seconds=5)]))

    async def send(self, request):
        file = FileNamed(url=(await request.json())["url"])
        message = Outbound(to="+14155550123", file=file, connection_id="shop")
        await self.bot.send(request[IDENTITY].user_id, message)
        return web.Response(status=202)
"""
#: What is sent to each route that takes an address.
BODIES: Mapping[str, Body] = {
    f"POST {CONNECTIONS}/{{connection_id}}/send": lambda url: {
        "to": "+14155550123",
        "message": {"media": {"url": url}},
    },
}
WEBHOOKS, BULK = "/api/whatsapp/webhooks", "/api/whatsapp/bulk"
#: Where the code calls an address that it does not know itself, and by what that is tried here.
IN_CODE = {
    "chatgrow_bot/spool.py stream": "media.url of the routes",
    "plugins/rest_api/content.py from_url": "media.url of the routes",
    "chatgrow_bot/inbox/enclosures.py from_url": "the file of a message that a plugin sends",
    "plugins/auto_reply/calls_sending.py request": "webhook of a rule",
    "chatgrow_bot/bulk/files.py from_url": "media.url of a bulk send's row",
    "chatgrow_bot/client/wire.py request": "the hub that a program names itself; no door is needed",
    "plugins/webhooks/sending.py request": "url of webhook endpoints",
    "plugins/simulator/demo/api.py request": "the demo's own hub, on this machine; no door is needed",
}
_TELLING = ("url", "uri", "href", "link", "endpoint", "callback", "webhook")
_CALLS = ("request", "stream")
#: Of bot.http, what calls nothing.
_LOOKS = ("check",)


def lay_plugin(folder: Path) -> Mapping[str, Any]:
    """Write the plugin; what chatgrow.yaml says of it."""
    (folder / "mine").mkdir()
    (folder / "mine" / "fetcher.py").write_text(FETCHER)
    (folder / "rules").mkdir()
    rules = {"rules": "rules", "watch": False}
    plugins = {
        "rest_api": {"admin": True},
        "webhooks": {"admin": True},
        "auto_reply": rules,
        "fetcher": {"tenants": "all"},
    }
    return {"pluginFolders": ["mine"], "plugins": plugins}


def sinks(here: House) -> tuple[Mapping[str, Call], Sequence[str]]:
    """Every way to have an address called, by a name; and those that nobody here knows how to try."""
    found: dict[str, Call] = {f"bot.http.{way}": _by_plugin(way) for way in _ways()}
    found |= {"bot.send": _by_plugin("send"), "webhook of a rule": _by_rule}
    unknown = [f"nobody tries bot.http.{way}" for way in _ways() if way not in _CALLS]
    routes = [route for _, route in here.running.ground.hooks.register_routes()]
    for route in routes:
        if route.doc and route.doc.body and any(_fields(route.doc.body)):
            name = f"{route.method} {route.path}"
            if name in BODIES:
                found[name] = _by_route(route, BODIES[name])
            elif name in OTHERS:
                found |= {f"{name} {way}".strip(): call for way, call in OTHERS[name].items()}
            else:
                unknown.append(f"nobody tries the address in {name}: it takes {_fields(route.doc.body)}")
    bodies = [route.doc.body for route in routes if route.doc and route.doc.body]
    documented = {each for body in bodies for each in _models(body)}
    unknown += [f"{each.__name__} takes an address, by no route known" for each in _loose(documented)]
    return found, [*unknown, *_in_code()]


def _ways() -> Sequence[str]:
    named = [name for name, _ in inspect.getmembers(Http, inspect.isfunction) if not name.startswith("_")]
    return [name for name in named if name not in _LOOKS]


def _by_plugin(way: str) -> Call:
    async def call(here: House, url: str) -> Reply:
        return await here.ask("POST", f"/fetch/{way}", "anna", json={"url": url})

    return call


async def _by_rule(here: House, url: str) -> Reply:
    """What comes of one try of a rule's webhook, by the part of the plugin that runs."""
    seats: Any = here.running.plugins
    rows = sys.modules["chatgrow_plugins.auto_reply.calls_rows"]
    now = here.running.hub.clock.now()
    more = {"rule": "r", "headers": {}, "body": b"{}", "attempts": 0, "due": None, "added_at": now}
    waiting = rows.Waiting(row=1, tenant=here.user_ids["anna"], message_id="m", number=0, url=url, **more)
    outcome = await seats._seats["auto_reply"].plugin._calls._sender.send(waiting)
    status = 202 if outcome.verdict == "taken" else 422
    return Reply(status=status, raw=outcome.why.encode(), headers={}, seconds=0.0)


def _by_route(route: Route, body: Body) -> Call:
    path = route.path.replace("{connection_id}", "shop")

    async def call(here: House, url: str) -> Reply:
        return await here.ask(route.method, path, "anna", json=body(url))

    return call


async def _told(here: House, url: str) -> Reply:
    """What comes of an endpoint's delivery of something that happens."""
    made = await here.ask("POST", WEBHOOKS, "anna", json={"url": url, "events": ["fault"]})
    if made.status != 201:
        return made
    path, hub = f"{WEBHOOKS}/{made.body['id']}", here.running.hub
    hub.report(Fault(where="check", reason="x", tenant=here.user_ids["anna"], at=hub.clock.now()))
    async with asyncio.timeout(PATIENCE):
        while not (log := await here.ask("GET", f"{path}/deliveries", "anna")).body["deliveries"]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await here.ask("DELETE", path, "anna")
    return _taken(log, log.body["deliveries"][0]["outcome"])


async def _tested(here: House, url: str) -> Reply:
    """What comes of the test button of an endpoint that was moved there."""
    made = await here.ask("POST", WEBHOOKS, "anna", json={"url": "https://good.example/"})
    path = f"{WEBHOOKS}/{made.body['id']}"
    reply = await here.ask("PUT", path, "anna", json={"url": url})
    if reply.status == 200:
        reply = await here.ask("POST", f"{path}/test", "anna")
        reply = _taken(reply, reply.body["outcome"])
    await here.ask("DELETE", path, "anna")
    return reply


def _taken(reply: Reply, outcome: str) -> Reply:
    """As the other sinks answer: 202 when the address was called, and answered well."""
    return replace(reply, status=202 if outcome == "delivered" else 422)


async def _for_all(here: House, url: str) -> Reply:
    """What comes of the file that is common to a bulk send: it is fetched before the answer."""
    return await here.ask("POST", f"{BULK}/send", "anna", json=_bulk(content={"media": {"url": url}}))


async def _for_one(here: House, url: str) -> Reply:
    """What comes of a row's own file: it is fetched when its turn comes."""
    taken = await here.ask("POST", f"{BULK}/send", "anna", json=_bulk({"media": {"url": url}}))
    if taken.status != 202:
        return taken
    batch_id = taken.body["batchId"]
    row, state = select(bulk_rows.c.state).where(bulk_rows.c.batch_id == batch_id), "file"
    async with asyncio.timeout(PATIENCE):
        while state == "file":
            state = await here.running.ground.db.read(lambda conn: conn.execute(row).scalar_one())
    await here.ask("POST", f"{BULK}/{batch_id}/cancel", "anna")
    return replace(taken, status=422 if state == "failed" else 202)


def _bulk(own: Any = None, content: Any = None) -> Any:
    person = {"to": "+14155550123"} | ({"content": own} if own else {})
    return {"connectionId": "shop", "messages": [person]} | ({"content": content} if content else {})


OTHERS: Mapping[str, Mapping[str, Call]] = {
    f"POST {WEBHOOKS}": {"": _told},
    f"PUT {WEBHOOKS}/{{endpoint_id}}": {"": _tested},
    f"POST {BULK}/send": {"for all": _for_all, "for one": _for_one},
}


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
