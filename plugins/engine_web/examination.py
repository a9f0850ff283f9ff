"""What `chatgrow doctor` looks at here: that there is a browser, that it is young, and that it starts as it
will for a connection, on a profile of no account."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Error, Playwright, async_playwright

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.errors import EngineError
from chatgrow_bot.plugin import Finding, Grade

from .browsers import find_browser, user_agent
from .launch import launch_options, launched
from .profile import held
from .settings import WebSettings

#: Days after which a browser has known holes, as a rule.
_YOUNG = 30
_UPDATE = "update it: apt-get update && apt-get install --only-upgrade chromium, or what installed it"


class BrowserExamination:
    """Implements `chatgrow_bot.plugin.Examination`."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    async def look(self) -> Iterable[Finding]:
        """The browser, found and started."""
        try:
            async with _driver() as playwright:
                browser = find_browser(self._settings, playwright.chromium.executable_path)
                agent = await user_agent(browser, self._settings.start_seconds)
                return [_age(browser, agent), await self._starts(playwright, browser, agent)]
        except EngineError as error:
            return [Finding(what="browser", grade=Grade.BAD, said=error.detail)]

    async def _starts(self, playwright: Playwright, browser: Path, agent: str) -> Finding:
        root = os.geteuid() == 0
        options = launch_options(self._settings, browser, agent, root=root)
        if root:  # there is no sandbox for root; it is another user's browser that meets WhatsApp
            options["chromium_sandbox"] = False
        loop = asyncio.get_running_loop()
        began = loop.time()
        with tempfile.TemporaryDirectory(prefix="chatgrow-doctor-") as folder, held(Path(folder)) as profile:
            async with launched(playwright.chromium, profile, self._settings, options) as context:
                if await context.pages[0].evaluate("6 * 7") != 42:
                    raise EngineError("the browser starts, and its pages do not answer")
        said = f"starts in {loop.time() - began:.1f} s"
        if not root:
            return Finding(what="browser starts", said=f"{said}, with its sandbox")
        if self._settings.simulator:
            return Finding(
                what="browser starts", said=f"{said}, without a sandbox: it meets the simulator only"
            )
        do = "`make run` becomes the user chatgrow; how it is for him: runuser -u chatgrow -- chatgrow doctor"
        said = f"{said}, but root has no sandbox and will not be let near WhatsApp"
        return Finding(what="browser starts", grade=Grade.WARN, said=said, do=do)


@contextlib.asynccontextmanager
async def _driver() -> AsyncIterator[Playwright]:
    try:
        async with async_playwright() as playwright:
            yield playwright
    except Error as error:
        raise EngineError(f"the browser does not work: {error.message.splitlines()[0]}") from error


def _age(browser: Path, agent: str) -> Finding:
    """How old it is by its file, which packages date by their making."""
    made = datetime.fromtimestamp(browser.stat().st_mtime, tz=UTC)
    days = (SystemClock().now() - made).days
    version = agent.partition("Chrome/")[2].partition(".")[0]
    said = f"{browser}, version {version}, {days} days old"
    if days <= _YOUNG:
        return Finding(what="browser", said=said)
    return Finding(what="browser", grade=Grade.WARN, said=said, do=_UPDATE)
