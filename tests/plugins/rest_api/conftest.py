"""The API over real sockets on the whole hub: real accounts, database, spool, outbox and connections. Only
WhatsApp is a fake engine, and the clock is turned by hand."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import aiohttp
import pytest
from pydantic import BaseModel
from sqlalchemy import select

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.app import open_hub
from chatgrow_bot.config.load import load
from chatgrow_bot.engine import Engine, Parcel
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Hub, Role
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import Route
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession
from chatgrow_bot.testing.template import migrated

from .conforming import built_in

REST_API = load_plugin_module(built_in_folder() / "rest_api")
#: Seconds that a busy machine may take.
_PATIENCE = 20.0
CONNECTIONS = "/api/whatsapp/connections"
USERS = {
    "admin": Role.ADMIN,
    "operator": Role.OPERATOR,
    "viewer": Role.VIEWER,
    "stranger": Role.OPERATOR,  # owns nothing of what the others made
}
PASSWORD = "correct horse battery"
CONFIG = """
server: {port: 0}
sessionDir: sessions
allowedMediaRoots: [media]
agents:
  dana: {name: Dana Levi, user: dana-user, whatsapp: "+15559990001"}
  avi: {name: Avi}
teams:
  sales: {title: Sales, tenants: all, members: [dana, avi], give: byHand}
  managers: {tenants: all, members: [avi], give: byHand}
plugins:
  rest_api: {admin: true}
"""


def part(name: str) -> ModuleType:
    """A module of the plugin: `part("models.base")`."""
    return sys.modules[f"{REST_API.__name__}.{name}"]


def body_models() -> list[type[BaseModel]]:
    """The model of every body that the API takes, and of every part of one."""
    models: list[type[BaseModel]] = part("models.base").Request.__subclasses__()
    return models


@dataclass(frozen=True)
class Reply:
    """An answer, read."""

    status: int
    body: Any  #: parsed when it is JSON, else the bytes
    headers: Mapping[str, str]

    def is_problem(self, status: int, title: str) -> bool:
        assert self.headers["Content-Type"].startswith("application/problem+json"), self
        assert (self.status, self.body["status"], self.body["title"]) == (status, status, title), self.body
        assert self.body["detail"].endswith("."), "the detail ends with the next step"
        return True


class Api:
    """A running hub and a client of it."""

    def __init__(
        self,
        hub: Hub,
        url: str,
        session: aiohttp.ClientSession,
        engine: FakeEngine,
        clock: FakeClock,
        home: Path,
        db: Database,
    ) -> None:
        self.hub, self.url, self.engine, self.clock, self.home = hub, url, engine, clock, home
        self._session, self._db = session, db
        self.names = {user: f"{user}-user" for user in USERS}
        self._tokens: dict[str, tuple[str, datetime]] = {}  # each with the end of its time

    @property
    def accounts(self) -> Accounts:
        """The hub's accounts, with what only the command line may do."""
        accounts = self.hub.accounts
        assert isinstance(accounts, Accounts)
        return accounts

    def routes(self) -> list[Route]:
        """Every route there is."""
        plugin = REST_API.RestApi(SimpleNamespace(hub=self.hub))
        return list(plugin.register_routes())

    async def token(self, user: str) -> str:
        """His access token: a fresh one once the last is too old, however far the clock was moved."""
        token, until = self._tokens.get(user, ("", None))
        if until is None:
            await self.accounts.add_user(self.names[user], PASSWORD, USERS[user], "enterprise")
        if until is None or self.clock.now() >= until:
            login = await self.accounts.login(self.names[user], PASSWORD, "10.0.0.1")
            token = login.access_token
            self._tokens[user] = (token, self.clock.now() + login.expires_in)
        return token

    async def ask(self, method: str, path: str, user: str | None = "operator", **more: Any) -> Reply:
        headers = dict(more.pop("headers", {}))
        if isinstance(data := more.get("data"), bytes):
            more["data"] = io.BytesIO(data)
        if user:
            headers["Authorization"] = f"Bearer {await self.token(user)}"
        async with self._session.request(method, self.url + path, headers=headers, **more) as answer:
            is_endless = answer.content_type == "text/event-stream"
            raw = b"" if is_endless else await answer.read()
            is_json = raw and "json" in answer.content_type
            body = json.loads(raw) if is_json else raw
            faults = built_in().faults(method, path, answer.status, answer.headers, body)
            assert list(faults) == [], f"{method} {path} answers what its document does not say: {body!r}"
            return Reply(answer.status, body, answer.headers)

    async def create(self, connection_id: str, user: str = "operator") -> None:
        """Make a connection over the API."""
        made = await self.ask("POST", CONNECTIONS, user, json={"connectionId": connection_id})
        assert made.status == 201, made

    async def connect(self, connection_id: str, user: str = "operator") -> FakeSession:
        """Make a connection and have it linked."""
        await self.create(connection_id, user)
        await self.until(user, connection_id, ConnectionState.ONLINE)
        return self.engine.opened[connection_id]

    async def until(self, user: str, connection_id: str, state: ConnectionState) -> None:
        """Wait for a state, while time passes."""
        async with asyncio.timeout(_PATIENCE):
            while (await self.ask("GET", f"{CONNECTIONS}/{connection_id}", user)).body["state"] != state:
                await self._pass(0.1)

    async def leaves(self, reply: Reply, connection_id: str = "shop") -> Parcel:
        """The parcel that the engine is handed for what was accepted, while time passes."""
        assert reply.status == 202, reply
        async with asyncio.timeout(_PATIENCE):
            while (await self.ask("GET", reply.headers["Location"])).body["status"] != "sent":
                await self._pass(1)
        return self.engine.opened[connection_id].sent[-1]

    async def _pass(self, seconds: float) -> None:
        """Let time pass: so much on the hub's clock, and a little in truth, for its threads to work."""
        self.clock.advance(seconds)
        await asyncio.sleep(0.005)

    async def hears(self, connection_id: str = "shop", *, fetched: bool = True, **what: Any) -> str:
        """Something comes in to the operator; its id, once its file is fetched or known to be gone. `what` is
        as for FakeSession.hears."""
        came = await self.engine.opened[connection_id].hears(**what)
        who = await self.hub.accounts.verify(await self.token("operator"))
        found = select(inbox.c.id).where(inbox.c.tenant == who.user_id, inbox.c.wa_id == came.wa_id)
        message_id = await self._db.read(lambda conn: conn.execute(found).scalar_one())
        async with asyncio.timeout(10):
            while fetched and came.attachment:
                message = await self.hub.inbox.get(who.user_id, message_id)
                fetched = not (message.media or message.media_trouble)
        return str(message_id)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    (tmp_path / "media").mkdir()
    config = tmp_path / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    config.write_text(CONFIG)
    await migrated(tmp_path / "sessions" / "chatgrow.db")
    clock = FakeClock()
    engine = FakeEngine(clock.now)
    engines: dict[str, Engine] = {"web": engine}
    async with (
        open_hub(load(config, {}), clock=clock, engines=engines) as running,
        aiohttp.ClientSession() as session,
    ):
        yield Api(
            running.hub,
            f"http://127.0.0.1:{running.port}",
            session,
            engine,
            clock,
            tmp_path,
            running.ground.db,
        )
