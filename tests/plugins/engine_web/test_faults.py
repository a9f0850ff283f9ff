"""What the simulator makes go wrong, and what the session says of it: the state, the error, the ticks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chatgrow_bot.engine import Parcel, Snapshot
from chatgrow_bot.errors import EngineError, SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import ConnectionState as State

from .conftest import Chat, World, browser_page, chat_of, impatient, new_world, part, reach

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Any]]:
    folder = tmp_path_factory.mktemp("world")
    async with new_world(folder, ack_seconds=3) as world, world.open() as session:
        await world.link(session)
        yield world, session


@pytest_asyncio.fixture(loop_scope="module")
async def chat(linked: tuple[World, Any]) -> AsyncIterator[Chat]:
    """The session and a customer of this test's own; nothing is wrong with it afterwards."""
    world, session = linked
    yield Chat(session=session, customer=world.customer(), world=world)
    await world.sim.heal()
    await reach(session, State.ONLINE, world.inlet)


def parcel(chat: Chat, last: str, text: str = "hello") -> Parcel:
    digits = chat.customer.number[-4:]
    return Parcel(chat=chat_of(chat.customer), wa_id=f"3EB0000000000000{digits}{last}", text=text)


async def seen(chat: Chat, state: State) -> Snapshot:
    return await reach(chat.session, state, chat.world.inlet)


async def test_the_reach_out_time_lock_is_a_refusal_for_good(chat: Chat) -> None:
    await chat.world.sim.order("refuse_sends", chat.world.shop, code=463)
    with pytest.raises(SendRefused) as refused:
        await chat.session.send(parcel(chat, "01"))
    assert refused.value.facts["code"] == "463"


async def test_a_passing_refusal_may_be_tried_again_under_the_same_id(chat: Chat) -> None:
    await chat.world.sim.order("refuse_sends", chat.world.shop, result="ERROR_NETWORK")
    with pytest.raises(SendFailed, match="ERROR_NETWORK"):
        await chat.session.send(parcel(chat, "01"))
    assert (await chat.session.send(parcel(chat, "01"))).ack >= 1
    assert [each.id for each in await chat.customer.received()] == [parcel(chat, "01").wa_id]


async def test_a_send_that_hangs_is_unknown_and_goes_when_the_link_is_back(chat: Chat) -> None:
    await chat.world.sim.order("hang_sends", chat.world.shop)
    with pytest.raises(SendUnknown, match="did not confirm"):
        await chat.session.send(parcel(chat, "01"))
    found = await chat.session.find(chat_of(chat.customer), parcel(chat, "01").wa_id)
    assert found.ack == 0
    await chat.world.shop.hang_up()
    assert [each.text for each in await chat.customer.received()] == ["hello"]


async def test_a_message_whose_acks_are_lost_is_unknown_and_not_sent_twice(chat: Chat) -> None:
    await chat.world.sim.order("drop_acks", chat.world.shop)
    with pytest.raises(SendUnknown):
        await chat.session.send(parcel(chat, "01"))
    assert chat.acks(parcel(chat, "01").wa_id) == []
    await chat.world.sim.heal()
    await chat.world.shop.hang_up()
    await chat.until(lambda: chat.acks(parcel(chat, "01").wa_id) != [])
    await seen(chat, State.ONLINE)  # it resumes for a moment, and takes nothing meanwhile
    await chat.session.send(parcel(chat, "02", "after it"))
    assert [each.text for each in await chat.customer.received(2)] == ["hello", "after it"]


async def test_late_acks_come_late_and_in_order(chat: Chat) -> None:
    await chat.world.sim.order("delay_acks", chat.world.shop)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(chat.session.send(parcel(chat, "01")))
        await chat.customer.received()
        await chat.customer.read()
        assert not sending.done()
        await chat.world.sim.heal()
    assert sending.result().ack >= 1
    await chat.until(lambda: 3 in chat.acks(parcel(chat, "01").wa_id))
    acks = chat.acks(parcel(chat, "01").wa_id)
    assert acks == sorted(acks)


async def test_repeats_and_a_wrong_order_are_handed_in_as_they_come(chat: Chat) -> None:
    await chat.world.sim.order("duplicate", chat.world.shop, times=2)
    await chat.world.sim.order("reorder", chat.world.shop)
    written = [await chat.customer.write(chat.world.shop, text) for text in ("first", "second")]
    await chat.until(lambda: len(chat.heard()) == 4)
    first, second = (each.id for each in written)
    assert [each.wa_id for each in chat.heard()] == [second, second, first, first]


async def test_a_dialog_waits_for_a_person(chat: Chat) -> None:
    await chat.world.sim.order("dialog", chat.world.shop, text="Turn on notifications?")
    assert "Turn on notifications?" in (await seen(chat, State.ACTION_REQUIRED)).reason


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("TOS_BLOCK", "terms of service"),
        ("SMB_TOS_BLOCK", "terms of service"),
        ("PROXYBLOCK", "proxy"),
        ("DEPRECATED_VERSION", "outdated"),
        ("CONFLICT", "open elsewhere"),
    ],
)
async def test_a_blocked_page_names_what_blocks_it_and_sends_nothing(
    chat: Chat, mode: str, reason: str
) -> None:
    await chat.world.sim.order("block", chat.world.shop, mode=mode)
    assert reason in (await seen(chat, State.ACTION_REQUIRED)).reason
    with pytest.raises(SendFailed, match=mode):
        await chat.session.send(parcel(chat, "01"))


