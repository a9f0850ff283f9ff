"""How what is expected from a customer ends without him: its time is over, or he is not to be asked."""

import asyncio

from sqlalchemy import Connection, insert, select

from chatgrow_bot.messages import ConnectionState, Inbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, Expect, OptOut, Response
from chatgrow_bot.store.conversation_tables import conversations
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .answering import DANA, NOAM, results
from .test_dialogues import BYE, HALF_AN_HOUR, Cakes, waits


def said(conn: Connection) -> list[str]:
    return [row.text for row in conn.execute(select(outbox).order_by(outbox.c.id))]


async def over(bot: TalkingBot, clock: FakeClock, seconds: float = HALF_AN_HOUR) -> None:
    """Let the time of what was asked go by, and wait until it has ended."""
    clock.advance(seconds)
    await bot.until(waits, lambda rows: not rows)
    await bot.rest()


async def looked(bot: TalkingBot, clock: FakeClock, seconds: float = 15) -> None:
    """Let the hub look what is over: what it writes then is before what is written after it."""
    clock.advance(seconds)
    for _ in range(5):
        await bot.running.ground.db.write(lambda conn: None)
        await bot.read(waits)


async def test_when_nothing_came_in_time_the_customer_is_told_once(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Cakes)
    assert await bot.say("cake") == ["How many?"]
    await looked(bot, clock, HALF_AN_HOUR - 1)
    assert await bot.read(said) == ["How many?"]
    await over(bot, clock, 1)
    for _ in range(2):
        clock.advance(3600)
        await bot.stop()
        bot.engine = FakeEngine(clock.now)
        await bot.start(Cakes)
        await bot.online()
        await bot.rest()
    row = (await bot.read(lambda conn: conn.execute(select(outbox).order_by(outbox.c.id)).all()))[-1]
    assert (row.text, row.source, row.chat) == (BYE, "cakes", DANA)
    assert row.because == "nothing came in time to what was asked"
    assert await bot.read(said) == ["How many?", BYE]
    assert await bot.say("3") == [], "it is over"


async def test_an_answer_in_time_that_is_still_on_its_way_in_keeps_the_dialogue(
    bot: TalkingBot, clock: FakeClock
) -> None:
    """Nobody is told that nothing came while what came is looked at."""
    go_on = asyncio.Event()

    class Slow(Cakes):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Response | None:
            if message.text == "3":
                await go_on.wait()
            return await Cakes.answer(self, message, customer)

    await bot.start(Slow)
    assert await bot.say("cake") == ["How many?"]
    session = await bot.online()
    await looked(bot, clock, HALF_AN_HOUR - 1)
    await session.hears("3")
    await looked(bot, clock, 10)
    await looked(bot, clock)
    assert await bot.read(said) == ["How many?"]
    go_on.set()
    await bot.rest()
    assert await bot.read(said) == ["How many?", "For which day?"]


async def test_one_who_answered_in_time_while_nobody_looked_is_understood(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Cakes)
    assert await bot.say("cake") == ["How many?"]
    clock.advance(HALF_AN_HOUR - 60)
    in_time = (await bot.online()).arrival("3", DANA)
    await bot.stop()
    bot.engine = FakeEngine(clock.now)
    clock.advance(120)

    def opens(session: FakeSession) -> None:
        session.sweeping.clear()
        session.waiting.append(in_time)

    bot.engine.on_open = opens
    await bot.start(Cakes, settings={"inbound": {"ageGate": 3600}})
    while "shop" not in bot.engine.opened:
        await bot.running.ground.db.write(lambda conn: None)
    await looked(bot, clock)
    await bot.reaches("shop", ConnectionState.SYNCING)
    await looked(bot, clock)
    assert await bot.read(said) == ["How many?"], "what came meanwhile is not known yet"
    bot.engine.opened["shop"].sweeping.set()
    clock.advance(1)
    await bot.until(said, lambda texts: len(texts) == 2)
    assert await bot.read(said) == ["How many?", "For which day?"]


async def test_nobody_is_told_a_day_later(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Cakes)
    await bot.say("cake")
    await bot.stop()
    bot.engine = FakeEngine(clock.now)
    clock.advance(HALF_AN_HOUR + 86_400)
    await bot.start(Cakes)
    await bot.until(waits, lambda rows: not rows)
    await bot.online()
    assert await bot.read(said) == ["How many?"]


async def test_a_chat_that_people_have_is_not_told(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Cakes)
    await bot.say("cake")
    row = {"id": "c", "number": 1, "tenant": bot.admin.user_id, "connection_id": "shop", "chat": DANA}
    with_team = {**row, "state": "waiting", "team": "sales", "opened_at": clock.now()}
    await bot.running.ground.db.write(lambda conn: conn.execute(insert(conversations).values(with_team)))
    await over(bot, clock)
    assert await bot.read(said) == ["How many?"]


async def test_while_everything_is_stopped_nobody_is_told_and_then_he_is(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Cakes)
    await bot.say("cake")
    queue = bot.running.hub.queue
    await queue.stop("test", "")
    clock.advance(HALF_AN_HOUR)
    await looked(bot, clock)
    assert len(await bot.read(waits)) == 1
    await queue.resume("test")
    await over(bot, clock, 15)
    assert await bot.read(said) == ["How many?", BYE]


async def test_a_stop_from_anywhere_ends_what_is_expected_everywhere(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    await bot.connect()
    other = await bot.connect("stall")
    await bot.say("cake")
    await other.hears("cake", DANA)
    await bot.rest()
    await bot.say("cake", NOAM)
    assert len(await bot.read(waits)) == 3
    await other.hears("STOP", DANA)
    await bot.rest()
    assert [row.chat for row in await bot.read(waits)] == [NOAM]


async def test_nothing_is_expected_from_somebody_who_was_just_opted_out(bot: TalkingBot) -> None:
    class Odd(Plugin):
        @hook
        async def answer(self) -> Response:
            return Response(deeds=(OptOut(), Expect(state={}, seconds=60)))

    await bot.start(Odd)
    await bot.say("hello")
    assert await bot.read(waits) == []
    assert await results(bot, "hello", "deed") == [
        "nothing is expected from somebody who wants nothing any more"
    ]


async def test_a_deleted_connection_expects_nothing(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    await bot.say("cake")
    await bot.running.hub.connections.delete(bot.admin.user_id, "shop")
    assert await bot.read(waits) == []


async def test_the_end_and_the_farewell_are_one(bot: TalkingBot, clock: FakeClock) -> None:
    """Where the farewell cannot be stored it is not over either, and is tried again."""

    async def does(words: str) -> None:
        await bot.running.ground.db.write(lambda conn: conn.exec_driver_sql(words))

    await bot.start(Cakes)
    await bot.say("cake")
    await does(
        "CREATE TRIGGER broken BEFORE INSERT ON outbox WHEN NEW.source = 'cakes' "
        "BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    await looked(bot, clock, HALF_AN_HOUR)
    await looked(bot, clock)
    assert (len(await bot.read(waits)), await bot.read(said)) == (1, ["How many?"])
    await does("DROP TRIGGER broken")
    await over(bot, clock, 15)
    assert await bot.read(said) == ["How many?", BYE]
