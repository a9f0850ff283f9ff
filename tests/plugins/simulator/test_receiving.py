"""The way in: every message once, the unread ones counted, and what came while the page was down."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from plugins.simulator import Customer, Phone, Simulator
    from tests.plugins.simulator.conftest import OpenPage, OpenPageAt, WebPage

DANA = "972541112233@c.us"
UNREAD = "(chat) => WPP.chat.get(chat)?.unreadCount"
# The page's store takes one more message, and nothing after it.
DIES = """() => {
  const db = require('SimDb'), { write } = db;
  db.write = async (rows) => {
    if (window.died) return new Promise(() => {});
    await write(rows);
    window.died = rows.some(({ store }) => store === 'messages');
  };
}"""
BODIES = """async ([chat, options]) =>
  (await WPP.chat.getMessages(chat, options)).map((msg) => msg.body)"""


async def test_a_text_fires_new_message_once(linked: WebPage, dana: Customer, shop: Phone) -> None:
    sent = await dana.write(shop, "מה השעות?")
    await linked.until_told(event="message", body="מה השעות?")
    await dana.write(shop, "thanks")
    await linked.until_told(event="message", body="thanks")
    first, second = await linked.told("message")
    assert first == {
        "event": "message",
        "id": f"false_{DANA}_{sent.id}",
        "type": "chat",
        "body": "מה השעות?",
        "fromMe": False,
        "from": DANA,
    }
    assert second["body"] == "thanks"
    assert await linked.ask(UNREAD, DANA) == 2


async def test_reading_in_the_page_turns_the_customers_ticks_blue(
    linked: WebPage, dana: Customer, shop: Phone, plugin: ModuleType
) -> None:
    sent = await dana.write(shop, "hello")
    await linked.until_told(event="message", body="hello")
    assert (await dana.acked(sent, plugin.Ack.DELIVERED)).ack == 2
    await linked.ask("(chat) => WPP.chat.markIsRead(chat)", DANA)
    assert (await dana.acked(sent, plugin.Ack.READ)).ack == 3
    assert await linked.ask(UNREAD, DANA) == 0


async def test_what_came_while_the_page_was_down_waits_unread_in_the_chat(
    open_page: OpenPage, shop: Phone, dana: Customer
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        await dana.write(shop, "before")
        await page.until_told(event="message", body="before")
        await page.ask("(chat) => WPP.chat.markIsRead(chat)", DANA)
    await dana.write(shop, "while down 1")
    await dana.write(shop, "while down 2")
    async with open_page("profile") as page:
        await page.online()
        unread = await page.ask(
            "async () => (await WPP.chat.list({onlyWithUnreadMessage: true})).map((chat) => String(chat.id))"
        )
        assert unread == [DANA]
        assert await page.ask(BODIES, [DANA, {"count": -1, "onlyUnread": True}]) == [
            "while down 1",
            "while down 2",
        ]
        assert await page.ask(BODIES, [DANA, {"count": -1}]) == ["before", "while down 1", "while down 2"]


async def test_a_page_that_dies_as_it_has_stored_a_message_has_counted_it_as_unread(
    open_page: OpenPage, shop: Phone, dana: Customer
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        await page.ask(DIES)
        await dana.write(shop, "the last one")
        await page.until("() => window.died")
    async with open_page("profile") as page:
        await page.online()
        assert await page.ask(UNREAD, DANA) == 1


async def test_a_message_typed_on_the_phone_shows_as_our_own(
    linked: WebPage, dana: Customer, shop: Phone
) -> None:
    await shop.write(dana, "a person here")
    await linked.until_told(event="message", body="a person here", fromMe=True)
    assert await linked.ask(UNREAD, DANA) == 0
    assert [message.text for message in await dana.received()] == ["a person here"]


async def test_a_lost_link_comes_back_by_itself_and_brings_what_was_missed(
    linked: WebPage, dana: Customer, shop: Phone
) -> None:
    await shop.hang_up()
    await dana.write(shop, "missed?")
    await linked.until_told(event="message", body="missed?")
    assert len(await linked.told("message")) == 1
    await linked.online()


async def test_acks_that_came_while_the_page_was_down_are_there_afterwards(
    open_page: OpenPage, shop: Phone, dana: Customer
) -> None:
    async with open_page("profile") as page:
        await page.link(shop)
        sent = await page.ask("(chat) => WPP.chat.sendTextMessage(chat, 'hi')", DANA)
    await dana.received()
    await dana.read()
    async with open_page("profile") as page:
        await page.online()
        assert await page.ask("async (id) => (await WPP.chat.getMessageById(id)).ack", sent["id"]) == 3


async def test_two_accounts_do_not_see_each_others_chats(
    open_page: OpenPage, sim: Simulator, shop: Phone, dana: Customer
) -> None:
    office = sim.phone("+972509999999", name="Office")
    async with open_page("one") as one, open_page("two") as two:
        await one.link(shop)
        await two.link(office)
        await dana.write(shop, "to the shop")
        await dana.write(office, "to the office")
        await one.until_told(event="message", body="to the shop")
        await two.until_told(event="message", body="to the office")
        assert len(await one.told("message")) == len(await two.told("message")) == 1


async def test_an_open_page_survives_a_restart_of_whatsapps_side(
    plugin: ModuleType, open_page_at: OpenPageAt, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        async with plugin.Simulator(tmp_path / "network") as before:
            page = await stack.enter_async_context(open_page_at("profile", before.port))
            await page.link(before.phone("+972501234567", name="Shop"))
        await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
        async with plugin.Simulator(tmp_path / "network", port=before.port) as after:
            shop = after.phone("+972501234567", name="Shop")
            await after.customer("+972541112233", name="Dana").write(shop, "back again?")
            await page.online()
            await page.until_told(event="message", body="back again?")
