"""One user's calls, made by another: every route there is, with ids that are the first one's and with ids
that are nobody's."""

import asyncio
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from chatgrow_bot.hub import Wish
from chatgrow_bot.plugin import Access, Route

from ..hostile.house import House, Reply
from .traffic import User

_FORM = "application/x-www-form-urlencoded"
#: Names in paths that are nobody's own.
_COMMON = {"name": ["none"], "file": ["none.js"]}
#: What is nobody's.
_MISSING = {
    "connection_id": "nobodys-shop", "message_id": "0" * 32, "key_id": "0" * 32, "user_id": "0" * 32,
    "chat": "15550000000@c.us", "number": "+15550000000", "name": "none", "file": "none.js",
    "batch_id": "0" * 32, "endpoint_id": "0" * 32, "conversation_id": "0" * 32,
}  # fmt: skip
#: By route, a body that it takes, if not the example in the API's document.
_BODIES: Mapping[str, Any] = {
    "POST /api/whatsapp/webhook/{connection_id}": {
        "message": "x",
        "sender": "+15550000000",
        "timestamp": "now",
    },
    "PUT /api/whatsapp/connections/{connection_id}": {"name": "taken over"},
}
_FORMS = {"POST /console/connections/{connection_id}/link/code": "phone=%2B15550000000"}
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass
class Replayed:
    """What came of it."""

    calls: int = 0
    routes: int = 0
    wrong: list[str] = field(default_factory=list)


