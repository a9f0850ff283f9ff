"""The way out of texts: exactly what was written arrives, once, and the ticks come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from plugins.simulator import Customer
    from tests.plugins.simulator.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")

MESSAGE = "3EB0112233445566778899"
SEND = "([chat, text, key]) => WPP.chat.sendTextMessage(chat, text, {messageId: key, linkPreview: false})"


def chat(person: Customer) -> str:
    return f"{person.number}@c.us"


def key_to(person: Customer) -> str:
    """The key of MESSAGE: each test writes to somebody else."""
    return f"true_{chat(person)}_{MESSAGE}"


async def test_a_text_arrives_unchanged_under_the_id_we_gave_it(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    text = "שלום דנה 👋\nsecond line, https://example.com"
    result = await page.ask(SEND, [chat(dana), text, key_to(dana)])
    assert result["id"] == key_to(dana)
    assert result["sendMsgResult"]["messageSendResult"] == "OK"
    (message,) = await dana.received()
    assert (message.id, message.text, message.sender) == (MESSAGE, text, "972501234567")


async def test_ticks_come_one_by_one(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    ack = f"async () => (await WPP.chat.getMessageById('{key_to(dana)}')).ack"
    await dana.offline()
    await page.ask(SEND, [chat(dana), "are you there?", key_to(dana)])
    assert await page.ask(ack) == 1
    await dana.online()
    await page.until_told(event="ack", ack=2, id=key_to(dana))
    assert await page.ask(ack) == 2
    await dana.read()
    await page.until_told(event="ack", ack=3, id=key_to(dana))
    assert await page.ask(ack) == 3
    acks = [each["ack"] for each in await page.told("ack") if each["id"] == key_to(dana)]
    assert acks == [1, 2, 3]


async def test_the_same_id_twice_arrives_once(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    await page.ask(SEND, [chat(dana), "once", key_to(dana)])
    await dana.read()
    await page.until_told(event="ack", ack=3, id=key_to(dana))
    again = await page.ask(SEND, [chat(dana), "once", key_to(dana)])
    assert again["sendMsgResult"]["messageSendResult"] == "OK"
    assert again["ack"] == 3
    assert [each["id"] for each in await page.told("message")].count(key_to(dana)) == 1
    await page.ask("(chat) => WPP.chat.sendTextMessage(chat, 'another')", chat(dana))
    assert [message.text for message in await dana.received(2)] == ["once", "another"]


async def test_a_server_that_does_not_look_at_ids_delivers_twice(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    await stage.sim.switch(deduplicate=False)
    try:
        for _ in range(2):
            await page.ask(SEND, [chat(dana), "again", key_to(dana)])
    finally:
        await stage.sim.switch(deduplicate=True)
    assert [message.id for message in await dana.received(2)] == [MESSAGE, MESSAGE]


async def test_a_number_that_is_not_on_whatsapp(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    exists = "async (number) => (await WPP.contact.queryWidExists(number))?.wid.toString() ?? null"
    assert await page.ask(exists, chat(dana)) == chat(dana)
    assert await page.ask(exists, "972500000000@c.us") is None
    result = await page.ask("() => WPP.chat.sendTextMessage('972500000000@c.us', 'anyone?')")
    assert result["ack"] == -1
    assert result["sendMsgResult"]["messageSendResult"] == "ERROR_UNKNOWN"


async def test_a_person_is_known_by_phone_number_and_by_lid(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    pair = await page.ask("async (chat) => await WPP.contact.getPnLidEntry(chat)", chat(dana))
    assert pair["lid"]["server"] == "lid"
    back = await page.ask("async (lid) => await WPP.contact.getPnLidEntry(lid)", pair["lid"]["_serialized"])
    assert back["phoneNumber"]["_serialized"] == chat(dana)


async def test_a_text_of_65536_characters_arrives_whole(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    text = "ש" * 65_536
    await page.ask("([chat, text]) => WPP.chat.sendTextMessage(chat, text)", [chat(dana), text])
    assert (await dana.received())[0].text == text


async def test_what_a_page_could_not_send_goes_once_the_link_is_back(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    await stage.shop.hang_up()
    pending = "(chat) => WPP.chat.sendTextMessage(chat, 'later', {waitForAck: false})"
    assert (await page.ask(pending, chat(dana)))["ack"] == 0
    assert [message.text for message in await dana.received()] == ["later"]
    await page.online()


async def test_a_delayed_text_shows_typing_first(stage: Stage) -> None:
    dana, page = stage.person("Dana"), stage.page
    send = "(chat) => WPP.chat.sendTextMessage(chat, 'slowly', {delay: 50})"
    await page.ask(send, chat(dana))
    assert await dana.chat_states("+972501234567") == ["composing", "paused"]
