"""The way out of texts: exactly what was written arrives, once, and the ticks come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugins.simulator import Customer, Phone, Simulator
    from tests.plugins.simulator.conftest import WebPage

DANA = "972541112233@c.us"
MESSAGE = "3EB0112233445566778899"
KEY = f"true_{DANA}_{MESSAGE}"
SEND = "([chat, text, key]) => WPP.chat.sendTextMessage(chat, text, {messageId: key, linkPreview: false})"


async def test_a_text_arrives_unchanged_under_the_id_we_gave_it(linked: WebPage, dana: Customer) -> None:
    text = "שלום דנה 👋\nsecond line, https://example.com"
    result = await linked.ask(SEND, [DANA, text, KEY])
    assert result["id"] == KEY
    assert result["sendMsgResult"]["messageSendResult"] == "OK"
    (message,) = await dana.received()
    assert (message.id, message.text, message.sender) == (MESSAGE, text, "972501234567")


async def test_ticks_come_one_by_one(linked: WebPage, dana: Customer) -> None:
    ack = f"async () => (await WPP.chat.getMessageById('{KEY}')).ack"
    await dana.offline()
    await linked.ask(SEND, [DANA, "are you there?", KEY])
    assert await linked.ask(ack) == 1
    await dana.online()
    await linked.until_told(event="ack", ack=2)
    assert await linked.ask(ack) == 2
    await dana.read()
    await linked.until_told(event="ack", ack=3)
    assert await linked.ask(ack) == 3
    assert await linked.told("ack") == [{"event": "ack", "ack": each, "id": KEY} for each in (1, 2, 3)]


async def test_the_same_id_twice_arrives_once(linked: WebPage, dana: Customer) -> None:
    await linked.ask(SEND, [DANA, "once", KEY])
    await dana.read()
    await linked.until_told(event="ack", ack=3)
    again = await linked.ask(SEND, [DANA, "once", KEY])
    assert again["sendMsgResult"]["messageSendResult"] == "OK"
    assert again["ack"] == 3
    assert len(await linked.told("message")) == 1
    await linked.ask("(chat) => WPP.chat.sendTextMessage(chat, 'another')", DANA)
    assert [message.text for message in await dana.received(2)] == ["once", "another"]


async def test_a_server_that_does_not_look_at_ids_delivers_twice(
    linked: WebPage, dana: Customer, sim: Simulator
) -> None:
    await sim.switch(deduplicate=False)
    await linked.ask(SEND, [DANA, "again", KEY])
    await linked.ask(SEND, [DANA, "again", KEY])
    assert [message.id for message in await dana.received(2)] == [MESSAGE, MESSAGE]


async def test_a_number_that_is_not_on_whatsapp(linked: WebPage, dana: Customer) -> None:
    exists = "async (number) => (await WPP.contact.queryWidExists(number))?.wid.toString() ?? null"
    assert await linked.ask(exists, DANA) == DANA
    assert await linked.ask(exists, "972500000000@c.us") is None
    result = await linked.ask("() => WPP.chat.sendTextMessage('972500000000@c.us', 'anyone?')")
    assert result["ack"] == -1
    assert result["sendMsgResult"]["messageSendResult"] == "ERROR_UNKNOWN"


async def test_a_person_is_known_by_phone_number_and_by_lid(linked: WebPage, dana: Customer) -> None:
    pair = await linked.ask("async (chat) => await WPP.contact.getPnLidEntry(chat)", DANA)
    assert pair["lid"]["server"] == "lid"
    back = await linked.ask("async (lid) => await WPP.contact.getPnLidEntry(lid)", pair["lid"]["_serialized"])
    assert back["phoneNumber"]["_serialized"] == DANA


async def test_a_text_of_65536_characters_arrives_whole(linked: WebPage, dana: Customer) -> None:
    text = "ש" * 65_536
    await linked.ask("([chat, text]) => WPP.chat.sendTextMessage(chat, text)", [DANA, text])
    assert (await dana.received())[0].text == text


async def test_what_a_page_could_not_send_goes_once_the_link_is_back(
    linked: WebPage, dana: Customer, shop: Phone
) -> None:
    await shop.hang_up()
    pending = "(chat) => WPP.chat.sendTextMessage(chat, 'later', {waitForAck: false})"
    assert (await linked.ask(pending, DANA))["ack"] == 0
    assert [message.text for message in await dana.received()] == ["later"]


async def test_a_delayed_text_shows_typing_first(linked: WebPage, dana: Customer) -> None:
    send = "(chat) => WPP.chat.sendTextMessage(chat, 'slowly', {delay: 50})"
    await linked.ask(send, DANA)
    assert await dana.chat_states("+972501234567") == ["composing", "paused"]
