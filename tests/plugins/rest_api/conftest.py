"""The API over real sockets on the whole hub: real accounts, database, spool, outbox and connections. Only
WhatsApp is a fake engine, and the clock is turned by hand."""

import io
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import aiohttp
import pytest

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.app import open_hub
from chatgrow_bot.config.load import load
from chatgrow_bot.engine import Engine
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Hub, Role
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import Route
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession

REST_API = load_plugin_module(built_in_folder() / "rest_api")
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
plugins:
  rest_api: {admin: true}
"""


def part(name: str) -> ModuleType:
    """A module of the plugin: `part("models")`."""
    return sys.modules[f"{REST_API.__name__}.{name}"]


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
    ) -> None:
        self.hub, self.url, self.engine, self.clock, self.home = hub, url, engine, clock, home
        self._session = session
        self._tokens: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """Every route there is."""
        plugin = REST_API.RestApi(SimpleNamespace(hub=self.hub))
        return list(plugin.register_routes())

    async def token(self, user: str) -> str:
        if user not in self._tokens:
            accounts = self.hub.accounts
            assert isinstance(accounts, Accounts)
            await accounts.add_user(f"{user}-user", PASSWORD, USERS[user], "enterprise")
            self._tokens[user] = (await accounts.login(f"{user}-user", PASSWORD, "10.0.0.1")).access_token
        return self._tokens[user]

    async def ask(self, method: str, path: str, user: str | None = "operator", **more: Any) -> Reply:
        headers = dict(more.pop("headers", {}))
        if isinstance(data := more.get("data"), bytes):
            more["data"] = io.BytesIO(data)
        if user:
            headers["Authorization"] = f"Bearer {await self.token(user)}"
        async with self._session.request(method, self.url + path, headers=headers, **more) as answer:
            raw = await answer.read()
            is_json = raw and "json" in answer.content_type
            return Reply(answer.status, json.loads(raw) if is_json else raw, answer.headers)

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
        seen: Any = None
        for _ in range(2000):
            seen = (await self.ask("GET", f"{CONNECTIONS}/{connection_id}", user)).body
            if seen["state"] == state:
                return
            self.clock.advance(0.1)
        raise AssertionError(f"never {state}: {seen}")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    (tmp_path / "media").mkdir()
    config = tmp_path / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    config.write_text(CONFIG)
    clock = FakeClock()
    engine = FakeEngine(clock.now)
    engines: dict[str, Engine] = {"web": engine}
    async with (
        open_hub(load(config, {}), clock=clock, engines=engines) as running,
        aiohttp.ClientSession() as session,
    ):
        yield Api(running.hub, f"http://127.0.0.1:{running.port}", session, engine, clock, tmp_path)
