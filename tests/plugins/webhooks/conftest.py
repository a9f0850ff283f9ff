"""A whole hub with the plugin, receivers on this machine, and a clock that is turned by hand. Only WhatsApp
is a fake engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.errors import NotLoggedIn
from chatgrow_bot.hub import Role, Scope
from chatgrow_bot.messages import Fault
from chatgrow_bot.signatures import Signature, to_key
from chatgrow_bot.store import journal
from chatgrow_bot.testing import FakeClock, TalkingBot

from ..rest_api.conforming import Document

WEBHOOKS = "/api/whatsapp/webhooks"
PASSWORD = "correct horse battery"
#: Seconds that a busy machine may take.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a receiver got."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """Of a fault: what tests tell their events apart by."""
        return str(self.told["data"].get("reason"))

    def is_signed_by(self, secret: str) -> bool:
        signature = Signature(
            id=self.id,
            timestamp=self.headers["webhook-timestamp"],
            signatures=self.headers["webhook-signature"],
        )
        return signature.is_of(to_key(secret), self.body)


@dataclass
class Receiver:
    """Other systems, each at a path of its own."""

    url: str = ""
    got: list[Request] = field(default_factory=list)
    #: By path, what it answers: a status, or a response made anew each time.
    answers: dict[str, int | Callable[[], web.StreamResponse]] = field(default_factory=dict)
    #: By path, an event that it waits for before it answers.
    held: dict[str, asyncio.Event] = field(default_factory=dict)

    def at(self, path: str) -> list[Request]:
        return [each for each in self.got if each.path == path]

    def reasons(self, path: str) -> list[str]:
        return [each.reason for each in self.at(path)]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path, body = request.path, await request.read()
        self.got.append(Request(path=path, headers=dict(request.headers), body=body))
        if path in self.held:
            await self.held[path].wait()
        answer = self.answers.get(path, 200)
        return web.Response(status=answer, text="said") if isinstance(answer, int) else answer()


@dataclass(frozen=True)
class Reply:
    """An answer of the API, read."""

    status: int
    body: Any
    headers: Mapping[str, str]


class World:
    """The hub, its users and its receivers."""

    def __init__(self, bot: TalkingBot, clock: FakeClock, receiver: Receiver, http: aiohttp.ClientSession):
        self.bot, self.clock, self.receiver, self._http = bot, clock, receiver, http
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self._document: Document | None = None

    @property
    def accounts(self) -> Accounts:
        accounts = self.bot.running.hub.accounts
        assert isinstance(accounts, Accounts)
        return accounts

    async def start(self, **config: Any) -> None:
        """Start, or start again."""
        webhooks = {"admin": True, "tenants": "all", **config}
        settings = {"allowedHosts": ["127.0.0.1", "localhost"]}
        plugins = {"rest_api": {"admin": True}, "webhooks": webhooks}
        await self.bot.start(*plugins, settings=settings, **plugins)
        self.ids["admin"] = self.bot.admin.user_id

    async def user(self, name: str, role: Role = Role.OPERATOR) -> str:
        """Somebody who may log in, with his token."""
        if name not in self.ids:
            who, _ = await self.accounts.add_user(name, PASSWORD, role, "enterprise")
            self.ids[name] = who.user_id
        await self._log_in(name)
        return self.ids[name]

    async def _log_in(self, name: str) -> None:
        self.tokens[name] = (await self.accounts.login(name, PASSWORD, "10.0.0.1")).access_token

    async def key(self, name: str, *scopes: Scope, connections: Sequence[str] | None = None) -> str:
        """An API key of somebody's, under which he may ask by another name."""
        who = await self.accounts.find(name)
        _, text = await self.accounts.keys.make(who, "a key", scopes=scopes, connections=connections)
        self.tokens[f"{name}'s key"] = text
        return f"{name}'s key"

    async def ask(self, method: str, path: str, user: str | None = "anna", **more: Any) -> Reply:
        if user in self.ids:  # a login lasts for minutes, and time flies here
            try:
                await self.accounts.verify(self.tokens[user])
            except NotLoggedIn:
                await self._log_in(user)
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        url = f"http://127.0.0.1:{self.bot.running.port}{path}"
        async with self._http.request(method, url, headers=headers, **more) as answer:
            raw = await answer.read()
            body = json.loads(raw) if raw and "json" in answer.content_type else raw
            faults = list((await self.document()).faults(method, path, answer.status, answer.headers, body))
            assert faults == [], f"{method} {path} answers what its document does not say: {body!r}"
            return Reply(answer.status, body, answer.headers)

    async def document(self) -> Document:
        if self._document is None:
            url = f"http://127.0.0.1:{self.bot.running.port}/api/openapi.json"
            async with self._http.get(url) as answer:
                self._document = Document(await answer.json())
        return self._document

    async def make(self, path: str = "/crm", user: str = "anna", **settings: Any) -> Any:
        """An endpoint; what the API says of it."""
        body = {"url": f"{self.receiver.url}{path}", **settings}
        made = await self.ask("POST", WEBHOOKS, user, json=body)
        assert made.status == 201, made
        return made.body

    async def shown(self, endpoint: Any, user: str = "anna") -> Any:
        return (await self.ask("GET", f"{WEBHOOKS}/{endpoint['id']}", user)).body

    async def tell(self, *reasons: str, user: str = "anna", hub: bool = False) -> None:
        """Something happens to a user, or to the hub itself."""
        now, tenant = self.clock.now(), "" if hub else self.ids[user]
        facts = [Fault(where="test", reason=each, tenant=tenant, at=now) for each in reasons]
        await self.bot.running.ground.db.write(lambda conn: journal.tell(conn, *facts, at=now))

    async def until(self, good: Callable[[], object], pace: float = 0.0) -> None:
        """Wait until something is so, while time passes by so many seconds at each look."""
        async with asyncio.timeout(PATIENCE):
            while not good():
                self.clock.advance(pace)
                await asyncio.sleep(0.01)

    async def until_shown(self, endpoint: Any, pace: float = 0.0, **how: Any) -> Any:
        """Wait until the API shows an endpoint so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.shown(endpoint)
                if how.items() <= found.items():
                    return found
                self.clock.advance(pace)
                await asyncio.sleep(0.01)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Receivers, on a port of this machine."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{name:.*}", receiver.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        receiver.url = str(server.make_url("")).rstrip("/")
        try:
            yield receiver
        finally:
            for each in receiver.held.values():
                each.set()


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[World]:
    """A hub that is still to be started."""
    clock = FakeClock()
    bot = TalkingBot(tmp_path, clock)
    async with receiving() as receiver, aiohttp.ClientSession() as http:
        try:
            yield World(bot, clock, receiver, http)
        finally:
            await bot.stop()


@pytest.fixture
async def world(fresh: World) -> World:
    """A hub that runs, and a user of it."""
    await fresh.start()
    await fresh.user("anna")
    return fresh
