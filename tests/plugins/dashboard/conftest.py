"""The dashboard on a whole hub over real sockets, looked at with a true Chromium; only WhatsApp is a fake
engine. One hub and one browser for a file of tests: each test brings users of its own."""

import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.app import Running, open_hub
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config.load import load
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Identity, Role
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeEngine, FakeSession

BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
load_plugin_module(built_in_folder() / "dashboard")
LANGUAGES: Any = sys.modules["chatgrow_plugins.dashboard.language"].read_languages()
COOKIE = "chatgrow_session"
PASSWORD = "correct horse battery"
CODE = "2@" + "Xy7+/=" * 30 + ",a,b,c,1"
CONFIG = """
server: {port: 0}
sessionDir: sessions
maxConnections: 100
plans: {free: {connections: 20}}
plugins:
  dashboard: {admin: true, tenants: all}
"""
#: What a browser and htmx say of a refused form, and of a stream that ends.
NO_COMPLAINT = (
    "Failed to load resource",
    "Response Status Error Code",
    "EventSource's response",
    "[object Event]",
)
#: Far beyond what anything takes: the machine may be busy.
SECONDS = 15

expect.set_options(timeout=SECONDS * 1000)


@dataclass
class Console:
    """A running hub and its users."""

    running: Running
    engine: FakeEngine
    browser: Browser
    http: aiohttp.ClientSession
    open: AsyncExitStack  #: what a test leaves open
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    complaints: list[str] = field(default_factory=list)  #: what the pages' console said

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.running.port}"

    @property
    def accounts(self) -> Accounts:
        accounts = self.running.hub.accounts
        assert isinstance(accounts, Accounts)
        return accounts

    async def user(self, role: Role = Role.OPERATOR) -> Identity:
        """Somebody new, whose password is PASSWORD."""
        return (await self.accounts.add_user(f"user{next(self.numbers)}", PASSWORD, role, "free"))[0]

    async def token(self, who: Identity) -> str:
        """The token of a login, the same for each page: logins are slowed down."""
        if who.user_id not in self.tokens:
            tokens = await self.accounts.login(who.username, PASSWORD, "", renewable=timedelta(hours=12))
            self.tokens[who.user_id] = tokens.access_token
        return self.tokens[who.user_id]

    async def context(self, **options: Any) -> BrowserContext:
        context = await self.browser.new_context(**options)
        self.open.push_async_callback(context.close)
        return context

    async def page(self, who: Identity | None = None, path: str = "/console", **options: Any) -> Page:
        """A page of a browser of its own, logged in as somebody."""
        context = await self.context(**options)
        if who:
            token = await self.token(who)
            cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/console"}
            await context.add_cookies([cookie | {"httpOnly": True, "sameSite": "Strict"}])  # type: ignore[list-item]
        page = await context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(self.url + path)
        return page

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning") and not line.text.startswith(NO_COMPLAINT):
            self.complaints.append(line.text)

    async def connection(
        self, who: Identity, name: str = "The shop", state: ConnectionState = ConnectionState.QR
    ) -> str:
        """A connection that has come to a state; its id."""
        connection_id = f"c{next(self.numbers)}"
        connections = self.running.hub.connections
        await connections.create(who, connection_id, name, "", {})
        session = await self.session(connection_id)
        session.becomes(state, CODE if state is ConnectionState.QR else None)
        await self.reaches(who, connection_id, state)
        return connection_id

    async def session(self, connection_id: str) -> FakeSession:
        await self.until(lambda: connection_id in self.engine.opened)
        return self.engine.opened[connection_id]

    async def another(self, than: FakeSession, connection_id: str) -> FakeSession:
        """The session that is opened after this one, which may not be closed yet."""
        await self.until(lambda: self.engine.opened.get(connection_id, than) is not than)
        return self.engine.opened[connection_id]

    async def reaches(self, who: Identity, connection_id: str, state: ConnectionState) -> None:
        def is_there() -> bool:
            return self.views[connection_id].state is state

        await self.until(is_there)

    @property
    def views(self) -> Any:
        return self.running.hub.connections._views  # type: ignore[attr-defined]

    async def until(self, is_so: Callable[[], bool]) -> None:
        clock = SystemClock()
        end = clock.monotonic() + SECONDS
        while not is_so():
            assert clock.monotonic() < end
            await clock.sleep(0.02)

    async def ask(
        self, method: str, path: str, token: str = "", headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, str, Any]:
        """One request as a program makes it: what a browser would add of itself is said here."""
        sent = {**(headers or {}), **({"Cookie": f"{COOKIE}={token}"} if token else {})}
        url = self.url + path
        async with self.http.request(method, url, headers=sent, allow_redirects=False, **more) as answer:
            return answer.status, await answer.text(), answer.headers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    folder = tmp_path_factory.mktemp("dashboard")
    config = folder / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    config.write_text(CONFIG)
    engine = FakeEngine(SystemClock().now)
    engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    async with (
        open_hub(load(config, {}), engines={"web": engine}) as running,
        async_playwright() as driver,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        AsyncExitStack() as left_open,
    ):
        program = next((path for path in BROWSERS if path.exists()), None)
        browser = await driver.chromium.launch(executable_path=program, chromium_sandbox=False)
        left_open.push_async_callback(browser.close)
        yield Console(running=running, engine=engine, browser=browser, http=http, open=AsyncExitStack())


@pytest_asyncio.fixture(loop_scope="module")
async def console(house: Console) -> AsyncIterator[Console]:
    async with AsyncExitStack() as left_open:
        house.open = left_open
        house.complaints.clear()
        yield house
    assert house.complaints == []  # no script stumbled, and nothing met the Content-Security-Policy
