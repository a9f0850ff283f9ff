"""The regular look at everything."""

import asyncio
import shutil
import time
from collections import namedtuple
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from chatgrow_bot.engine import Usage
from chatgrow_bot.health import Health
from chatgrow_bot.health.lag import Lag
from chatgrow_bot.messages import ConnectionState, HealthReport, Outbound, State
from chatgrow_bot.store.tables import journal
from chatgrow_bot.testing import FakeClock, TalkingBot

from .keeping import settled, turned_until

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


def health(bot: TalkingBot) -> Health:
    found = bot.running.hub.health
    assert isinstance(found, Health)
    return found


async def nothing() -> None:
    pass


async def only_report(bot: TalkingBot) -> HealthReport:
    [report] = await health(bot).reports()
    return report


def told(conn: Connection) -> int:
    """How many reports stand in the journal."""
    which = journal.c.hook == "on_health"
    return int(conn.execute(select(func.count()).select_from(journal).where(which)).scalar_one())


async def test_a_page_seen_this_very_moment_has_a_heartbeat(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    report = (await health(bot).reports())[0]
    assert report.is_healthy
    assert report.heartbeat_age == 0.0


async def test_the_end_of_a_message_that_was_in_the_way_has_its_queue_looked_at(
    bot: TalkingBot, clock: FakeClock
) -> None:
    running = await bot.start()
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    listener = running.hub.connections.keepers()["shop"]._listener  # type: ignore[attr-defined]
    await settled(bot, lambda: not listener.busy("shop"))  # a turn that began while it was online has ended
    short_lived = Outbound(to=DANA, text="hello", ttl=timedelta(minutes=1))
    tenant, outbox = bot.admin.user_id, running.hub.outbox
    waiting = await outbox.enqueue(tenant, "shop", short_lived, source="test")
    clock.advance(120)
    view = await running.hub.connections.get(tenant, "shop")
    woken: list[str] = []
    look = Health(
        db=running.ground.db,
        clock=clock,
        interval=60,
        epoch=running.ground.epoch,
        folder=bot.folder,
        keepers=dict,
        view=lambda name: view,
        halted=lambda: False,
        wake=woken.append,
        weigh=nothing,
        tidy=running.hub.spool.expire,  # type: ignore[attr-defined]
        report=lambda fact: None,
    )
    await look.look()
    assert (await outbox.get(tenant, waiting.id)).state is State.EXPIRED
    assert woken == ["shop"]


async def test_figures_that_wobble_are_no_news_and_a_change_is(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    for each in range(3):
        session.used = Usage(memory=(100 + each) << 20, cpu=float(each), processes=3)
        await health(bot).look()
        clock.advance(5)
    await bot.until(told)
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "by Dana")
    await health(bot).look()
    assert await bot.until(told, lambda count: count == 2) == 2
    report = await only_report(bot)
    assert (report.memory, report.can_send, report.can_receive, report.is_healthy) == (
        102 << 20,
        False,
        True,
        True,
    )
    assert report.reason == "it is paused: by Dana"


async def test_it_cannot_send_while_everything_is_halted(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    await bot.running.hub.queue.pause("dana", "a test")
    report = await only_report(bot)
    assert (report.can_send, report.reason) == (False, "the whole queue is halted")


async def test_a_queue_from_which_nothing_leaves_that_could_is_stuck(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(settings={"queue": {"concurrency": 1, "reconcileAfter": 0}})
    session = await bot.connect()
    session.gate.clear()
    for chat in (DANA, NOAM):
        message = Outbound(to=chat, text="hello")
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")
    await session.sending.wait()
    started = clock.now()
    await turned_until(bot, clock, lambda: clock.now() - started > timedelta(minutes=4), step=5)
    assert (await only_report(bot)).can_send
    await turned_until(bot, clock, lambda: clock.now() - started > timedelta(minutes=6), step=5)
    report = await only_report(bot)
    assert (report.can_send, report.is_healthy, report.reason) == (
        False,
        False,
        "messages that could leave do not",
    )
    assert not (await health(bot).checks())["queue"]
    session.gate.set()
    await turned_until(bot, clock, lambda: len(session.sent) == 2)
    assert (await only_report(bot)).can_send


async def test_a_page_that_no_longer_answers_is_unwell_though_nobody_has_said_so_yet(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    session.answering.clear()
    session.inlet.changed()
    clock.advance(16)
    report = await only_report(bot)
    assert (report.is_healthy, report.heartbeat_age, report.reason) == (
        False,
        16,
        "its page does not answer",
    )


async def test_the_machine_is_checked_by_name(
    bot: TalkingBot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    assert await health(bot).checks() == {
        "database": True,
        "connections": True,
        "queue": True,
        "disk": True,
        "clock": True,
    }
    usage = namedtuple("usage", ("total", "used", "free"))
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: usage(1 << 40, 1 << 40, 100 << 20))
        assert not (await health(bot).checks())["disk"]
    clock.advance(-90)
    assert not (await health(bot).checks())["clock"]


async def test_the_loop_s_lateness_is_measured() -> None:
    lag = Lag()
    running = asyncio.create_task(lag.run())
    await asyncio.sleep(0)
    time.sleep(0.8)  # noqa: ASYNC251 (what is to be noticed)
    async with asyncio.timeout(10):
        while not lag.worst:  # noqa: ASYNC110 (a number has no event)
            await asyncio.sleep(0.01)
    running.cancel()
    assert 0.2 <= lag.worst < 5
