"""Linking an account: by a QR code, by a pairing code, or not at all."""

import asyncio
from typing import ClassVar

import pytest

from chatgrow_bot.errors import ConnectionNotReady, InvalidPhoneNumber
from chatgrow_bot.hub import Connections
from chatgrow_bot.messages import ConnectionState, Fault
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot


class Listener(Plugin):
    faults: ClassVar[list[Fault]]
    heard: ClassVar[asyncio.Event]

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        Listener.faults, Listener.heard = [], asyncio.Event()

    @hook
    async def on_fault(self, fault: Fault) -> None:
        Listener.faults.append(fault)
        Listener.heard.set()


def connections(bot: TalkingBot) -> Connections:
    return bot.running.hub.connections


async def unlinked(bot: TalkingBot, number: str = "") -> FakeSession:
    """A connection that shows a QR code."""
    bot.engine.on_open = lambda session: session.becomes(ConnectionState.QR, "2@the-code")
    await connections(bot).create(bot.admin, "shop", "Shop", number, {})
    await bot.reaches("shop", ConnectionState.QR)
    return bot.engine.opened["shop"]


async def test_a_pairing_code_is_asked_for_the_number_shown_as_a_state_and_links(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await unlinked(bot, "+15559990000")
    tenant = bot.admin.user_id
    code = await connections(bot).pairing_code(tenant, "shop")
    assert (code.code, session.paired) == ("CODE0001", ["15559990000"])
    assert (code.expires_at - clock.now()).total_seconds() == 180
    assert "CODE0001" not in repr(code)
    await bot.reaches("shop", ConnectionState.PAIRING_CODE)
    session.becomes(ConnectionState.ONLINE)
    await bot.reaches("shop", ConnectionState.ONLINE)
    with pytest.raises(ConnectionNotReady, match="online and shows no pairing code: it is linked already"):
        await connections(bot).pairing_code(tenant, "shop")


async def test_the_same_code_is_shown_while_it_lasts_and_a_new_one_for_another_number_or_later(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await unlinked(bot, "+15559990000")
    tenant = bot.admin.user_id

    async def code(number: str = "") -> str:
        return (await connections(bot).pairing_code(tenant, "shop", number)).code

    first = await asyncio.gather(code(), code("+1 555 999 0000"), code())
    assert set(first) == {"CODE0001"}
    await bot.reaches("shop", ConnectionState.PAIRING_CODE)
    assert await code("+15559990001") == "CODE0002"
    clock.advance(181)
    assert await code("+15559990001") == "CODE0003"
    assert session.paired == ["15559990000", "15559990001", "15559990001"]


async def test_a_number_is_needed_and_must_be_a_person_s(bot: TalkingBot) -> None:
    await bot.start()
    session = await unlinked(bot)
    for number, says in (
        ("", "not known"),
        ("12", "not a phone number"),
        ("120363000000000001@g.us", "not a person"),
    ):
        with pytest.raises(InvalidPhoneNumber, match=says):
            await connections(bot).pairing_code(bot.admin.user_id, "shop", number)
    assert session.paired == []


async def test_who_asks_for_a_pairing_code_too_early_gets_it_once_the_page_is_ready(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    bot.engine.on_open = lambda session: session.becomes(ConnectionState.STARTING)
    await connections(bot).create(bot.admin, "shop", "Shop", "+15559990000", {})
    asking = asyncio.ensure_future(connections(bot).pairing_code(bot.admin.user_id, "shop"))
    await bot.reaches("shop", ConnectionState.STARTING)
    async with asyncio.timeout(10):
        while "shop" not in bot.engine.opened:  # noqa: ASYNC110 (a mapping has no event)
            await asyncio.sleep(0.001)
    bot.engine.opened["shop"].becomes(ConnectionState.QR, "2@the-code")
    assert (await asking).code == "CODE0001"


async def test_a_qr_code_that_has_gone_idle_is_asked_for_again(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await unlinked(bot)
    session.becomes(ConnectionState.QR, None)
    session.looked.clear()
    session.inlet.changed()
    await asyncio.wait_for(session.looked.wait(), 10)
    asking = asyncio.ensure_future(connections(bot).qr(bot.admin.user_id, "shop"))
    async with asyncio.timeout(10):
        while not session.qr_refreshed:  # noqa: ASYNC110 (a number has no event)
            await asyncio.sleep(0.001)
    session.becomes(ConnectionState.QR, "2@a-new-code")
    assert (await asking).code == "2@a-new-code"


@pytest.mark.parametrize("paired", [False, True])
async def test_after_ten_minutes_that_nobody_links_the_browser_is_closed_and_says_what_to_do(
    bot: TalkingBot, clock: FakeClock, paired: bool
) -> None:
    await bot.start()
    session = await unlinked(bot, "+15559990000")
    tenant = bot.admin.user_id
    if paired:
        clock.advance(400)
        await connections(bot).pairing_code(tenant, "shop")
        await bot.reaches("shop", ConnectionState.PAIRING_CODE)
        clock.advance(400)  # of ten minutes since somebody asked
        session.looked.clear()
        session.inlet.changed()
        await asyncio.wait_for(session.looked.wait(), 10)
        await bot.reaches("shop", ConnectionState.PAIRING_CODE)
    clock.advance(601)
    session.inlet.changed()
    view = await bot.reaches("shop", ConnectionState.DISCONNECTED)
    assert "nobody linked it within 10 minutes" in view.reason
    assert "reconnect" in view.reason
    async with asyncio.timeout(10):
        while "shop" in bot.engine.opened:  # noqa: ASYNC110 (a mapping has no event)
            await asyncio.sleep(0.001)
    with pytest.raises(ConnectionNotReady, match="nobody linked it"):
        await connections(bot).pairing_code(tenant, "shop")
    await connections(bot).reconnect(tenant, "shop")
    await bot.reaches("shop", ConnectionState.QR)


async def test_a_linked_account_that_asks_for_a_code_again_was_unlinked(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.becomes(ConnectionState.PAIRING_CODE)
    view = await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    assert "unlinked on the phone" in view.reason


async def test_what_troubles_a_session_is_a_fault_of_its_connection(bot: TalkingBot) -> None:
    await bot.start(Listener)
    session = await bot.connect()
    session.inlet.troubled("a message was not decrypted within a minute")
    await asyncio.wait_for(Listener.heard.wait(), 10)
    [fault] = Listener.faults
    assert (fault.reason, fault.connection_id, fault.tenant) == (
        "a message was not decrypted within a minute",
        "shop",
        bot.admin.user_id,
    )
