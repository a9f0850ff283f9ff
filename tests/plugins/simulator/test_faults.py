"""What goes wrong on order, as genuine wa-js in a true Chromium sees it, and comes right when healed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from plugins.simulator import Customer
    from tests.plugins.simulator.conftest import Stage, WebPage

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEND = "([chat, text]) => WPP.chat.sendTextMessage(chat, text, {linkPreview: false})"
# a send that may never end: what came of it is looked up by its text
START = "([chat, text]) => { WPP.chat.sendTextMessage(chat, text, {linkPreview: false}); }"
ACK = "([chat, text]) => WPP.chat.get(chat)?.msgs.models.find((msg) => msg.body === text)?.ack ?? null"
STREAM = "() => ({...WPP.conn.getStreamData(), socket: WPP.whatsapp.Socket.state})"
MODE = "(mode) => WPP.conn.getStreamData().mode === mode"


@pytest_asyncio.fixture(loop_scope="package")
async def page(stage: Stage) -> AsyncIterator[WebPage]:
    """The linked page, and nothing wrong with it afterwards."""
    yield stage.page
    await stage.sim.heal()
    await stage.page.online()
    stage.page.complaints.clear()  # a network that is away is a complaint of Chromium's


@pytest.fixture
def dana(stage: Stage) -> Customer:
    return stage.person("Dana")


def chat_of(customer: Customer) -> str:
    return f"{customer.number}@c.us"


async def bodies(page: WebPage, dana: Customer) -> list[str]:
    """What wa-js told of a customer's messages, in the order in which it did."""
    return [each["body"] for each in await page.told("message") if each["from"] == chat_of(dana)]


async def test_a_refused_send_carries_the_servers_code(stage: Stage, page: WebPage, dana: Customer) -> None:
    await stage.sim.order("refuse_sends", stage.shop, code=463)
    refused = await page.ask(SEND, [chat_of(dana), "cold call"])
    assert refused["ack"] == -1
    assert (refused["sendMsgResult"]["messageSendResult"], refused["sendMsgResult"]["error"]) == (
        "ERROR_UNKNOWN",
        "463",
    )
    assert await stage.sim.orders() == []
    assert (await page.ask(SEND, [chat_of(dana), "warm call"]))["ack"] >= 1
    assert [each.text for each in await dana.received()] == ["warm call"]


