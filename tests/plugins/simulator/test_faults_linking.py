"""What goes wrong around linking, and several pages at once, each in a browser of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from plugins.simulator import Customer, Phone, Simulator
    from tests.plugins.simulator.conftest import OpenPage

SEND = "([chat, text]) => WPP.chat.sendTextMessage(chat, text, {linkPreview: false})"
STREAM = "() => ({...WPP.conn.getStreamData(), socket: WPP.whatsapp.Socket.state})"


def chat_of(customer: Customer) -> str:
    return f"{customer.number}@c.us"


async def test_every_page_has_its_own_link_and_its_own_faults(
    open_page: OpenPage, sim: Simulator, shop: Phone, dana: Customer
) -> None:
    cafe = sim.phone("+972507654321", name="Cafe")
    async with open_page("one") as one, open_page("two") as two, open_page("three") as three:
        await one.link(shop)
        await two.link(shop)
        await three.link(cafe)
        first, second = await sim.devices(shop)
        assert await sim.devices(cafe) == [f"{cafe.number}:3"]
        await sim.order("refuse_sends", second)
        assert (await one.ask(SEND, [chat_of(dana), "from one"]))["ack"] >= 1
        assert (await two.ask(SEND, [chat_of(dana), "from two"]))["ack"] == -1
        assert (await three.ask(SEND, [chat_of(dana), "from three"]))["ack"] >= 1
        assert [each.sender for each in await dana.received(2)] == [shop.number, cafe.number]
        await sim.order("away", first)
        await one.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
        await dana.write(shop, "to both")
        await two.until_told(event="message", body="to both")
        assert await three.told("message") != await two.told("message")
        await sim.heal()
        await one.until_told(event="message", body="to both")


async def test_a_passkey_is_asked_for_between_the_scan_and_the_link(
    open_page: OpenPage, sim: Simulator, shop: Phone
) -> None:
    async with open_page("profile") as page:
        await page.ask(
            "() => { const get = navigator.credentials.get.bind(navigator.credentials); window.asked = [];"
            " navigator.credentials.get = (options) => { asked.push(Boolean(options.publicKey));"
            " return get(options); }; }"
        )
        await sim.order("passkey", shop)
        await shop.scan(await page.qr())
        await page.until("() => asked.length > 0")
        assert await page.ask("() => asked") == [True]
        assert await page.ask(STREAM) == {"mode": "QR", "info": "PAIRING", "socket": "PAIRING"}
        assert not await page.ask("() => WPP.conn.isAuthenticated()")
        assert await shop.linked() == 0
        await sim.heal("passkey")
        await page.online()
        assert await shop.linked() == 1


async def test_a_banned_number_is_logged_out_and_links_no_more(
    open_page: OpenPage, sim: Simulator, shop: Phone, plugin: ModuleType
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        reasons: list[str] = []
        page.page.on("console", lambda line: reasons.append(line.text))
        async with page.page.expect_event("load", timeout=10_000):
            await sim.ban(shop)
        assert "logout reason account_locked" in reasons
        await page.ready()
        with pytest.raises(plugin.SimulatorError, match="banned"):
            await shop.scan(await page.qr())
        await sim.pardon(shop)
        await page.link(shop)


async def test_codes_run_out_at_once_when_ordered(open_page: OpenPage, sim: Simulator, shop: Phone) -> None:
    async with open_page("profile") as page:
        code = await page.qr()
        await sim.rest_codes()
        await page.until("() => WPP.conn.isIdle()")
        fresh = await page.ask("async () => (await WPP.conn.refreshQR()).fullCode")
        assert fresh != code
        await shop.scan(fresh)
        await page.online()
