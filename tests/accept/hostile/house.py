"""A whole hub in this process with its API on a real socket, and people who may log in to it. Only WhatsApp
is a fake engine."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.app import Running, open_hub
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config.load import load
from chatgrow_bot.engine import Engine
from chatgrow_bot.hub import Role
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeEngine, FakeSession
from chatgrow_bot.testing.template import migrated

CONNECTIONS = "/api/whatsapp/connections"
PASSWORD = "correct horse battery"
#: Seconds that a busy machine may take.
PATIENCE = 60.0
#: Nobody waits between messages.
_SETTINGS: Mapping[str, Any] = {
    "server": {"port": 0},
    "diskReserve": 0,
    "maxConnections": 20,
    "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
    "plugins": {"rest_api": {"admin": True}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read."""

    status: int
    raw: bytes
    headers: Mapping[str, str]
    seconds: float  #: that it took

    def __str__(self) -> str:
        return f"{self.status} {self.raw[:300]!r}"

    @property
    def body(self) -> Any:
        """What its JSON says."""
        return json.loads(self.raw)


@dataclass(kw_only=True)
class House:
    """The hub, while it runs."""

    folder: Path
    running: Running
    engine: FakeEngine
    http: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)
    user_ids: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.running.port}"

    async def person(self, name: str, role: Role = Role.OPERATOR) -> None:
        """Somebody who may log in, and does."""
        accounts = self.running.hub.accounts
        assert isinstance(accounts, Accounts)
        who, _ = await accounts.add_user(name, PASSWORD, role, "enterprise")
        self.user_ids[name] = who.user_id
        self.tokens[name] = (await accounts.login(name, PASSWORD, "127.0.0.1")).access_token

    async def ask(self, method: str, path: str, who: str | None, **more: Any) -> Reply:
        """One request; it may take its time, but not for ever."""
        headers = dict(more.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        began = time.perf_counter()
        async with (
            asyncio.timeout(PATIENCE),
            self.http.request(method, self.url + path, headers=headers, **more) as answer,
        ):
            raw = await answer.read()
        took = time.perf_counter() - began
        return Reply(status=answer.status, raw=raw, headers=answer.headers, seconds=took)

    async def connect(self, who: str, connection_id: str) -> FakeSession:
        """Make a connection and wait until it is online; its session."""
        made = await self.ask("POST", CONNECTIONS, who, json={"connectionId": connection_id})
        assert made.status == 201, made
        hub, tenant = self.running.hub, self.user_ids[who]
        async with asyncio.timeout(PATIENCE):
            while (await hub.connections.get(tenant, connection_id)).state is not ConnectionState.ONLINE:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return self.engine.opened[connection_id]


@asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """The hub, for the time of the block; `settings` as chatgrow.yaml has them."""
    config = folder / "config" / "chatgrow.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump({**_SETTINGS, **settings}))
    await migrated(folder / "sessions" / "chatgrow.db")
    engine = FakeEngine(SystemClock().now)
    engines: dict[str, Engine] = {"web": engine}
    async with (
        open_hub(load(config, {}), engines=engines) as running,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield House(folder=folder, running=running, engine=engine, http=http)
