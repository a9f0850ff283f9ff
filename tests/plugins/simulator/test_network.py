"""WhatsApp's side without a browser: phones among themselves, over HTTP, and over a restart."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from plugins.simulator import Customer, Phone, Simulator


async def test_a_message_waits_while_the_phone_is_off(
    dana: Customer, shop: Phone, plugin: ModuleType
) -> None:
    await shop.offline()
    message = await dana.write(shop, "hello?")
    assert message.ack == plugin.Ack.SERVER
    with pytest.raises(TimeoutError):
        await shop.received(timeout=0.05)
    await shop.online()
    assert [each.text for each in await shop.received()] == ["hello?"]
    assert (await dana.acked(message, plugin.Ack.DELIVERED)).ack == plugin.Ack.DELIVERED


async def test_reading_reaches_only_the_author_that_was_read(
    sim: Simulator, dana: Customer, shop: Phone, plugin: ModuleType
) -> None:
    yossi = sim.customer("+972546667777", name="Yossi")
    await dana.write(shop, "from Dana")
    await yossi.write(shop, "from Yossi")
    await shop.read(dana)
    assert [each.ack for each in await dana.sent()] == [plugin.Ack.READ]
    assert [each.ack for each in await yossi.sent()] == [plugin.Ack.DELIVERED]


async def test_received_starts_after_the_message_named(dana: Customer, shop: Phone) -> None:
    first = await dana.write(shop, "one")
    await dana.write(shop, "two")
    assert [each.text for each in await shop.received(2)] == ["one", "two"]
    assert [each.text for each in await shop.received(after=first.seq)] == ["two"]


@pytest.mark.parametrize("text", ["", "https://example.com", "1@short,noise,identity,secret"])
async def test_another_qr_code_is_no_link(shop: Phone, plugin: ModuleType, text: str) -> None:
    with pytest.raises(plugin.SimulatorError, match="not WhatsApp's QR code"):
        await shop.scan(text)


@pytest.mark.parametrize("number", ["", "+", "12", "05-123", "+9725012345678901", "+97250\u0661234"])
async def test_a_number_must_be_one(sim: Simulator, plugin: ModuleType, number: str) -> None:
    with pytest.raises(plugin.SimulatorError, match="no phone number"):
        sim.customer(number, name="Nobody")


async def test_the_same_verbs_from_another_process(sim: Simulator, shop: Phone, plugin: ModuleType) -> None:
    async with plugin.SimulatorClient(sim.address) as client:
        dana = await client.customer("+972541112233", name="Dana")
        await dana.send_media(shop, b"%PDF-", filename="order.pdf", caption="please")
        (message,) = await shop.received()
        assert (message.content, message.mimetype, message.caption) == (b"%PDF-", "application/pdf", "please")
        await shop.write(dana, "תודה")
        (answer,) = await dana.received()
        assert answer.text == "תודה"
        with pytest.raises(TimeoutError):
            await dana.received(2, timeout=0.05)
        with pytest.raises(plugin.SimulatorError, match="not on WhatsApp"):
            await dana.write("+972500000000", "anyone?")
        await client.switch(deduplicate=False)
        with pytest.raises(plugin.SimulatorError, match="no switch"):
            await client.switch(weather="fine")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
async def test_web_pages_cannot_drive_the_phones(sim: Simulator, headers: dict[str, str]) -> None:
    body = {"number": "+972541112233", "name": "Eve"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{sim.address}/control/register", json=body, headers=headers) as response,
    ):
        assert response.status == 403


async def test_a_restart_of_the_simulator_finds_the_same_network(tmp_path: Path, plugin: ModuleType) -> None:
    async with plugin.Simulator(tmp_path) as before:
        dana = before.customer("+972541112233", name="Dana")
        shop = before.phone("+972501234567", name="Shop")
        sent = await dana.write(shop, "remember me")
        await dana.send_media(shop, b"bytes", filename="a.bin")
    async with plugin.Simulator(tmp_path) as after:
        shop = after.phone("+972501234567", name="Shop")
        text, file = await shop.received(2)
        assert (text.seq, text.id, text.text) == (sent.seq, sent.id, "remember me")
        assert file.content == b"bytes"


async def test_a_restart_of_the_simulator_finds_the_same_groups_and_remarks(
    tmp_path: Path, plugin: ModuleType
) -> None:
    async with plugin.Simulator(tmp_path) as before:
        dana = before.customer("+972541112233", name="Dana")
        shop = before.phone("+972501234567", name="Shop")
        group = before.group("team", [shop, dana])
        poll = await shop.send_poll(group, "When?", ["now", "later"])
        await dana.vote(poll, ["later"])
        await dana.react(poll, "👍")
        asked = await dana.write(group, "here?", quote=poll, mentions=[shop])
        await dana.edit(asked, "there?")
        gone = await dana.send_contact(group, "Avi", "+972541110000")
        await dana.revoke(gone)
    async with plugin.Simulator(tmp_path) as after:
        dana = after.customer("+972541112233", name="Dana")
        shop = after.phone("+972501234567", name="Shop")
        assert after.group("team", [shop, dana]).id == group.id
        (again,) = await dana.received()
        assert (again.votes, again.reactions) == (
            {"now": [], "later": [dana.number]},
            {dana.number: "👍"},
        )
        words, revoked = await shop.received(2)
        assert (words.text, words.edited, words.quoted) == ("there?", True, poll.id)
        assert words.mentions == (shop.number,)
        assert (revoked.revoked, revoked.contacts) == (True, ())


async def test_files_of_another_version_are_not_touched(tmp_path: Path, plugin: ModuleType) -> None:
    with sqlite3.connect(tmp_path / "simulator.db") as database:
        database.execute("CREATE TABLE people (number TEXT)")
    database.close()
    with pytest.raises(plugin.SimulatorError, match="another version"):
        async with plugin.Simulator(tmp_path):
            pass


async def test_who_is_not_in_a_group_neither_writes_nor_remarks_in_it(
    sim: Simulator, dana: Customer, shop: Phone, plugin: ModuleType
) -> None:
    group = sim.group("two", [dana, shop])
    message = await dana.write(group, "between us")
    eve = sim.customer("+972546660000", name="Eve")
    for attempt in (eve.write(group, "hi"), eve.react(message, "👀"), eve.show(group, "composing")):
        with pytest.raises(plugin.SimulatorError):
            await attempt


async def test_serve_announces_where_it_is_and_runs_until_cancelled(
    tmp_path: Path, plugin: ModuleType
) -> None:
    running = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(plugin.serve(tmp_path, 0, 0, announce=running.set_result))
    sim = await running
    async with plugin.SimulatorClient(sim.address) as client:
        assert (await client.phone("+972501234567", name="Shop")).number == "972501234567"
    server.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server
