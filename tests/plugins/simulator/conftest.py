"""A simulator, and a true Chromium with the genuine wa-js on its page: what these tests stand on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from playwright.async_api import ConsoleMessage, Page, Playwright, async_playwright

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

from .phone_steps import PhonePage

if TYPE_CHECKING:
    from plugins.simulator import Customer, Phone, Simulator

PLUGINS = built_in_folder()
WA_JS = PLUGINS / "engine_web/node_modules/@wppconnect/wa-js/dist/wppconnect-wa.js"
BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
PATIENCE_MS = 30_000
# What wa-js tells, in the order it tells it, as plain values.
LISTEN = """
window.told = [];
WPP.loader.onFullReady(() => { window.settled = true; });
const tell = (event, facts) => told.push({event, ...facts});
WPP.on('chat.new_message', ({id, type, body, from}) =>
  tell('message', {id: String(id), type, body, fromMe: id.fromMe, from: String(from)}));
WPP.on('chat.msg_ack_change', ({ack, ids}) => ids.forEach((id) => tell('ack', {ack, id: String(id)})));
WPP.on('conn.auth_code_change', (code) => tell('code', {code: code?.fullCode}));
WPP.on('conn.authenticated', () => tell('authenticated'));
WPP.on('chat.new_reaction', ({msgId, reactionText, sender}) =>
  tell('reaction', {id: String(msgId), emoji: reactionText, sender: String(sender)}));
WPP.on('chat.msg_edited', ({id, msg}) => tell('edited', {id, text: msg.body ?? msg.caption}));
WPP.on('chat.msg_revoke', ({refId, type}) => tell('revoked', {id: String(refId), type}));
WPP.on('chat.poll_response', ({msgId, selectedOptions, sender}) => tell('vote', {id: String(msgId),
  chosen: selectedOptions.filter(Boolean).map(({name}) => name).join(), sender: String(sender)}));
WPP.on('chat.presence_change', ({id, state, isGroup}) => tell('presence', {id: String(id), state, isGroup}));
WPP.on('group.participant_changed', ({groupId, action, participants}) =>
  tell('member', {id: groupId, action, who: participants.join()}));
WPP.on('conn.logout_reason', (reason) => console.info(`logout reason ${reason}`));
"""


simulator = load_plugin_module(PLUGINS / "simulator")


def page_script() -> str:
    """wa-js on WhatsApp's page and nowhere else, and what it is listened to with."""
    return (
        "if (window === top && location.origin === 'https://web.whatsapp.com') {"
        "window.WPPConfig = {disableGoogleAnalytics: true, linkPreviewApiServers: []};"
        f"{WA_JS.read_text()};{LISTEN}}}"
    )


def how_to_launch(port: int) -> dict[str, Any]:
    """A small Chromium that finds WhatsApp at this port and nothing else in the world."""
    rules = f"MAP web.whatsapp.com 127.0.0.1:{port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    return {
        "executable_path": next((path for path in BROWSERS if path.exists()), None),
        "chromium_sandbox": False,
        "args": [f"--host-resolver-rules={rules}", "--disable-gpu", "--disable-dev-shm-usage"],
    }


