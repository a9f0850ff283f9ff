"""Hundreds of old messages after the first link or a long absence, and a clock that is wrong: each message
keeps its outcome, and a person is told once, in a sentence."""

import asyncio
from collections import Counter
from datetime import timedelta

from sqlalchemy import Connection, func, select

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


def ends(conn: Connection) -> Counter[str]:
    rows = conn.execute(select(inbox.c.outcome, func.count()).group_by(inbox.c.outcome))
    return Counter({str(outcome): int(count) for outcome, count in rows})


def faults(conn: Connection) -> list[str]:
    facts = journal.read_after(conn, 0, 10_000)
    return [str(fact.body["reason"]) for fact in facts if fact.hook == "on_fault"]


async def told(bot: TalkingBot, clock: FakeClock, count: int) -> list[str]:
    """The faults, once there are so many; the hands are turned meanwhile."""
    async with asyncio.timeout(10):
        while len(found := await bot.read(faults)) < count:
            clock.advance(1)
            await bot.running.ground.db.write(lambda conn: None)
    return found


async def test_old_messages_of_a_sweep_are_told_together_and_each_keeps_its_outcome_and_fact(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)

    def unread(session: object) -> None:
        for number in range(37):
            chat = f"1555123{number % 5:04d}@c.us"
            at = clock.now() - timedelta(hours=number + 1)
            session.waiting.append(session.arrival(f"message {number}", chat, at=at))  # type: ignore[attr-defined]

    bot.engine.on_open = unread
    session = await bot.connect()
    for arrival in session.waiting:  # those older than the sweep reaches, for they are unread
        await session.inlet.arrived(arrival)
    await bot.rest()
    assert await bot.read(ends) == {"unanswered": 37}
    assert await told(bot, clock, 1) == [
        "37 messages came while nobody looked and are left unanswered: they were from 60 min to 37 h old "
        "when first seen"
    ]
    hooks = await bot.read(lambda conn: [fact.hook for fact in journal.read_after(conn, 0, 1000)])
    assert hooks.count("on_inbound") == 37


async def test_what_is_not_told_yet_is_told_at_the_stop(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await session.hears("old", at=clock.now() - timedelta(seconds=121))
    await bot.rest()
    await bot.stop()
    await bot.start(Echo)
    reasons = await bot.read(faults)
    assert [each for each in reasons if each.endswith("is left unanswered: it was 2 min old when first seen")]


async def test_a_message_that_a_process_left_behind_is_judged_by_when_the_next_one_finds_it(
    bot: TalkingBot, clock: FakeClock
) -> None:
    class Stuck(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            asked.set()
            await asyncio.Event().wait()
            return None

    for away, outcome in ((100, "answered"), (121, "unanswered")):
        asked = asyncio.Event()
        await bot.start(Stuck)
        session = await (bot.online() if outcome == "unanswered" else bot.connect())
        await session.hears(f"before {away} s")
        await asked.wait()
        await bot.stop()
        clock.advance(away)
        bot.engine = FakeEngine(clock.now)
        await bot.start(Echo)
        await bot.rest()
        assert outcome in await bot.read(ends)
        await bot.stop()


async def test_a_clock_that_is_behind_is_told_once_and_messages_are_answered(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    for number in range(3):
        clock.advance(30)
        await session.hears(f"{number}", at=clock.now() + timedelta(minutes=10))
    await bot.rest()
    assert await bot.read(ends) == {"answered": 3}
    [reason] = await told(bot, clock, 1)
    assert reason.startswith("a message came 600 s before it was sent, by WhatsApp's clock; set the clock")


async def test_a_clock_that_is_ahead_is_told_and_messages_are_not_left_unanswered_silently(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    for number in range(4):
        clock.advance(30)
        await session.hears(f"{number}", at=clock.now() - timedelta(seconds=900 + number))
    await bot.rest()
    assert await bot.read(ends) == {"unanswered": 4}
    reasons = await told(bot, clock, 2)
    [clocks] = [reason for reason in reasons if "set the clock" in reason]
    assert clocks.startswith("messages come, one after the other, 900 s after they were sent")
    assert any("left unanswered" in reason for reason in reasons)


async def test_old_messages_that_a_sweep_brings_say_nothing_of_the_clock(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    for _ in range(3):
        clock.advance(600)
        for age in (200, 300, 550, 590):
            await session.hears("late", at=clock.now() - timedelta(seconds=age))
    await session.hears("in time")
    await bot.rest()
    assert not [reason for reason in await told(bot, clock, 1) if "set the clock" in reason]
