"""Figures beside what they were counted from, on a whole hub."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from chatgrow_bot.errors import StoreFull
from chatgrow_bot.hub import Counted, Figures
from chatgrow_bot.limits import pace
from chatgrow_bot.messages import ConnectionState, Lane, Outbound, State
from chatgrow_bot.stats import uptime
from chatgrow_bot.stats.reader import READER
from chatgrow_bot.store import backlog, counts, journal
from chatgrow_bot.testing import FakeClock, TalkingBot

from .keeping import turned_until

DANA = "15551230001@c.us"
DAY = 86_400


async def figures(bot: TalkingBot, days: int = 1) -> Figures:
    return await bot.running.hub.stats.figures(bot.admin.user_id, days=days)


async def send(bot: TalkingBot) -> str:
    message = Outbound(to=DANA, text="hello")
    return (await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")).id


async def test_what_was_committed_is_counted_for_whoever_asks(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    for expected in range(1, 4):
        await send(bot)
        assert (await figures(bot)).total.done[Counted.ACCEPTED] == expected


async def test_counting_goes_on_by_itself_and_over_a_restart(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    await send(bot)
    head = await bot.read(journal.head)

    async def is_counted() -> bool:
        return (await bot.read(lambda conn: journal.bookmark(conn, READER)) or 0) >= head

    async with asyncio.timeout(20):
        while not await is_counted():
            clock.advance(1)
            await asyncio.sleep(0.005)
    await bot.stop()
    await bot.start()
    await send(bot)
    assert (await figures(bot)).total.done[Counted.ACCEPTED] == 2
    assert (await bot.running.hub.stats.totals()).done[Counted.ACCEPTED] == 2
    async with asyncio.timeout(20):
        while await bot.running.hub.stats.uncounted():  # the connection comes online, and says so
            await figures(bot)


async def test_a_connection_s_time_online_is_added_up(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    [before] = (await figures(bot)).connections
    started = clock.monotonic()
    await turned_until(bot, clock, lambda: clock.monotonic() - started >= 120, step=5)
    [shop] = (await figures(bot)).connections
    assert shop.online_today - before.online_today == pytest.approx(120, abs=6)
    assert shop.online_since is not None
    session.becomes(ConnectionState.BANNED)
    await bot.reaches("shop", ConnectionState.BANNED)
    for _ in range(10):
        clock.advance(uptime.LOOK)
        await asyncio.sleep(0.01)
    [off] = (await figures(bot)).connections
    assert off.online_today - shop.online_today <= uptime.LOOK + 5
    assert off.online_since is None
    await bot.stop()
    await bot.start()  # what was added up is kept
    [kept] = (await figures(bot)).connections
    assert kept.online_today == pytest.approx(off.online_today, abs=2)


async def test_the_pace_of_each_lane_is_told(bot: TalkingBot, clock: FakeClock) -> None:
    pacing = {"send": {"min": 60, "max": 60, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}}
    await bot.start(settings={"pacing": pacing})
    session = await bot.connect()
    await send(bot)
    await turned_until(bot, clock, lambda: len(session.sent) == 1)
    await bot.until(lambda conn: conn.execute(text("select 1 from outbox where state = 'sent'")).first())
    [shop] = (await figures(bot)).connections
    lane = shop.lanes[Lane.SEND]
    assert (lane.used, lane.a_day, lane.share) == (1, DAY // 60, 60 / DAY)
    assert lane.next_slot is not None
    assert lane.next_slot > clock.now()
    assert (shop.lanes[Lane.REPLY].a_day, shop.lanes[Lane.REPLY].share) == (None, None)
    assert pace.Pace(low=60, high=60).mean == 60


async def test_what_waits_is_counted_by_state(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    for _ in range(3):
        await send(bot)
    [shop] = (await figures(bot)).connections
    assert shop.backlog.by_state == {State.QUEUED: 3}
    assert shop.backlog.paused
    status = await bot.running.hub.queue.status(bot.admin.user_id)
    assert status.by_state == {State.QUEUED: 3}
    assert status.oldest_waiting == shop.backlog.oldest_waiting
    assert (await bot.running.hub.queue.status("somebody")).by_state == {}
    assert (await bot.running.hub.queue.status()).by_state == {State.QUEUED: 3}


async def test_whoever_asks_within_a_second_shares_one_count(
    bot: TalkingBot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    queue, count, counts_made = bot.running.hub.queue, backlog.count, 0

    def counted(conn: Connection, tenant: str | None) -> backlog.Waiting:
        nonlocal counts_made
        counts_made += 1
        return count(conn, tenant)

    monkeypatch.setattr(backlog, "count", counted)
    tenant = bot.admin.user_id
    await asyncio.gather(*(queue.status(tenant) for _ in range(50)), *(figures(bot) for _ in range(5)))
    assert counts_made == 1
    await bot.running.hub.connections.pause(tenant, "shop", "a test")
    await send(bot)
    [shop] = (await queue.status(tenant)).backlogs
    assert (shop.by_state, shop.paused, counts_made) == ({}, True, 1), "only what waits is remembered"
    assert (await queue.status()).by_state == {State.QUEUED: 1}, "everybody's are not his"
    assert (await queue.status("somebody")).by_state == {}
    clock.advance(1)
    assert (await queue.status(tenant)).by_state == {State.QUEUED: 1}
    assert (await figures(bot)).connections[0].backlog.by_state == {State.QUEUED: 1}
    assert counts_made == 4


async def test_figures_are_told_while_the_disk_is_full(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    await send(bot)
    assert (await figures(bot)).total.done[Counted.ACCEPTED] == 1
    await send(bot)
    db = bot.running.ground.db
    write = db.write

    async def full(work: object) -> None:
        raise StoreFull("the disk is full")

    db.write = full  # type: ignore[method-assign,assignment]
    assert (await figures(bot)).total.done[Counted.ACCEPTED] == 1, "what is counted so far"
    db.write = write  # type: ignore[method-assign]
    assert (await figures(bot)).total.done[Counted.ACCEPTED] == 2


async def test_old_figures_go_and_the_sums_stay(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    await send(bot)
    assert (await figures(bot)).total.done[Counted.ACCEPTED] == 1

    async def tidied(days: int) -> int:
        clock.advance(days * DAY)
        tidying = asyncio.ensure_future(bot.running.hub.health.tidy())  # type: ignore[attr-defined]
        async with asyncio.timeout(20):
            while not tidying.done():
                clock.advance(0.1)
                await asyncio.sleep(0.005)
        found = await figures(bot, days=90)
        return found.total.done.get(Counted.ACCEPTED, 0)

    assert await tidied(80) == 1
    assert await tidied(21) == 0
    assert (await bot.running.hub.stats.totals()).done[Counted.ACCEPTED] == 1
    rows = await bot.read(lambda conn: counts.old(conn, clock.now() - timedelta(days=99), 10))
    assert not rows


def test_days_are_those_of_utc() -> None:
    assert counts.day(datetime(2026, 1, 31, 23, 59, tzinfo=UTC)) == "2026-01-31"