class Replay:
    """What `other` gets when asking for what is `owner`'s."""

    def __init__(self, here: House, owner: User, other: User) -> None:
        self._here, self._owner, self._other = here, owner, other
        self.found = Replayed()

    async def every_route(self, only: str = "") -> Replayed:
        """All of them, or those whose paths hold this, as often as there are ids."""
        for _, route in self._here.running.ground.hooks.register_routes():
            if only not in route.path or route.path in ("/console/logout", "/api/auth/logout"):
                continue  # by those two the other would be out
            self.found.routes += 1
            parameters = _PARAMETER.findall(route.path)
            if unknown := [each for each in parameters if each not in _MISSING]:
                self.found.wrong.append(f"{route.path}: nobody knows whose {unknown[0]} is")
            elif set(parameters) & self._owner.ids.keys():
                await self._ids(route, parameters)
            else:
                await self._lists(route, route.path)
        return self.found

    async def _ids(self, route: Route, parameters: Sequence[str]) -> None:
        """A route with ids: the owner's are not told apart from nobody's."""
        for ids in self._combinations(parameters):
            theirs = await self._ask(route, _filled(route.path, ids))
            missing = {
                name: self._other.shop if ids[name] == self._other.shop else _MISSING[name] for name in ids
            }
            nobodys = await self._ask(route, _filled(route.path, missing))
            told = f"{route.method} {_filled(route.path, ids)}"
            self._judge(told, theirs, _said(ids))
            if (theirs.status, _plain(theirs, ids)) != (nobodys.status, _plain(nobodys, missing)):
                self.found.wrong.append(f"{told}: {theirs} and for nobody's {nobodys}")
            if theirs.status in (400, 415, 422):
                self.found.wrong.append(f"{told} was not tried: {theirs.raw[:200]!r}")

    def _combinations(self, parameters: Sequence[str]) -> Iterator[dict[str, str]]:
        """The owner's ids in every place; and behind a connection of the other's own, those of the owner."""
        first, *rest = parameters
        values = self._owner.ids.get(first) or _COMMON.get(first) or [_MISSING[first]]
        for value in [*values, *([self._other.shop] if first == "connection_id" and rest else [])]:
            if not rest:
                yield {first: value}
                continue
            for more in self._combinations(rest):
                yield {first: value, **more}

    async def _lists(self, route: Route, path: str) -> None:
        """A route without ids: what it tells is the caller's own, whatever else is asked of it."""
        owner = self._owner
        asked = {
            "chat": f"+{owner.number}", "q": owner.canary[:-3], "before": owner.page,
            "connection": owner.shop, "after": "0", "limit": "200", "days": "30", "all": "true",
        }  # fmt: skip
        fields = route.doc.query.model_fields if route.doc and route.doc.query else {}
        for query in ("", *(f"?{name}={quote(asked[name])}" for name in fields if name in asked)):
            reply = await self._ask(route, path.replace("{name}", "none").replace("{file}", "x") + query)
            self._judge(
                f"{route.method} {path}{query}", reply, [owner.shop] if "connection=" in query else []
            )

    def _judge(self, told: str, reply: Reply, said: Sequence[str]) -> None:
        """Nothing of the owner's, save what was said to it."""
        if reply.status >= 500 and reply.status != 503:
            self.found.wrong.append(f"{told} fails: {reply}")
        for mark in (each for each in self._owner.marks if each and each not in said):
            if mark.encode() in reply.raw:
                self.found.wrong.append(f"{told} tells '{mark}': {reply.status} {reply.raw[:200]!r}")

    async def _ask(self, route: Route, path: str) -> Reply:
        self.found.calls += 1
        key, more = f"{route.method} {route.path}", dict[str, Any]()
        if route.pages:
            more["headers"] = {"Cookie": self._other.cookie, "Sec-Fetch-Site": "same-origin"}
            more["allow_redirects"] = False
            if route.method == "POST":
                more["data"] = _FORMS.get(key, "")
                more["headers"]["Content-Type"] = _FORM
        elif route.path == "/api/whatsapp/media" and route.method == "POST":
            more["data"], more["headers"] = b"%PDF-1.4 x", {"Content-Type": "application/pdf"}
        elif route.doc and route.doc.body and route.access is not Access.PUBLIC:
            more["json"] = _BODIES.get(key) or _example(route)
        if path.startswith("/console") and path.endswith("/live") and route.path == path:
            return await self._begun(path, more)
        if route.path == "/api/whatsapp/events":
            return await self._told(path)
        who = None if route.pages or route.access is Access.PUBLIC else self._other.name
        return await self._here.ask(route.method, path, who, **more)

    async def _begun(self, path: str, more: Mapping[str, Any]) -> Reply:
        """The first that a stream tells."""
        async with asyncio.timeout(60), self._here.http.get(self._here.url + path, **more) as answer:
            raw = await answer.content.readuntil(b"\n\n")
        return Reply(status=answer.status, raw=raw, headers=answer.headers, seconds=0)

    async def _told(self, path: str) -> Reply:
        """All that a stream tells the other of what has happened so far. What is the owner's stands before
        the last that is his own."""
        here, name = self._here, self._other.name
        own = await here.running.hub.events.after(Wish(tenant=here.user_ids[name]), 0, sys.maxsize)
        last = f"id: {own.events[-1].id}\n".encode()
        headers = {"Authorization": f"Bearer {here.tokens[name]}", "Last-Event-ID": "0-0"}
        raw = b""
        async with asyncio.timeout(60), here.http.get(here.url + path, headers=headers) as answer:
            while answer.status == 200 and last not in raw:
                raw += await answer.content.readany()
        return Reply(status=answer.status, raw=raw, headers=answer.headers, seconds=0)


def _filled(path: str, ids: Mapping[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", quote(value, safe="@+"))
    return path


def _plain(reply: Reply, ids: Mapping[str, str]) -> bytes:
    """An answer without what differs from one to the next, and without the ids that were asked for."""
    raw = re.sub(rb'"requestId":"[0-9a-f]+"|"(?:exportedAt|copiesUntil)":"[^"]+"', b"", reply.raw)
    for said in _said(ids):
        raw = raw.replace(said.encode(), b"said")
    return raw


def _said(ids: Mapping[str, str]) -> Sequence[str]:
    """What was asked for, in all its forms: an answer may repeat it."""
    digits = [ids[name].lstrip("+").partition("@")[0] for name in ("chat", "number") if name in ids]
    return [
        form for value in (*ids.values(), *digits) for form in dict.fromkeys((value, quote(value, safe="")))
    ]


def _example(route: Route) -> Any:
    """What the API's document says of the body."""
    assert route.doc
    assert route.doc.body
    schema = route.doc.body.model_json_schema()
    example = sys.modules["chatgrow_plugins.rest_api.openapi.examples"].example

    def resolve(part: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        return part

    return example(schema, resolve, whole=False)