async def test_a_passing_refusal_has_whatsapps_word_for_it(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    await stage.sim.order("refuse_sends", result="ERROR_EXPIRED", times=2)
    for _ in range(2):
        result = await page.ask(SEND, [chat_of(dana), "late"])
        assert (result["ack"], result["sendMsgResult"]["messageSendResult"]) == (-1, "ERROR_EXPIRED")
    assert (await page.ask(SEND, [chat_of(dana), "in time"]))["ack"] >= 1


async def test_a_send_that_hangs_goes_once_the_link_was_cut(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    await stage.sim.order("hang_sends", stage.shop)
    await page.ask(START, [chat_of(dana), "hangs"])
    await page.ask(SEND, [chat_of(dana), "goes"])
    assert [each.text for each in await dana.received()] == ["goes"]
    assert await page.ask(ACK, [chat_of(dana), "hangs"]) == 0
    await stage.shop.hang_up()
    assert [each.text for each in await dana.received(2)] == ["goes", "hangs"]


async def test_dropped_acks_leave_the_page_in_the_dark(stage: Stage, page: WebPage, dana: Customer) -> None:
    await stage.sim.order("drop_acks", stage.shop)
    await page.ask(START, [chat_of(dana), "arrives"])
    await dana.received()
    await dana.read()
    await stage.sim.heal("drop_acks")
    await page.ask(SEND, [chat_of(dana), "arrives too"])
    assert await page.ask(ACK, [chat_of(dana), "arrives"]) == 0
    await stage.shop.hang_up()  # the page tries again; the server knows the id
    await page.until(f"(args) => ({ACK})(args) > 0", [chat_of(dana), "arrives"])
    assert [each.text for each in await dana.received(2)] == ["arrives", "arrives too"]


async def test_late_acks_come_when_they_are_healed_or_their_time_is_over(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    for seconds in (None, 0.3):
        text = f"late by {seconds}"
        await stage.sim.order("delay_acks", stage.shop, seconds=seconds)
        await page.ask(START, [chat_of(dana), text])
        while text not in [each.text for each in await dana.received()]:
            await dana.received(2)
        await dana.read()
        if seconds is None:
            assert await page.ask(ACK, [chat_of(dana), text]) == 0
            await stage.sim.heal("delay_acks")
        await page.until(f"(args) => ({ACK})(args) === 3", [chat_of(dana), text])


async def test_a_message_is_told_as_often_as_ordered(stage: Stage, page: WebPage, dana: Customer) -> None:
    await stage.sim.order("duplicate", stage.shop, copies=3)
    await dana.write(stage.shop, "thrice")
    await dana.write(stage.shop, "once")
    await page.until_told(event="message", body="once")
    assert await bodies(page, dana) == ["thrice", "thrice", "thrice", "once"]
    assert await page.ask("(chat) => WPP.chat.get(chat).unreadCount", chat_of(dana)) == 2


async def test_later_messages_are_told_before_earlier_ones(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    await stage.sim.order("reorder", stage.shop, count=3, times=None)
    for text in ("one", "two", "three", "four"):
        await dana.write(stage.shop, text)
    await page.until_told(event="message", body="one")
    assert await bodies(page, dana) == ["three", "two", "one"]
    await stage.sim.heal("reorder")  # what was held is told then, whole or not
    await page.until_told(event="message", body="four")


async def test_too_few_to_be_told_out_of_order_do_not_wait_for_ever(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    await stage.sim.order("reorder", stage.shop, count=3, seconds=0.2)
    await dana.write(stage.shop, "alone")
    await page.until_told(event="message", body="alone")


async def test_in_silence_the_link_stands_and_nothing_comes_through(
    stage: Stage, page: WebPage, dana: Customer
) -> None:
    await stage.sim.order("silence", stage.shop)
    await page.ask(START, [chat_of(dana), "hello?"])
    await dana.write(stage.shop, "hello!")
    with pytest.raises(TimeoutError):
        await dana.received(timeout=0.3)
    assert await bodies(page, dana) == []
    assert (await page.ask(STREAM))["info"] == "NORMAL"
    await stage.sim.heal()
    await page.until_told(event="message", body="hello!")
    assert [each.text for each in await dana.received()] == ["hello?"]


async def test_a_network_that_is_away_comes_back(stage: Stage, page: WebPage, dana: Customer) -> None:
    await stage.sim.order("away", stage.shop)
    await page.until("() => WPP.conn.getStreamData().info === 'OFFLINE'")
    assert not await page.ask("() => WPP.conn.isOnline()")
    await dana.write(stage.shop, "are you there?")
    await stage.sim.heal()
    await page.until_told(event="message", body="are you there?")


async def test_a_dialog_stands_in_the_way_until_it_is_healed(stage: Stage, page: WebPage) -> None:
    await stage.sim.order("dialog", stage.shop, text="Turn on notifications?")
    dialog = page.page.get_by_role("dialog")
    await dialog.get_by_text("Turn on notifications?").wait_for()
    await stage.sim.heal("dialog")
    await dialog.wait_for(state="detached")


@pytest.mark.parametrize("mode", ["TOS_BLOCK", "DEPRECATED_VERSION", "PROXYBLOCK"])
async def test_a_blocked_page_says_so_and_catches_up(
    stage: Stage, page: WebPage, dana: Customer, mode: str
) -> None:
    await stage.sim.order("block", stage.shop, mode=mode)
    await page.until(MODE, mode)
    assert (await page.ask(STREAM))["socket"] == mode
    await dana.write(stage.shop, f"during {mode}")
    await stage.sim.heal()
    await page.online()
    await page.until_told(event="message", body=f"during {mode}")


async def test_a_page_that_needs_an_update_tells_so(stage: Stage, page: WebPage) -> None:
    await page.ask("() => { window.asked = 0; WPP.on('conn.needs_update', () => { window.asked += 1; }); }")
    await stage.sim.order("needs_update")
    await page.until("() => WPP.conn.needsUpdate() && window.asked === 1")


async def test_a_fault_of_one_number_is_none_of_anothers(stage: Stage, page: WebPage, dana: Customer) -> None:
    for fault in ("refuse_sends", "hang_sends", "silence", "dialog", "away"):
        await stage.sim.order(fault, dana)
    assert (await page.ask(SEND, [chat_of(dana), "untouched"]))["ack"] >= 1
    assert await page.page.get_by_role("dialog").count() == 0


async def test_a_login_used_elsewhere_can_be_taken_back(stage: Stage, page: WebPage) -> None:
    assert await stage.sim.open_elsewhere(stage.shop) == 1
    await page.until(MODE, "CONFLICT")
    async with page.page.expect_event("load"):
        await page.page.get_by_role("button", name="Use here").click()
    await page.ready()
    await page.online()
