"""An account that WhatsApp has put out stays so until a person acts, whatever else is under way; one that is
closed on purpose comes back, whatever becomes of the purpose."""

import asyncio

import pytest

from chatgrow_bot.connections.keeper import Keeper
from chatgrow_bot.errors import EngineError
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view

PUT_OUT = (ConnectionState.BANNED, ConnectionState.LOGGED_OUT, ConnectionState.PASSKEY_REQUIRED)


def keeper(bot: TalkingBot, connection_id: str = "shop") -> Keeper:
    found = connections(bot).keepers()[connection_id]  # type: ignore[attr-defined]
    assert isinstance(found, Keeper)
    return found


async def stays(bot: TalkingBot, clock: FakeClock, state: ConnectionState, times: int = 1) -> None:
    await settled(bot, lambda: "shop" not in bot.engine.opened)
    for _ in range(3):
        clock.advance(600)
        await bot.running.ground.db.write(lambda conn: None)
    assert (await view(bot)).state is state
    assert bot.engine.times == times


@pytest.mark.parametrize("state", [ConnectionState.BANNED, ConnectionState.LOGGED_OUT])
async def test_put_out_at_the_look_that_would_close_it_it_is_not_opened_anew(
    bot: TalkingBot, clock: FakeClock, state: ConnectionState
) -> None:
    await bot.start()
    session = await bot.connect()
    session.state = state
    keeper(bot).renew("it has grown")
    await bot.reaches("shop", state)
    await stays(bot, clock, state)


async def test_put_out_and_then_asked_to_close_it_is_not_opened_anew_either(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    bot.engine.closing.clear()
    session.becomes(ConnectionState.BANNED)
    await bot.reaches("shop", ConnectionState.BANNED)
    await settled(bot, lambda: "shop" not in bot.engine.opened)
    keeper(bot).renew("it has grown")
    await bot.running.ground.db.write(lambda conn: None)
    bot.engine.closing.set()
    await stays(bot, clock, ConnectionState.BANNED)


async def test_closed_on_purpose_it_comes_back_though_the_closing_fails(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    await bot.connect(autoReconnect=False)

    async def fails() -> None:
        raise EngineError("the browser does not answer")

    bot.engine.closing.wait = fails  # type: ignore[method-assign, assignment]
    keeper(bot).renew("it has grown")
    await settled(bot, lambda: bot.engine.times == 2)
    await bot.online()
    assert Faults.heard == []


@pytest.mark.parametrize("state", PUT_OUT)
async def test_a_restart_opens_no_account_that_was_put_out_and_tells_it_no_second_time(
    bot: TalkingBot, clock: FakeClock, state: ConnectionState
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.reason = "so says WhatsApp"
    session.becomes(state)
    await Faults.heard_of("so says WhatsApp")
    since = (await view(bot)).state_since
    await bot.stop()
    clock.advance(60)
    await bot.start(Faults)
    await stays(bot, clock, state)
    shown = await view(bot)
    assert (shown.reason, shown.state_since) == ("so says WhatsApp", since)
    assert Faults.heard == []
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.online()


async def test_a_restart_tries_again_what_the_network_had_ended(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect(autoReconnect=False)
    session.dead = True
    session.inlet.changed()
    await bot.reaches("shop", ConnectionState.DISCONNECTED)
    await bot.stop()
    await bot.start()
    await bot.online()


@pytest.mark.parametrize("state", [ConnectionState.BANNED, ConnectionState.LOGGED_OUT])
async def test_started_again_by_a_person_an_account_that_was_unlinked_shows_a_code_at_once(
    bot: TalkingBot, clock: FakeClock, state: ConnectionState
) -> None:
    await bot.start()
    session = await bot.connect()
    session.becomes(state)
    await bot.reaches("shop", state)

    def shows_qr(session: FakeSession) -> None:
        session.becomes(ConnectionState.QR, "2@the-code")

    bot.engine.on_open = shows_qr
    await connections(bot).reconnect(bot.admin.user_id, "shop")
    await bot.reaches("shop", ConnectionState.QR)


async def test_opened_anew_it_keeps_its_place_though_another_waits_for_one(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(settings={"maxConnections": 2})
    await bot.connect("shop")
    await bot.connect("waiting")
    await bot.stop()
    await bot.start(settings={"maxConnections": 1})
    await bot.online("shop")
    await bot.reaches("waiting", ConnectionState.STARTING)
    before = bot.engine.times
    keeper(bot).renew("it has grown")
    await turned_until(bot, clock, lambda: bot.engine.times == before + 1)
    await bot.online("shop")
    assert "waiting" not in bot.engine.opened


async def test_what_cannot_be_told_of_an_end_is_told_later(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    listener = keeper(bot)._listener
    entered, failed = listener.entered, asyncio.Event()

    async def broken(*args: object) -> None:
        failed.set()
        raise RuntimeError("a fault of our own")

    listener.entered = broken  # type: ignore[method-assign, assignment]
    session.becomes(ConnectionState.BANNED)
    await asyncio.wait_for(failed.wait(), 10)
    listener.entered = entered  # type: ignore[method-assign]
    await turned_until(bot, clock, lambda: Faults.heard)
    await stays(bot, clock, ConnectionState.BANNED)


@pytest.mark.parametrize("where", ["at a look", "at the closing"])
async def test_an_engine_that_answers_its_end_by_an_error_keeps_no_hub_from_stopping(
    bot: TalkingBot, where: str
) -> None:
    await bot.start()
    session = await bot.connect()
    looking = asyncio.Event()

    async def hangs_and_fails() -> None:
        looking.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise EngineError("the browser is gone")

    async def fails() -> None:
        raise EngineError("the browser is gone")

    if where == "at a look":
        session.answering.wait = hangs_and_fails  # type: ignore[method-assign, assignment]
        session.inlet.changed()
        await looking.wait()
    else:
        bot.engine.closing.wait = fails  # type: ignore[method-assign, assignment]
    async with asyncio.timeout(20):
        await bot.stop()
