"""The scene of the pictures: a bakery whose number a hub answers, and a browser to look at it all."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

RULES = Path(__file__).parent / "rules"
BAKERY = "+972501234567"
_BROWSERS = (Path("/usr/lib/chromium/chromium-headless-shell"), Path("/usr/lib/chromium/chromium"))
#: The hour that the pictures show: the bakery is awake.
_HOUR = 8
_WIDTH, _HEIGHT = 1280, 850


@dataclass
class Scene:
    """What a picture is taken of. `api` is the hub's, `sim` the line to the phones; the bakery is linked."""

    stage: Any
    api: Any
    sim: Any
    browser: Browser

    @classmethod
    @asynccontextmanager
    async def set(cls, folder: Path) -> AsyncIterator[Self]:
        """Starts everything, and links the bakery on the phone page, by its button."""
        simulator = load_plugin_module(built_in_folder() / "simulator")
        stage = await _demo("stage").Stage.build(folder / "demo", RULES)
        async with (
            stage.simulator(),
            simulator.SimulatorClient(stage.places.simulator) as sim,
            stage.hub(),
            stage.api() as api,
            async_playwright() as driver,
        ):
            binary = next((path for path in _BROWSERS if path.exists()), None)
            browser = await driver.chromium.launch(executable_path=binary, chromium_sandbox=False)
            scene = cls(stage, api, sim, browser)
            await scene._link()
            yield scene
            await browser.close()

    async def open(self, address: str) -> Page:
        """A page of the pictures' size, at their hour."""
        shift = (datetime.now(UTC).hour - _HOUR + 12) % 24 - 12
        context = await self.browser.new_context(
            viewport={"width": _WIDTH, "height": _HEIGHT},
            device_scale_factor=1.5,
            timezone_id=f"Etc/GMT{shift:+d}" if shift else "UTC",  # Etc/GMT+3 is three hours behind
        )
        page = await context.new_page()
        await page.goto(address)
        return page

    async def drawn(self, name: str) -> bytes:
        """One of the drawings beside this file, as a PNG."""
        page = await self.browser.new_page(viewport={"width": 800, "height": 520})
        await page.goto((Path(__file__).parent / name).as_uri())
        return await page.screenshot()

    async def _link(self) -> None:
        bakery = await self.sim.phone(BAKERY, name="Bakery")
        await self.api.create("bakery", "The bakery", BAKERY)
        page = await self.open(f"{self.stage.places.simulator}/?lang=en#{bakery.number}")
        await page.get_by_role("button", name="Link a device").click()
        await page.get_by_role("button", name="Scan").first.click(timeout=60_000)
        await expect(page.get_by_text("1 linked")).to_be_visible(timeout=60_000)
        await page.context.close()
        await _demo("processes").until(
            lambda: self.api.connection("bakery"), lambda found: found["state"] == "online"
        )


def pressed(png: bytes) -> bytes:
    """The same picture in 256 colours: two thirds of the size, and nobody sees it."""
    image, file = Image.open(io.BytesIO(png)).convert("RGB"), io.BytesIO()
    image.quantize(palette=image.quantize(256)).save(file, "PNG", optimize=True)
    return file.getvalue()


def _demo(name: str) -> Any:
    return import_module(f"chatgrow_plugins.simulator.demo.{name}")
