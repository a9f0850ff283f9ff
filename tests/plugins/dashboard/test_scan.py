"""The whole way once: a phone of the stand-in for WhatsApp scans the code off the page, and the true engine
links."""

import io
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import async_playwright, expect

from chatgrow_bot.accounts import Accounts
from chatgrow_bot.app import open_hub
from chatgrow_bot.config.load import load
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Role

from .conftest import BROWSERS, PASSWORD

simulator = load_plugin_module(built_in_folder() / "simulator")
#: A browser starts, a page loads, a phone links: seconds each, more on a busy machine.
PATIENCE = 60_000

CONFIG = """
server: {{port: 0}}
sessionDir: sessions
plugins:
  engine_web: {{simulator: "127.0.0.1:{port}", channel: headless-shell}}
  dashboard: {{admin: true, tenants: all}}
"""


@pytest.mark.slow
async def test_a_phone_scans_the_page_and_is_linked(tmp_path: Path) -> None:
    config = tmp_path / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    program = next((path for path in BROWSERS if path.exists()), None)
    async with simulator.Simulator(tmp_path / "whatsapp") as sim, async_playwright() as driver:
        config.write_text(CONFIG.format(port=sim.port))
        async with open_hub(load(config, {})) as running:
            accounts = running.hub.accounts
            assert isinstance(accounts, Accounts)
            await accounts.add_user("dana", PASSWORD, Role.OPERATOR, "free")
            browser = await driver.chromium.launch(executable_path=program, chromium_sandbox=False)
            page = await browser.new_page()
            await page.goto(f"http://127.0.0.1:{running.port}/")
            await page.get_by_label("User name").fill("dana")
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await page.get_by_role("button", name="Add a number").click()
            await page.get_by_label("Id").fill("shop")
            await page.get_by_role("button", name="Add and show the code").click()
            await expect(page.locator("img.qr")).to_be_visible(timeout=PATIENCE)
            seen = Image.open(io.BytesIO(await page.screenshot()))
            [code] = {found.text for found in zxingcpp.read_barcodes(seen)}
            phone = sim.phone("+972501234567", name="Shop")
            await phone.scan(code)
            await expect(page.get_by_role("heading", name="Linked")).to_be_visible(timeout=PATIENCE)
            await expect(page.locator("main")).to_contain_text("+972 50-123-4567")
            await page.get_by_role("button", name="Back to the connections").click()
            await expect(page.locator("#card-shop")).to_contain_text("Online")
            await phone.logout_device()
            await expect(page.locator("#card-shop")).to_contain_text("Unlinked", timeout=PATIENCE)
            await browser.close()