async def test_a_page_that_needs_an_update_waits_for_a_person(chat: Chat) -> None:
    await chat.world.sim.order("needs_update", chat.world.shop)
    assert "update" in (await seen(chat, State.ACTION_REQUIRED)).reason


async def test_a_network_that_is_away_is_a_reconnection(chat: Chat) -> None:
    await chat.world.sim.order("away", chat.world.shop)
    await seen(chat, State.RECONNECTING)
    with pytest.raises(SendFailed):
        await chat.session.send(parcel(chat, "01"))
    await chat.world.sim.heal()
    await seen(chat, State.ONLINE)


async def test_a_link_on_which_nothing_moves_leaves_a_send_unknown(chat: Chat) -> None:
    await chat.session.send(parcel(chat, "01"))  # the number is known from here on
    await chat.world.sim.order("silence", chat.world.shop)
    with pytest.raises(SendUnknown):
        await chat.session.send(parcel(chat, "02", "into the void"))
    await chat.world.sim.heal()
    assert [each.text for each in await chat.customer.received(2)] == ["hello", "into the void"]


async def test_a_login_used_elsewhere_waits_for_a_person(chat: Chat) -> None:
    await chat.world.sim.open_elsewhere(chat.world.shop)
    assert "open elsewhere" in (await seen(chat, State.ACTION_REQUIRED)).reason
    await browser_page(chat.session).get_by_role("button", name="Use here").click()


# each in a session of its own: what happens to it does not come right again


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path) as world:
        yield world


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.slow
async def test_a_page_that_spins_ends_the_session(tmp_path: Path) -> None:
    async with new_world(tmp_path, close_seconds=3) as own:
        async with own.open() as session:
            await reach(session, State.QR, own.inlet)
            impatient(session)
            await own.sim.order("stuck")
            with pytest.raises(EngineError):
                async with asyncio.timeout(10):
                    while True:
                        await session.screenshot()
            with pytest.raises(EngineError, match="hangs"):
                async with asyncio.timeout(15):
                    while True:
                        await session.snapshot()
        async with own.open() as session:  # the next page is a fresh one
            await reach(session, State.QR, own.inlet)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_passkey_is_said_and_forgotten_once_it_was_shown(own: World) -> None:
    async with own.open() as session:
        await own.sim.order("passkey", own.shop)
        await own.shop.scan((await reach(session, State.QR, own.inlet)).qr)
        assert "passkey" in (await reach(session, State.PASSKEY_REQUIRED, own.inlet)).reason
        await own.sim.heal()
        await browser_page(session).wait_for_function("() => WPP.conn.getStreamData().info === 'NORMAL'")
        assert (await session.snapshot()).state is State.ONLINE


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.slow
async def test_bans_a_full_disk_and_an_outdated_version_are_no_mere_logouts(own: World) -> None:
    async with own.open() as session:
        await own.link(session)
        await own.sim.order("temporary_ban", own.shop)
        banned = await reach(session, State.BANNED, own.inlet)
        assert "for a time" in banned.reason
        assert banned.me
        await own.sim.heal()
    async with own.open() as session:  # it is linked as before
        await reach(session, State.ONLINE, own.inlet)
        await own.sim.ban(own.shop)
        assert "account_locked" in (await reach(session, State.BANNED, own.inlet)).reason
    await own.sim.pardon(own.shop)
    async with own.open() as session:
        await own.link(session)
        await own.sim.log_out(own.shop, "client_version_outdated")
        assert "outdated" in (await reach(session, State.ACTION_REQUIRED, own.inlet)).reason
    async with own.open() as session:
        await own.link(session)
        await own.sim.log_out(own.shop, "storage_quota_exceeded")
        assert "the disk is full" in (await reach(session, State.LOGGED_OUT, own.inlet)).reason


@pytest.mark.asyncio(loop_scope="function")
async def test_codes_that_have_run_out_are_said_and_renewed(own: World) -> None:
    async with own.open() as session:
        await reach(session, State.QR, own.inlet)
        await own.sim.rest_codes()
        await browser_page(session).wait_for_function("() => WPP.conn.isIdle()")
        idle = await session.snapshot()
        assert (idle.state, idle.qr, "expired" in idle.reason) == (State.QR, None, True)
        await session.refresh_qr()
        await own.link(session)


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.slow
async def test_after_a_kill_the_store_lacks_its_last_seconds_and_then_the_login(own: World) -> None:
    dana = own.customer()
    early, late = "3EB00000000000000000E1", "3EB00000000000000000E2"
    async with own.open() as session:
        await own.link(session)  # closed in order: a true Chromium forgets a login that is killed so young
    async with own.open() as session:
        await reach(session, State.ONLINE, own.inlet)
        await session.send(Parcel(chat=chat_of(dana), wa_id=early, text="kept"))
        page = browser_page(session)  # by its own clock, the only one that tells how old a write is
        written = await page.evaluate("() => Date.now()")
        await page.wait_for_function("written => Date.now() - written > 2000", arg=written)
        await session.send(Parcel(chat=chat_of(dana), wa_id=late, text="lost"))
        part("profile").Profile(own.folder / "shop").processes()[0].kill()
    await own.sim.order("forget", own.shop, seconds=2)
    async with own.open() as session:
        await reach(session, State.ONLINE, own.inlet)
        assert await session.find(chat_of(dana), early)
        assert await session.find(chat_of(dana), late) is None
        await session.send(Parcel(chat=chat_of(dana), wa_id=late, text="lost"))  # the server knows its id
    assert [each.text for each in await dana.received(2)] == ["kept", "lost"]
    await own.sim.order("forget", own.shop, seconds=60)
    async with own.open() as session:
        await reach(session, State.QR, own.inlet)
