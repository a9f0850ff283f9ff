"""Seconds online are written down whole and once, whatever happens while they are."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.stats.uptime import NOTE, Uptime
from chatgrow_bot.stats.words import ONLINE
from chatgrow_bot.store import counts
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing import FakeClock

PATIENCE = 20.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def uptime(db: Database, clock: FakeClock) -> Uptime:
    """Of one connection that is online all the time."""
    return Uptime(db, clock, lambda: {("t1", "shop"): 0.0})


async def written(db: Database) -> int:
    return (await db.read(counts.totals)).get(ONLINE, 0)


def pending(uptime: Uptime, clock: FakeClock) -> float:
    return uptime.pending(counts.day(clock.now())).get("shop", 0.0)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/chatgrow.db"


async def test_no_second_is_lost_beside_a_note(url: str, clock: FakeClock) -> None:
    async with open_database(url) as db:
        time = uptime(db, clock)
        for _ in range(40):
            clock.advance(0.6)  # less than what is written
            time.look()
            noting = asyncio.create_task(time._note())
            await asyncio.sleep(0)
            clock.advance(1.6)
            time.look()  # while it is being written
            await noting
        assert await written(db) + pending(time, clock) == pytest.approx(88)


async def test_what_could_not_be_written_is_written_next_time(url: str, clock: FakeClock) -> None:
    async with open_database(url) as db:
        time, write = uptime(db, clock), db.write

        async def full(work: Any) -> Any:
            raise StoreUnavailable("a test")

        clock.advance(61.5)
        time.look()
        db.write = full  # type: ignore[method-assign]
        await time._note()
        assert pending(time, clock) == pytest.approx(61.5)
        db.write = write  # type: ignore[method-assign]
        await time._note()
        assert await written(db) == 61
        assert pending(time, clock) == pytest.approx(0.5)


async def test_whoever_is_stopped_in_mid_commit_counts_nothing_twice(url: str, clock: FakeClock) -> None:
    async with open_database(url) as db:
        time, write, writing = uptime(db, clock), db.write, asyncio.Event()

        async def slow(work: Any) -> Any:
            """It is on the disk, and whoever waits for it has not heard of it."""
            done = await write(work)
            if not writing.is_set():
                writing.set()
                await asyncio.Event().wait()
            return done

        db.write = slow  # type: ignore[method-assign]
        running = asyncio.create_task(time.run())
        async with asyncio.timeout(PATIENCE):
            while not writing.is_set():
                clock.advance(NOTE / 6)
                await asyncio.sleep(0.005)
        clock.advance(5)
        seconds = clock.monotonic()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await written(db) == seconds


async def test_each_connection_s_seconds_of_a_day_are_told(url: str, clock: FakeClock) -> None:
    def online() -> Mapping[tuple[str, str], float]:
        return {("t1", "shop"): 0.0, ("t1", "yard"): clock.monotonic() - 1}

    async with open_database(url) as db:
        time, before = Uptime(db, clock, online), counts.day(clock.now())
        clock.advance(3)
        time.look()
        assert time.pending(before) == {"shop": 3.0, "yard": 1.0}
        clock.advance(86_400)
        assert time.pending(counts.day(clock.now())) == {}
        await time._note()
        assert time.pending(before) == {}, "a day that is over is let go of"
