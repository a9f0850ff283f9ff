"""The regular look at everything."""

import asyncio
import shutil
import time
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from chatgrow_bot.connections.memory import free_memory
from chatgrow_bot.engine import Usage
from chatgrow_bot.health import Health, Signs
from chatgrow_bot.health.lag import Lag
from chatgrow_bot.hub import Workers
from chatgrow_bot.messages import ConnectionState, HealthReport, Outbound, State
from chatgrow_bot.store.tables import journal
from chatgrow_bot.testing import FakeClock, TalkingBot

from .keeping import settled, turned_until
from .weather import Disk

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


async def failing(bot: TalkingBot, clock: FakeClock) -> set[str]:
    """The checks that fail now."""
    clock.advance(1)  # an answer is good for a second
    return {name for name, passes in (await health(bot).checks()).items() if not passes}


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
        signs=Signs(
            workers=lambda: Workers(concurrency=1, alive=1, busy=0),
            is_read=lambda: True,
            stands_still=lambda: False,
        ),
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
    assert list(await health(bot).checks()) == [
        *("database", "writable", "connections", "queue", "workers"),
        *("journal", "disk", "memory", "clock", "loop"),
    ]
    wrong = {name for name, is_well in (await health(bot).checks()).items() if not is_well}
    assert wrong <= {"loop"}  # which is late on a busy machine
    usage = namedtuple("usage", ("total", "used", "free"))
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: usage(1 << 40, 1 << 40, 100 << 20))
        assert await failing(bot, clock) - {"loop"} == {"disk"}
    clock.set(-90)
    assert await failing(bot, clock) - {"loop"} == {"clock"}


async def test_memory_that_a_group_of_processes_may_not_take_is_not_there(
    bot: TalkingBot, clock: FakeClock, tmp_path: Path
) -> None:
    group = {"memory.max": 100 << 20, "memory.current": 50 << 20, "memory.stat": "inactive_file 1000"}
    for name, value in group.items():
        (tmp_path / name).write_text(f"{value}\n")
    (tmp_path / "own").write_text("0::/\n")
    await bot.start()
    await bot.connect()
    checks = health(bot)._checks
    assert "memory" not in await failing(bot, clock)
    checks._signs = replace(checks._signs, memory=lambda: free_memory(tmp_path, tmp_path / "own"))
    assert "memory" in await failing(bot, clock)  # on a busy machine the loop may be late too


async def test_a_database_that_takes_nothing_is_found_though_nobody_writes(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    await bot.connect()
    disk = Disk(bot)
    disk.full = True
    clock.advance(30)  # that it could be written is believed for so long
    assert "writable" in await failing(bot, clock)
    disk.full = False
    async with asyncio.timeout(20):
        while "writable" in await failing(bot, clock):  # noqa: ASYNC110 (no event)
            await asyncio.sleep(0.005)


async def test_a_database_that_cannot_be_read_is_told_and_not_raised(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    await bot.connect()
    db = bot.running.ground.db
    await db.write(lambda conn: conn.execute(text("alter table journal rename to elsewhere")))
    assert "database" in await failing(bot, clock)
    await db.write(lambda conn: conn.execute(text("alter table elsewhere rename to journal")))
    assert "database" not in await failing(bot, clock)


async def test_a_worker_that_ended_is_missed(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    [worker] = [each for each in asyncio.all_tasks() if each.get_name() == "dispatch:0"]
    worker.cancel()
    await asyncio.wait([worker])
    assert await failing(bot, clock) == {"workers"}


async def test_a_journal_that_nobody_can_read_on_is_stuck_after_a_while(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    await bot.connect()
    db = bot.running.ground.db
    await db.write(lambda conn: conn.execute(text("alter table bookmarks rename to elsewhere")))
    started = clock.monotonic()
    async with asyncio.timeout(20):
        while "journal" not in await failing(bot, clock):
            clock.advance(30)
            await asyncio.sleep(0.02)
    assert clock.monotonic() - started > 100
    await db.write(lambda conn: conn.execute(text("alter table elsewhere rename to bookmarks")))
    async with asyncio.timeout(20):
        while "journal" in await failing(bot, clock):
            clock.advance(5)
            await asyncio.sleep(0.005)


async def test_a_loop_that_is_late_is_told(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    time.sleep(1.7)  # noqa: ASYNC251 (what is to be noticed)
    async with asyncio.timeout(20):
        while await failing(bot, clock) != {"loop"}:  # noqa: ASYNC110 (no event)
            await asyncio.sleep(0.01)


async def test_an_answer_is_good_for_a_second_and_one_look_serves_all(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    await bot.connect()
    checks, looks = health(bot)._checks, 0
    look = checks._look

    async def counted() -> Mapping[str, bool]:
        nonlocal looks
        looks += 1
        return await look()

    checks._look = counted  # type: ignore[method-assign]
    clock.advance(1)
    await asyncio.gather(*(health(bot).checks() for _ in range(100)))
    assert looks == 1
    clock.advance(1)
    await health(bot).checks()
    assert looks == 2


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
