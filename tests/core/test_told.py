"""A person is told of one cause once, until the connection has been well for a while."""

from chatgrow_bot.connections.relapses import Relapses
from chatgrow_bot.connections.told import WELL_AFTER, Told
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, connections, settled


def test_a_cause_is_news_again_when_it_has_been_well_for_long_or_somebody_has_seen_to_it() -> None:
    told = Told()
    told.fares(0, well=True)
    assert told.is_news("a", 1)
    assert not told.is_news("a", 2)
    assert told.is_news("b", 3)
    told.fares(WELL_AFTER - 1, well=False)
    told.fares(WELL_AFTER, well=True)
    assert not told.is_news("a", 2 * WELL_AFTER - 1)
    told.fares(2 * WELL_AFTER - 1, well=True)  # as it was
    assert told.is_news("a", 2 * WELL_AFTER)
    told.forget()
    assert told.is_news("a", 2 * WELL_AFTER + 1)


def test_losses_are_worth_telling_when_they_come_close_together() -> None:
    close, apart = Relapses(), Relapses()
    assert [bool(close.note(each * 100.0)) for each in range(7)] == [False] * 4 + [True] * 3
    assert not any(apart.note(each * 150.0) for each in range(20))


async def lost(bot: TalkingBot, session: FakeSession, times: int) -> FakeSession:
    for _ in range(times):
        before = bot.engine.times
        session.dead = True
        session.inlet.changed()
        await settled(bot, lambda count=before + 1: bot.engine.times == count)  # type: ignore[misc]
        session = await bot.online()
    return session


async def test_one_that_comes_and_goes_all_night_is_told_of_once(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Faults)
    session = await lost(bot, await bot.connect(), 12)
    clock.advance(WELL_AFTER)
    await lost(bot, session, 5)
    bot.engine.opened["shop"].becomes(ConnectionState.BANNED)
    await Faults.heard_of("Ask for a review")
    assert len([each for each in Faults.heard if "it was lost 5 times" in each]) == 2


async def test_a_page_that_asks_for_a_person_again_and_again_is_told_of_once_a_reason(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    for reason in ("a dialog", "a dialog", "another dialog", "a dialog"):
        session.reason = reason
        session.becomes(ConnectionState.ACTION_REQUIRED)
        await bot.reaches("shop", ConnectionState.ACTION_REQUIRED)
        session.reason = ""
        session.becomes(ConnectionState.ONLINE)
        await bot.reaches("shop", ConnectionState.ONLINE)
    session.becomes(ConnectionState.BANNED)
    await Faults.heard_of("Ask for a review")
    assert [each.partition(".")[0] for each in Faults.heard[:2]] == ["a dialog", "another dialog"]
    assert len(Faults.heard) == 3


async def test_what_comes_after_a_person_has_started_it_is_told_again(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()
    for _ in range(2):
        session.becomes(ConnectionState.BANNED)
        await bot.reaches("shop", ConnectionState.BANNED)
        await settled(bot, lambda: "shop" not in bot.engine.opened)
        await connections(bot).reconnect(bot.admin.user_id, "shop")
        session = await bot.online()
    await settled(bot, lambda: len(Faults.heard) == 2)