class WebPage:
    """The page with wa-js in it, asked in wa-js's own words."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.complaints.append(line.text)

    async def ask(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)

    async def until(self, script: str, argument: Any = None) -> Any:
        # the driver's own wait takes the promise of an async script for its answer
        return await self.page.evaluate(
            f"async (argument) => {{ for (const end = performance.now() + {PATIENCE_MS};;) {{"
            f" const found = await ({script})(argument); if (found) return found;"
            " if (performance.now() > end) throw new Error('it did not happen in time');"
            " await new Promise((go) => setTimeout(go, 30)); } }",
            argument,
        )

    async def ready(self) -> None:
        # wa-js says `isFullReady` before its models have what it adds to them, such as `hasUnread`
        await self.page.wait_for_function("() => window.settled", timeout=PATIENCE_MS)

    async def qr(self) -> str:
        code: str = await self.until("async () => (await WPP.conn.getAuthCode())?.fullCode")
        return code

    async def online(self) -> None:
        await self.until(
            "() => { const {mode, info} = WPP.conn.getStreamData();"
            " return WPP.conn.isAuthenticated() && mode === 'MAIN' && info === 'NORMAL'; }"
        )

    async def link(self, phone: Phone) -> None:
        await phone.scan(await self.qr())
        await self.online()

    async def told(self, event: str) -> list[dict[str, Any]]:
        facts: list[dict[str, Any]] = await self.ask(
            "(event) => told.filter((each) => each.event === event)", event
        )
        return facts

    async def until_told(self, **wanted: Any) -> None:
        await self.until(
            "(wanted) => told.some((fact) =>"
            " Object.keys(wanted).every((name) => fact[name] === wanted[name]))",
            wanted,
        )

    async def send_file(self, chat: str, path: Path, **options: Any) -> dict[str, Any]:
        """Through a file input, as the engine does it."""
        await self.ask(
            "() => { window.input?.remove(); window.input = document.createElement('input');"
            " input.type = 'file'; document.body.append(input); }"
        )
        await self.page.locator("input").set_input_files(path)
        result: dict[str, Any] = await self.ask(
            "([chat, options]) => WPP.chat.sendFileMessage(chat, input.files[0], options)", [chat, options]
        )
        return result


OpenPage = Callable[[str], AbstractAsyncContextManager[WebPage]]
OpenPageAt = Callable[[str, int], AbstractAsyncContextManager[WebPage]]


@pytest.fixture
def plugin() -> ModuleType:
    return simulator


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[Simulator]:
    async with simulator.Simulator(tmp_path / "network") as running:
        yield running


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as driver:
        yield driver


@asynccontextmanager
async def page_at(driver: Playwright, profile: Path, port: int) -> AsyncIterator[WebPage]:
    """A browser on a profile, with WhatsApp at a port and wa-js on its page."""
    context = await driver.chromium.launch_persistent_context(
        profile, ignore_https_errors=True, service_workers="block", **how_to_launch(port)
    )
    try:
        await context.add_init_script(page_script())
        page = WebPage(context.pages[0])
        await page.page.goto("https://web.whatsapp.com/")
        await page.ready()
        yield page
    finally:
        await context.close()


@pytest.fixture
def open_page_at(playwright: Playwright, tmp_path: Path) -> OpenPageAt:
    """Opens a browser on a profile, WhatsApp at a port: the same profile again is a browser restarted."""
    return lambda profile, port: page_at(playwright, tmp_path / profile, port)


@pytest.fixture
def open_page(sim: Simulator, open_page_at: OpenPageAt) -> OpenPage:
    """The same at the simulator of this test."""
    return lambda profile: open_page_at(profile, sim.port)


@pytest.fixture
def shop(sim: Simulator) -> Phone:
    return sim.phone("+972501234567", name="Shop")


@pytest.fixture
def dana(sim: Simulator) -> Customer:
    return sim.customer("+972541112233", name="Dana")


@pytest.fixture
async def linked(open_page: OpenPage, shop: Phone) -> AsyncIterator[WebPage]:
    """A page linked to the shop."""
    async with open_page("profile") as page:
        await page.link(shop)
        yield page
        assert page.complaints == []  # wa-js finds every shape it asks for, in whatever a test does


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phones(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Simulator, PhonePage]]:
    """A simulator and its phone page, for a whole module of tests; no page is linked."""
    folder = tmp_path_factory.mktemp("phones")
    async with simulator.Simulator(folder) as sim, async_playwright() as driver:
        browser = await driver.chromium.launch(**how_to_launch(sim.port))
        yield sim, PhonePage(await browser.new_page(viewport={"width": 1280, "height": 800}), sim.address)
        await browser.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A shop with a linked page, for many tests: each takes people of its own."""

    sim: Simulator
    page: WebPage
    shop: Phone
    numbers: Iterator[int]
    open: Callable[[str], AbstractAsyncContextManager[WebPage]]

    def person(self, name: str) -> Customer:
        """Somebody new."""
        return self.sim.customer(f"+972550000{next(self.numbers):03d}", name=name)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with simulator.Simulator(folder / "network") as sim, async_playwright() as driver:
        shop = sim.phone("+972501234567", name="Shop")
        async with page_at(driver, folder / "profile", sim.port) as page:
            await page.link(shop)
            yield Stage(
                sim=sim,
                page=page,
                shop=shop,
                numbers=count(1),
                open=lambda profile: page_at(driver, folder / profile, sim.port),
            )
            assert page.complaints == []  # wa-js finds every shape it asks for, in whatever a test does


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stand-in's own pages are tried by `make accept`: every test of the engine stands on them anyway."""
    here = Path(__file__).parent
    for item in items:
        stands_on = {*getattr(item, "fixturenames", ())}
        if here in item.path.parents and stands_on & {"playwright", "phones", "stage"}:
            item.add_marker(pytest.mark.slow)
