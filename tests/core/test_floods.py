"""Somebody writes more than can be answered: all of it is stored once, and nobody else waits for it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from chatgrow_bot.engine import Arrival
from chatgrow_bot.limits import FloodLimits
from chatgrow_bot.messages import Inbound, Kind, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import consent, journal
from chatgrow_bot.store import replies as stored
from chatgrow_bot.store.tables import inbox, jobs
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .weather import Disk

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


def ends(conn: Connection) -> Counter[str]:
    rows = conn.execute(select(inbox.c.outcome, func.count()).group_by(inbox.c.outcome))
    return Counter({str(outcome): int(count) for outcome, count in rows})


def told(conn: Connection) -> Counter[str]:
    facts = journal.read_after(conn, 0, 10_000)
    return Counter(fact.hook for fact in facts) + Counter(
        "flood" for fact in facts if fact.hook == "on_fault" and "flood" in fact.body["reason"]
    )


async def all_done(bot: TalkingBot) -> None:
    await bot.until(
        lambda conn: not conn.execute(select(func.count()).select_from(jobs)).scalar(), seconds=60
    )


async def pour(session: FakeSession, arrivals: Sequence[Arrival], at_once: int = 50) -> None:
    for at in range(0, len(arrivals), at_once):
        await asyncio.gather(*(session.inlet.arrived(each) for each in arrivals[at : at + at_once]))


def test_a_bucket_holds_so_many_and_is_filled_again_evenly() -> None:
    limits = FloodLimits(messages=3, window=9.0)
    full_at, taken = 0.0, []
    for now in (0, 0, 0, 0, 2.9, 3, 3, 9, 9, 9):
        later = limits.taken(full_at, now)
        taken.append(later is not None)
        full_at = full_at if later is None else later
    assert taken == [True, True, True, False, False, True, False, True, True, False]


async def test_what_is_over_is_stored_told_of_and_not_answered_and_there_is_one_alert(
    bot: TalkingBot,
) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo, settings={"inbound": {"flood": {"messages": 3, "window": 10}}})
    session = await bot.connect()
    await pour(session, [session.arrival(f"message {n}", DANA) for n in range(20)])
    await session.hears("not me", NOAM)
    await all_done(bot)
    assert await bot.read(ends) == {"answered": 4, "flood": 17}
    clock.advance(10)
    assert "you said sorry" in await bot.say("sorry")
    await pour(session, [session.arrival(f"and {n}", DANA) for n in range(5)])
    await bot.until(lambda conn: told(conn)["on_inbound"] == 27)
    assert (await bot.read(told))["flood"] == 1


async def test_repeats_cost_nothing(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo, settings={"inbound": {"flood": {"messages": 2, "window": 10}}})
    session = await bot.connect()
    first = await session.hears("hello")
    for _ in range(20):
        await session.inlet.arrived(first)
    assert (await bot.say("again"))[-1:] == ["you said again"]


async def test_what_could_not_be_stored_is_no_flood_when_it_comes_again(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo, settings={"inbound": {"flood": {"messages": 2, "window": 10}}})
    session = await bot.connect()
    disk = Disk(bot)
    disk.full = True
    arrivals = [await session.hears(f"message {n}") for n in range(2)]
    disk.full = False
    await pour(session, arrivals, at_once=1)
    await all_done(bot)
    assert await bot.read(ends) == {"answered": 2}


async def test_stop_is_obeyed_in_a_flood_and_a_file_in_it_is_fetched(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo, settings={"inbound": {"flood": {"messages": 1, "window": 10}}})
    session = await bot.connect()
    await session.hears("hello")
    await session.hears("STOP")
    await session.hears("look", file=b"%PDF-1.4 a file", kind=Kind.DOCUMENT)
    await all_done(bot)
    assert await bot.read(ends) == {"answered": 1, "flood": 1, "consent": 1}
    assert await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, DANA))
    assert len(session.downloaded) == 1
    await bot.until(lambda conn: told(conn)["on_inbound"] == 3)


async def test_others_are_answered_while_one_floods(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    poured, under_way = 0, asyncio.Event()

    async def flood() -> None:
        nonlocal poured
        while poured < 20_000:
            await pour(session, [session.arrival(f"message {poured + n}", DANA) for n in range(50)])
            poured += 50
            if poured == 300:
                under_way.set()

    async with asyncio.TaskGroup() as tasks:
        flooding = tasks.create_task(flood())
        await under_way.wait()
        await session.hears("hello", NOAM)
        await bot.until(lambda conn: stored.to_chat(conn, "shop", NOAM, datetime.min.replace(tzinfo=UTC)))
        assert not flooding.done()
        flooding.cancel()
    await all_done(bot)
    came = await bot.read(ends)
    assert came["flood"] > 200
    assert abs(came.total() - 1 - poured) <= 50


async def test_many_people_at_once_each_three_times_and_shuffled_are_stored_once(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    people = [f"1555123{number:04d}@c.us" for number in range(100)]
    arrivals = [session.arrival("hello", each) for each in people]
    shuffled = [arrivals[(7 * n) % len(arrivals)] for n in range(3 * len(arrivals))]
    await pour(session, shuffled)
    await all_done(bot)
    assert await bot.read(ends) == {"answered": 100}
    await bot.rest()
    assert Counter(parcel.chat for parcel in session.sent) == dict.fromkeys(people, 1)
