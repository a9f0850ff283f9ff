"""What becomes of a connection in each state, and what a person is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from chatgrow_bot.connections.listener import Bounds
from chatgrow_bot.engine import Inlet, SessionSpec
from chatgrow_bot.errors import CannotStart, EngineError, NotFound
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.store import connections as stored
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view


def lose(session: FakeSession) -> None:
    session.dead = True
    session.inlet.changed()


async def test_the_tries_in_a_row_are_counted_and_a_success_forgets_them(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect(maxReconnectAttempts=2)
    opened = bot.engine.times
    bot.engine.refusal = EngineError("the network is away")
    lose(session)
    await settled(bot, lambda: bot.engine.times == opened + 1)
    bot.engine.refusal = None
    await turned_until(bot, clock, lambda: "shop" in bot.engine.opened)
    session = await bot.online()
    opened = bot.engine.times
    bot.engine.refusal = EngineError("the network is away")
    lose(session)
    await turned_until(bot, clock, lambda: bot.engine.times == opened + 2)
    gone = await bot.reaches("shop", ConnectionState.DISCONNECTED)
    assert gone.reason == "the network is away. It was tried again 2 times."
    said = await Faults.heard_of("tried again")
    assert "then reconnect it" in said
    clock.advance(3600)
    await asyncio.sleep(0)
    assert bot.engine.times == opened + 2
    assert len(Faults.heard) == 1


@pytest.mark.parametrize(
    ("state", "to_do"),
    [
        (ConnectionState.BANNED, "Ask for a review"),
        (ConnectionState.PASSKEY_REQUIRED, "visible browser"),
        (ConnectionState.LOGGED_OUT, "scan the new QR code"),
    ],
)
async def test_what_only_a_person_can_end_closes_the_session_and_is_told_once(
    bot: TalkingBot, clock: FakeClock, state: ConnectionState, to_do: str
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.reason = "so says WhatsApp"
    session.becomes(state)
    await bot.reaches("shop", state)
    assert to_do in await Faults.heard_of("so says WhatsApp")
    await settled(bot, lambda: "shop" not in bot.engine.opened)
    clock.advance(3600)
    assert bot.engine.times == 1
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.online()
    assert len(Faults.heard) == 1


async def test_what_cannot_start_at_all_is_not_tried_again(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Faults)
    bot.engine.refusal = CannotStart("no browser found: install one")
    await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    failed = await bot.reaches("shop", ConnectionState.FAILED)
    assert failed.reason == "no browser found: install one"
    await Faults.heard_of("then reconnect it")
    clock.advance(3600)
    bot.engine.refusal = None
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.online()
    assert bot.engine.times == 2


async def test_a_page_that_needs_a_person_is_pictured_watched_and_goes_on_by_itself(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.picture, session.reason = b"PNG", "WhatsApp Web shows a dialog"
    session.becomes(ConnectionState.ACTION_REQUIRED)
    await bot.reaches("shop", ConnectionState.ACTION_REQUIRED)
    shown = await view(bot)
    picture = await connections(bot).picture(bot.admin.user_id, "shop")
    assert (picture.png, picture.at) == (b"PNG", shown.picture_at)
    assert "PNG" not in repr(picture)
    for _ in range(3):
        session.looked.clear()
        session.inlet.changed()
        await asyncio.wait_for(session.looked.wait(), 10)
    await Faults.heard_of("Look at the connection's picture")
    session.picture, session.reason = b"ANOTHER", "WhatsApp Web shows another dialog"
    session.inlet.changed()
    await bot.until(
        lambda conn: stored.by_id(conn, {"shop"})["shop"].reason,
        lambda reason: reason == "WhatsApp Web shows another dialog",
    )
    assert (await connections(bot).picture(bot.admin.user_id, "shop")).png == b"ANOTHER"
    session.reason = ""
    session.becomes(ConnectionState.ONLINE)
    await bot.reaches("shop", ConnectionState.ONLINE)
    assert bot.engine.times == 1
    assert (await view(bot)).picture_at is None
    with pytest.raises(NotFound):
        await connections(bot).picture(bot.admin.user_id, "shop")
    assert len(Faults.heard) == 1


async def test_a_page_that_cannot_be_pictured_is_told_of_all_the_same(
    bot: TalkingBot,
) -> None:
    await bot.start(Faults)
    session = await bot.connect()

    async def broken() -> bytes:
        raise RuntimeError("the page shows: secret")

    session.screenshot = broken  # type: ignore[method-assign]
    session.becomes(ConnectionState.ACTION_REQUIRED)
    await bot.reaches("shop", ConnectionState.ACTION_REQUIRED)
    await Faults.heard_of("Look at the connection's picture")
    assert (await view(bot)).picture_at is None


async def test_a_page_that_does_not_get_on_is_pictured_and_told_of_once(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.picture = b"PNG"
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    await turned_until(bot, clock, lambda: Faults.heard, step=20)
    assert "on its way for 5 minutes and is reconnecting" in Faults.heard[0]
    assert (await view(bot)).picture_at is not None
    clock.advance(600)
    session.becomes(ConnectionState.ONLINE)
    await bot.reaches("shop", ConnectionState.ONLINE)
    assert bot.engine.times == 1
    assert len(Faults.heard) == 1


async def test_a_connection_that_comes_and_goes_is_told_of(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    for number in range(5):
        lose(session)
        await settled(bot, lambda count=number + 2: bot.engine.times == count)  # type: ignore[misc]
        session = await bot.online()
    await Faults.heard_of("it was lost 5 times within 10 minutes")


async def test_without_notifications_nobody_is_told(bot: TalkingBot) -> None:
    await bot.start(Faults)
    quiet = await bot.connect("quiet", enableNotifications=False)
    session = await bot.connect()
    quiet.becomes(ConnectionState.BANNED)
    await bot.reaches("quiet", ConnectionState.BANNED)
    session.becomes(ConnectionState.BANNED)
    await Faults.heard_of("Ask for a review")
    assert len(Faults.heard) == 1


async def test_an_engine_s_own_time_limit_is_not_taken_for_the_hub_s(bot: TalkingBot) -> None:
    @asynccontextmanager
    async def opens(spec: SessionSpec, inlet: Inlet) -> AsyncIterator[FakeSession]:
        raise TimeoutError("the page was slow")
        yield

    await bot.start(Faults)
    bot.engine.open = opens  # type: ignore[method-assign]
    await connections(bot).create(bot.admin, "shop", "Shop", "", {"maxReconnectAttempts": 0})
    gone = await bot.reaches("shop", ConnectionState.DISCONNECTED)
    assert "within" not in gone.reason


async def test_what_hangs_is_ended_and_keeps_nobody_else_out(bot: TalkingBot) -> None:
    """An opening, a snapshot and a closing that never end."""
    await bot.start(Faults)
    fleet = bot.running.hub.connections._fleet  # type: ignore[attr-defined]
    fleet._world = replace(fleet._world, bounds=Bounds(opening=0.2, answer=0.2, closing=0.2))
    bot.engine.opening.clear()
    await connections(bot).create(bot.admin, "hung", "Shop", "", {"maxReconnectAttempts": 0})
    await bot.reaches("hung", ConnectionState.STARTING)
    await connections(bot).delete(bot.admin.user_id, "hung")  # while it opens
    await connections(bot).create(bot.admin, "hung", "Shop", "", {"maxReconnectAttempts": 0})
    gone = await bot.reaches("hung", ConnectionState.DISCONNECTED)
    assert gone.reason.startswith("it did not open within 0.2 s.")
    bot.engine.opening.set()
    await connections(bot).reconnect(bot.admin.user_id, "hung")
    session = await bot.online("hung")
    bot.engine.closing.clear()
    session.answering.clear()
    session.inlet.changed()
    gone = await bot.reaches("hung", ConnectionState.DISCONNECTED)
    assert gone.reason.startswith("it did not answer within 0.2 s.")
    await bot.connect("shop")
    await connections(bot).delete(bot.admin.user_id, "shop")  # its closing hangs too


async def test_what_a_closed_session_still_says_of_a_deleted_connection_harms_nobody(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    await connections(bot).delete(bot.admin.user_id, "shop")
    await session.hears("too late")
    session.inlet.troubled("too late")
    session.inlet.changed()


async def test_a_keeper_that_fails_takes_no_other_with_it(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    first, _ = await bot.connect("first"), await bot.connect("second")
    keepers = bot.running.hub.connections.keepers()  # type: ignore[attr-defined]
    entered = keepers["first"]._listener.entered

    async def broken(*args: object) -> None:
        if args[0] == "first":
            raise RuntimeError("a fault of our own")
        await entered(*args)

    keepers["first"]._listener.entered = broken
    lose(first)
    await settled(bot, lambda: "first" not in bot.engine.opened)
    keepers["first"]._listener.entered = entered
    assert "second" in bot.engine.opened
    await turned_until(bot, clock, lambda: "first" in bot.engine.opened)
    await bot.online("first")


async def test_the_next_try_comes_between_eight_and_twelve_tenths_of_the_interval(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect(reconnectInterval=100)
    bot.engine.refusal = EngineError("the network is away")
    lose(session)
    await settled(bot, lambda: bot.engine.times == 2)  # at once
    last, gaps = clock.now(), []
    for times in (3, 4, 5, 6):
        await turned_until(bot, clock, lambda count=times: bot.engine.times == count)  # type: ignore[misc]
        gaps.append((clock.now() - last) / timedelta(seconds=1))
        last = clock.now()
    assert all(80 <= gap <= 125 for gap in gaps), gaps
    assert len(set(gaps)) > 1
