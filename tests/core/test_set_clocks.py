"""The clock on the wall is set, forwards or back, or jumps because the machine slept: nothing that takes its
time is hurried or silenced by that."""

import pytest

from chatgrow_bot.health import Health
from chatgrow_bot.messages import ConnectionState, Outbound
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view

HOUR = 3600.0


def health(bot: TalkingBot) -> Health:
    found = bot.running.hub.health
    assert isinstance(found, Health)
    return found


async def looks(bot: TalkingBot, session: FakeSession, times: int = 2) -> None:
    """With the hands where they are; the last look but one has been thought over."""
    for _ in range(times):
        session.looked.clear()
        session.inlet.changed()
        await settled(bot, session.looked.is_set)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_connection_is_as_well_as_before(bot: TalkingBot, clock: FakeClock, jump: float) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.becomes(ConnectionState.SYNCING)
    await bot.reaches("shop", ConnectionState.SYNCING)
    clock.set(jump)
    await looks(bot, session)
    session.becomes(ConnectionState.ONLINE)
    await bot.reaches("shop", ConnectionState.ONLINE)
    clock.set(jump)
    [report] = await health(bot).reports()
    assert (report.heartbeat_age, report.is_healthy) == (0.0, True)
    assert Faults.heard == []


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_deaf_page_is_told_of_and_opened_anew_in_its_time(
    bot: TalkingBot, clock: FakeClock, jump: float
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    session.deaf, session.reason = True, "the ear is gone"
    await looks(bot, session)
    clock.set(jump)
    await looks(bot, session)
    assert (Faults.heard, bot.engine.times) == ([], 1)
    began = clock.monotonic()
    await turned_until(bot, clock, lambda: Faults.heard)
    assert "may not come in" in Faults.heard[0]
    assert clock.monotonic() - began < 60
    clock.set(jump)
    await turned_until(bot, clock, lambda: bot.engine.times == 2, step=5)
    assert 175 < clock.monotonic() - began < 300


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_code_is_shown_and_good_for_as_long_as_ever(
    bot: TalkingBot, clock: FakeClock, jump: float
) -> None:
    await bot.start()
    bot.engine.on_open = lambda session: session.becomes(ConnectionState.QR, "2@the-code")
    await connections(bot).create(bot.admin, "shop", "Shop", "+15559990000", {})
    await bot.reaches("shop", ConnectionState.QR)
    session, tenant = bot.engine.opened["shop"], bot.admin.user_id

    async def code() -> str:
        return (await connections(bot).pairing_code(tenant, "shop")).code

    assert await code() == "CODE0001"
    clock.set(jump)
    await looks(bot, session)
    assert await code() == "CODE0001"
    clock.advance(181)
    clock.set(jump)
    await looks(bot, session)
    assert await code() == "CODE0002"
    clock.advance(595)
    await looks(bot, session)
    assert (await view(bot)).state is ConnectionState.PAIRING_CODE
    clock.advance(10)
    await bot.reaches("shop", ConnectionState.DISCONNECTED)


async def test_a_session_does_not_come_of_age(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect(recycleAfter=12 * HOUR)
    clock.set(24 * HOUR)
    await looks(bot, session)
    await health(bot).look()
    keeper = bot.running.hub.connections.keepers()["shop"]  # type: ignore[attr-defined]
    assert keeper.leaving == ""
    clock.set(-48 * HOUR)
    clock.advance(14 * HOUR)
    await looks(bot, session)
    await health(bot).look()
    await turned_until(bot, clock, lambda: bot.engine.times == 2)


async def test_a_queue_that_waits_its_turn_is_not_stuck(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(settings={"queue": {"concurrency": 1}})
    session = await bot.connect()
    session.gate.clear()
    for number in (1, 2):
        message = Outbound(to=f"1555123000{number}@c.us", text="hello")
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")
    await session.sending.wait()
    await turned_until(bot, clock, lambda: clock.monotonic() > 400, step=5)
    fares = [(await health(bot).checks())["queue"]]
    clock.set(HOUR)
    clock.advance(1)  # an answer is good for a second
    fares.append((await health(bot).checks())["queue"])
    await turned_until(bot, clock, lambda: clock.monotonic() > 800, step=5)
    fares.append((await health(bot).checks())["queue"])
    session.gate.set()  # before anything is judged: a hub does not stop while it sends
    assert fares == [False, True, False]


async def test_a_machine_that_slept_has_its_pages_swept(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    await looks(bot, session)
    clock.set(HOUR)
    session.inlet.changed()
    await settled(bot, lambda: len(session.swept) == 2)
