"""From the QR code to a linked page, back after a restart, and out again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

if TYPE_CHECKING:
    from types import ModuleType

    from plugins.simulator import Customer, Phone, Simulator
    from tests.plugins.simulator.conftest import OpenPage, WebPage

DANA = "972541112233@c.us"


async def test_the_code_on_the_screen_is_the_one_wa_js_tells(open_page: OpenPage) -> None:
    async with open_page("profile") as page:
        code = await page.qr()
        picture = await page.page.locator("canvas").screenshot()
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
        assert found.text == code
        assert code.startswith("2@")
        assert len(code.split(",")) == 4


async def test_the_page_is_as_closed_to_scripts_as_whatsapps(open_page: OpenPage) -> None:
    async with open_page("profile") as page:
        # in a timer, for what the driver itself evaluates is exempt
        ran = await page.ask(
            "() => new Promise((resolve) => setTimeout(() => {"
            " const inline = document.createElement('script');"
            " inline.textContent = 'window.inline = true';"
            " document.head.append(inline);"
            " try { resolve([window.inline, new Function('return true')()]); }"
            " catch (error) { resolve([window.inline, error.name]); } }))"
        )
        assert ran == [None, "EvalError"]


async def test_a_scan_logs_in(open_page: OpenPage, shop: Phone) -> None:
    async with open_page("profile") as page:
        assert not await page.ask("() => WPP.conn.isAuthenticated()")
        await page.link(shop)
        assert await page.ask("() => WPP.conn.getMyUserId().toString()") == "972501234567@c.us"
        assert await page.ask("async () => await WPP.conn.getAuthCode()") is None
        assert await page.told("authenticated")
        assert await shop.linked() == 1


async def test_a_code_is_good_once(open_page: OpenPage, shop: Phone, plugin: ModuleType) -> None:
    async with open_page("profile") as page:
        code = await page.qr()
        await page.link(shop)
        with pytest.raises(plugin.SimulatorError, match="expired"):
            await shop.scan(code)


async def test_codes_follow_one_another_then_rest_until_asked(
    open_page: OpenPage, sim: Simulator, shop: Phone
) -> None:
    await sim.switch(qr_seconds=0.3, qr_codes=3)
    async with open_page("profile") as page:
        await page.until("() => WPP.conn.isIdle()")
        first_round = [each["code"] for each in await page.told("code")]
        await sim.switch(qr_seconds=20)
        fresh = await page.ask("async () => (await WPP.conn.refreshQR()).fullCode")
        assert fresh not in first_round
        await shop.scan(fresh)
        await page.online()


async def test_a_restart_of_the_browser_keeps_the_login(
    open_page: OpenPage, shop: Phone, dana: Customer
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
    async with open_page("profile") as page:
        await page.online()
        assert await shop.linked() == 1
        await page.ask("(chat) => WPP.chat.sendTextMessage(chat, 'still here')", DANA)
        assert [message.text for message in await dana.received()] == ["still here"]


async def test_a_login_is_no_longer_good_without_its_key(open_page: OpenPage, shop: Phone) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        async with page.page.expect_navigation(timeout=10_000):
            await page.ask(
                "() => new Promise((resolve) => { const open = indexedDB.open('model-storage');"
                " open.onsuccess = () => { const change = open.result.transaction('keys', 'readwrite');"
                " change.objectStore('keys').clear(); change.oncomplete = resolve; }; })"
            )
            await page.page.reload(wait_until="commit")
            await page.page.wait_for_event("framenavigated")
        await page.ready()
        assert await page.qr()


async def test_logging_out_in_the_page_leads_back_to_a_code(open_page: OpenPage, shop: Phone) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        async with page.page.expect_event("load", timeout=10_000):
            await page.ask("() => { WPP.conn.logout(); }")
        await page.ready()
        assert await page.qr()
        assert await shop.linked() == 0


async def test_logging_out_on_the_phone_leads_back_to_a_code(open_page: OpenPage, shop: Phone) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        async with (
            page.page.expect_console_message(lambda line: line.text == "logout reason unknown_companion"),
            page.page.expect_event("load", timeout=10_000),
        ):
            await shop.logout_device()
        await page.ready()
        assert await page.qr()


async def test_a_phone_that_logged_us_out_meanwhile_is_noticed_at_the_next_start(
    open_page: OpenPage, shop: Phone
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
    await shop.logout_device()
    async with open_page("profile") as page:
        assert await page.qr()
        assert not await page.ask("() => WPP.conn.isAuthenticated()")


async def test_the_last_page_opened_wins(linked: WebPage) -> None:
    second = await linked.page.context.new_page()
    await second.goto("https://web.whatsapp.com/")
    await second.wait_for_function(
        "() => window.WPP?.isFullReady && WPP.conn.getStreamData().info === 'NORMAL'"
    )
    await linked.until("() => WPP.conn.getStreamData().mode === 'CONFLICT'")
