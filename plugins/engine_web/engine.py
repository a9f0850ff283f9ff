"""Opens sessions: one browser and profile each, all driven by one Playwright that starts with the first."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error

from chatgrow_bot.background import background
from chatgrow_bot.engine import Inlet, SessionSpec
from chatgrow_bot.errors import EngineError

from .browsers import find_browser, user_agent
from .driver import Driver
from .incoming import Incoming
from .launch import HOST, check_place, launch_options, launched
from .listening import Listening
from .page import Page
from .profile import Profile, held
from .session import WebSession
from .settings import WebSettings
from .wajs import ORIGIN, init_script


class WebEngine:
    """Implements `chatgrow_bot.engine.Engine`. Sessions are opened inside `running` only."""

    def __init__(self, settings: WebSettings, log: Any) -> None:
        self._settings = settings
        self._log = log
        self._driver = Driver(log, start=settings.start_seconds, end=settings.close_seconds)
        self._user_agents: dict[Path, str] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The time in which sessions may be opened. Playwright itself starts with the first of them."""
        try:
            yield
        finally:
            await self._driver.stop()

    def login_files(self, folder: Path) -> Sequence[Path]:
        """The parts of the browser's profile that are the login, and our note that there is one."""
        kept = ("profile/Default/IndexedDB", "profile/Default/Local Storage", "linked")
        return [Path(each) for each in kept if (folder / each).exists()]

    @contextlib.asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[WebSession]:
        """Open one session. Raises EngineError when it cannot, saying what to do."""
        script = await asyncio.to_thread(init_script)
        await check_place(self._settings)
        with held(spec.folder) as profile:
            async with self._browser(profile) as context:
                page = context.pages[0]
                watched = Page(page, self._settings.answer_seconds, inlet.changed)
                listening = Listening(watched, self._log, asyncio.get_running_loop().time)
                session = WebSession(watched, profile, self._settings, inlet, listening, self._log)
                incoming = Incoming(inlet, self._log, ORIGIN, listening, session.logged_out)
                await page.expose_binding("__chatgrowReport", incoming.take)
                await page.add_init_script(script)
                await self._go(page)
                async with background(incoming.hand_in(), f"hand-in {spec.connection_id}"):
                    yield session

    @contextlib.asynccontextmanager
    async def _browser(self, profile: Profile) -> AsyncIterator[BrowserContext]:
        playwright = await self._driver.started()
        browser = find_browser(self._settings, playwright.chromium.executable_path)
        if browser not in self._user_agents:
            self._user_agents[browser] = await user_agent(browser, self._settings.start_seconds)
        options = launch_options(self._settings, browser, self._user_agents[browser], root=os.geteuid() == 0)
        async with launched(playwright.chromium, profile, self._settings, options) as context:
            yield context

    async def _go(self, page: Any) -> None:
        try:
            await page.goto(f"{ORIGIN}/", timeout=self._settings.start_seconds * 1000, wait_until="commit")
        except Error as error:
            raise EngineError(f"{HOST} cannot be reached: {error.message.splitlines()[0]}") from error
