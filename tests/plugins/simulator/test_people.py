"""People under two numbers, what they are seen doing, and linking by a code; in genuine wa-js."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

    from tests.plugins.simulator.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEND = "async ([chat, text]) => (await WPP.chat.sendTextMessage(chat, text)).id"
NUMBER = "async (lid) => (await WPP.contact.getPnLidEntry(lid)).phoneNumber?._serialized ?? null"


async def test_a_customer_without_a_number_is_met_by_lid_and_answered(
    stage: Stage, plugin: ModuleType
) -> None:
    dana = stage.person("Dana")
    await dana.hide_number()
    sent = await dana.write(stage.shop, "who am I?")
    await stage.page.until_told(event="message", body="who am I?")
    (told,) = [each for each in await stage.page.told("message") if each["body"] == "who am I?"]
    lid = told["from"]
    assert lid.endswith("@lid")
    assert told["id"] == f"false_{lid}_{sent.id}"
    assert await stage.page.ask(NUMBER, lid) is None
    key = await stage.page.ask(SEND, [lid, "a guest"])
    assert key.startswith(f"true_{lid}_")
    assert [message.text for message in await dana.received()] == ["a guest"]
    await dana.read()
    await stage.page.until_told(event="ack", id=key, ack=3)
    await stage.page.ask("(chat) => WPP.chat.markIsRead(chat)", lid)
    assert (await dana.acked(sent, plugin.Ack.READ)).ack == 3


async def test_a_number_revealed_later_joins_the_chat_that_there_is(stage: Stage) -> None:
    dana = stage.person("Dana")
    await dana.hide_number()
    await dana.write(stage.shop, "before")
    lid = await stage.page.until("() => told.find(({body}) => body === 'before')?.from")
    await dana.reveal_number()
    number = f"{dana.number}@c.us"
    await stage.page.until(f"async (lid) => await ({NUMBER})(lid) === '{number}'", lid)
    assert await stage.page.ask("async (id) => String((await WPP.chat.find(id)).id)", number) == lid
    await dana.write(stage.shop, "after")
    await stage.page.until_told(event="message", body="after", **{"from": lid})


async def test_who_asks_by_the_number_learns_the_lid_of_a_hidden_person(stage: Stage) -> None:
    dana = stage.person("Dana")
    await dana.hide_number()
    number = f"{dana.number}@c.us"
    found = await stage.page.ask("async (id) => String((await WPP.contact.queryWidExists(id)).lid)", number)
    assert await stage.page.ask(NUMBER, found) == number


async def test_what_people_are_seen_doing_both_ways(stage: Stage) -> None:
    dana, avi = stage.person("Dana"), stage.person("Avi")
    chat = f"{dana.number}@c.us"
    group = stage.sim.group("typists", [stage.shop, dana, avi])
    await dana.write(group, "to type in")
    await dana.write(stage.shop, "typing soon")
    await stage.page.until_told(event="message", body="typing soon")
    for mark in ("Composing", "Recording", "Paused"):
        await stage.page.ask(f"(chat) => WPP.chat.markIs{mark}(chat)", chat)
    await stage.page.ask("(chat) => WPP.chat.markIsComposing(chat)", group.id)
    # requests go by the same line, in order
    await stage.page.ask("() => WPP.contact.queryWidExists('972500000000@c.us')")
    assert await dana.chat_states(stage.shop) == ["composing", "recording", "paused", "composing"]
    assert await avi.chat_states(stage.shop) == ["composing"]
    await stage.page.ask(
        "async () => { await WPP.conn.markAvailable(); await WPP.conn.markUnavailable();"
        " await WPP.contact.queryWidExists('972500000001@c.us'); }"
    )
    assert (await dana.chat_states(stage.shop))[-2:] == ["available", "unavailable"]
    await dana.show(stage.shop, "composing")
    await stage.page.until_told(event="presence", id=chat, state="composing")
    await dana.show(stage.shop, "recording")
    await stage.page.until_told(event="presence", id=chat, state="recording_audio")
    await avi.show(group, "composing")
    await stage.page.until_told(event="presence", id=group.id, state="composing", isGroup=True)


async def test_a_code_typed_on_the_phone_links_the_page(stage: Stage, plugin: ModuleType) -> None:
    office = stage.sim.phone("+972509999999", name="Office")
    async with stage.open("office") as page:
        await page.qr()
        ask = "(number) => WPP.conn.genLinkDeviceCodeForPhoneNumber(number)"
        void = await page.ask(ask, office.number)
        code = await page.ask(ask, office.number)
        assert len(code) == 8
        for wrong, phone in ((void, office), (code, stage.sim.phone("+972508888888", name="Other"))):
            with pytest.raises(plugin.SimulatorError, match="pairing code"):
                await phone.enter_code(wrong)
        await office.enter_code(f"{code[:4]}-{code[4:].lower()}")
        await page.online()
        assert await page.ask("() => String(WPP.conn.getMyUserId())") == f"{office.number}@c.us"
        with pytest.raises(plugin.SimulatorError, match="pairing code"):
            await office.enter_code(code)
