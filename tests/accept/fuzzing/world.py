"""A whole hub over a socket, and two tenants who have everything: an operator who comes with a token, an
admin who comes with an API key. What is told to one of them never says the mark of the other."""

import asyncio
import io
import json
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from chatgrow_bot.app import open_hub
from chatgrow_bot.background import background
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config.load import load
from chatgrow_bot.hub import Scope
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeEngine, FakeSession
from chatgrow_bot.testing.template import migrated

Json = dict[str, Any]

_CONFIG = """
server: {port: 0}
sessionDir: sessions
allowedMediaRoots: [media]
maxConnections: 5000
plans: {enterprise: {connections: 5000}}
plugins:
  rest_api: {admin: true}
"""
#: A plugin beside it, for a control.
_BESIDE = """
  broken_on_purpose: {}
pluginFolders: [plugins]
"""
_BROKEN = Path(__file__).with_name("broken_on_purpose.py")
_PASSWORD = "correct horse battery"
_PATIENCE = 30.0
_TICK = 0.01


@dataclass(slots=True, kw_only=True)
class Tenant:
    """Somebody with connections, messages, files and a way in."""

    name: str
    headers: dict[str, str]
    mark: str  #: stands in everything of his, and in nothing of anyone else's
    connections: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)


class World:
    """A running hub, and what went wrong inside it."""

    def __init__(self, url: str, engine: FakeEngine, session: aiohttp.ClientSession) -> None:
        self.url, self.engine, self._session = url, engine, session
        self.tenants: list[Tenant] = []
        self.admin: dict[str, str] = {}  #: the headers of the second tenant with a token: some take no key
        self.unhandled: list[str] = []  #: what reached the event loop
        self.lag = 0.0  #: the longest time for which the loop did nothing else, in seconds

    async def ask(self, method: str, path: str, headers: dict[str, str], **more: Any) -> tuple[int, Any]:
        """One request; its status, and the body, parsed if it is JSON."""
        url = self.url + path
        async with self._session.request(method, url, headers=headers, **more) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw and "json" in answer.content_type else raw

    async def answer(
        self, method: str, path: str, headers: dict[str, str], raw: bytes
    ) -> tuple[int, Mapping[str, str], Any, bytes]:
        """One request with a body as it stands: the status, the headers, the body parsed and as it came."""
        body = io.BytesIO(raw)
        async with self._session.request(method, self.url + path, headers=headers, data=body) as answer:
            said = await answer.read()
            is_json = said and "json" in answer.content_type
            return answer.status, answer.headers, json.loads(said) if is_json else said, said

    async def made(self, method: str, path: str, headers: dict[str, str], **more: Any) -> Any:
        """What came of a request that must succeed."""
        status, body = await self.ask(method, path, headers, **more)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {body!r}")
        return body

    async def watch(self) -> None:
        """Measure the loop's lag for as long as it runs."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK)
            self.lag = max(self.lag, time.perf_counter() - before - _TICK)

    def hear(self, loop: asyncio.AbstractEventLoop, context: Json) -> None:
        """An error that nobody handled."""
        self.unhandled.append(f"{context.get('message')}: {context.get('exception')!r}")


@asynccontextmanager
async def world(folder: Path, *, broken: bool = False) -> AsyncIterator[World]:
    """A hub with two tenants; `broken`: and with a plugin that is broken on purpose."""
    for name in ("media", "plugins", "sessions"):
        (folder / name).mkdir()
    if broken:
        shutil.copy(_BROKEN, folder / "plugins")
    config = folder / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    config.write_text(_CONFIG + (_BESIDE if broken else ""))
    await migrated(folder / "sessions" / "chatgrow.db")
    engine = FakeEngine(SystemClock().now)
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        found = load(config, {})
        hub = await stack.enter_async_context(open_hub(found, engines={"web": engine}))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made = World(f"http://127.0.0.1:{hub.port}", engine, session)
        loop.set_exception_handler(made.hear)
        stack.callback(loop.set_exception_handler, None)
        await _people(made, hub.first_password or "")
        for tenant in made.tenants:
            await _furnish(made, tenant)
        await stack.enter_async_context(background(made.watch(), "lag"))
        yield made


async def _people(made: World, first_password: str) -> None:
    """An operator with a token, and the admin of the first start with a key: whatever becomes of logins by
    what an admin may do, the key stays good."""
    admin = await _login(made, "admin", first_password)
    ids = []
    for name in ("bob", "spare"):
        user = {"username": name, "password": _PASSWORD, "role": "operator", "plan": "enterprise"}
        ids.append((await made.made("POST", "/api/users", admin, json=user))["userId"])
    key = await made.made("POST", "/api/keys", admin, json={"name": "all", "scopes": list(Scope)})
    made.admin = admin
    made.tenants = [
        Tenant(name="bob", headers=await _login(made, "bob", _PASSWORD), mark="BobOwnsThis4826"),
        Tenant(name="alice", headers=_bearer(key["key"]), mark="AliceOwnsThis7391", users=ids[1:]),
    ]


async def _login(made: World, username: str, password: str) -> dict[str, str]:
    body = await made.made("POST", "/api/auth/login", {}, json={"username": username, "password": password})
    return _bearer(body["accessToken"])


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _furnish(made: World, tenant: Tenant) -> None:
    """Connections that are linked and one that is not, messages both ways, a file."""
    for name in ("shop", "desk", "spare"):
        await _connect(made, tenant, name, ConnectionState.ONLINE)
    made.engine.on_open = _is_not_linked
    await _connect(made, tenant, "qr", ConnectionState.QR)
    made.engine.on_open = lambda session: None
    connections, shop = "/api/whatsapp/connections", tenant.connections[0]
    for to in ("+14155550123", "120363041234567890@g.us"):
        body = {"to": to, "message": tenant.mark, "options": {"priority": "low"}}
        sent = await made.made("POST", f"{connections}/{shop}/send", tenant.headers, json=body)
        tenant.messages.append(sent["messageId"])
    await made.engine.opened[shop].hears(text=tenant.mark, file=tenant.mark.encode(), mimetype="text/plain")
    text = {**tenant.headers, "Content-Type": "text/plain"}
    upload = await made.made("POST", "/api/whatsapp/media", text, data=tenant.mark.encode())
    tenant.uploads.append(upload["uploadId"])
    found = await made.made("GET", "/api/whatsapp/messages", tenant.headers)
    tenant.messages += [each["messageId"] for each in found["messages"] if each["direction"] == "inbound"]


def _is_not_linked(session: FakeSession) -> None:
    session.state, session.qr = ConnectionState.QR, "2@AbCd"


async def _connect(made: World, tenant: Tenant, name: str, state: ConnectionState) -> None:
    path, connection_id = "/api/whatsapp/connections", f"{tenant.name}-{name}"
    body = {"connectionId": connection_id, "name": tenant.mark}
    await made.made("POST", path, tenant.headers, json=body)
    async with asyncio.timeout(_PATIENCE):
        # the hub tells it over HTTP only
        while (await made.made("GET", f"{path}/{connection_id}", tenant.headers))["state"] != state:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    tenant.connections.append(connection_id)
