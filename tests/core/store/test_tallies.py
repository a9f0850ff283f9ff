"""Figures by day in both databases: added up, told, let go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from chatgrow_bot.hub import Tallied
from chatgrow_bot.store import tallies
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.tallies import Count
from chatgrow_bot.testing import FakeClock
from chatgrow_bot.upkeep.retention import TALLIES_KEPT, Retention

from .conftest import ready

DAY = "2026-03-05"
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        yield db


async def test_what_happens_again_is_added_and_the_longest_stays(db: Database) -> None:
    for seconds in (5.0, 61.6, 0.4):
        await db.write(
            lambda conn, seconds=seconds: tallies.add(  # type: ignore[misc]
                conn, "t1", DAY, "team answered", "sales", seconds=seconds
            )
        )
    found = await db.read(lambda conn: tallies.read(conn, "t1", FIRST, LAST))
    assert found == [
        Tallied(day=date(2026, 3, 5), what="team answered", name="sales", count=3, seconds=67, longest=62)
    ]
    assert found[0].mean == pytest.approx(67 / 3)


async def test_days_kinds_and_tenants_are_told_apart(db: Database) -> None:
    for tenant, day, what in (
        ("t1", "2026-03-05", "rule"),
        ("t1", "2026-03-06", "rule"),
        ("t1", "2026-03-06", "left"),
        ("t2", "2026-03-06", "rule"),
    ):
        await db.write(lambda conn, key=(tenant, day, what): tallies.add(conn, *key, "x"))  # type: ignore[misc, arg-type]
    sixth = date(2026, 3, 6)
    found = await db.read(lambda conn: tallies.read(conn, "t1", sixth, sixth))
    assert [(each.day, each.what) for each in found] == [(sixth, "left"), (sixth, "rule")]
    rules = await db.read(lambda conn: tallies.read(conn, "t1", FIRST, LAST, "rule"))
    assert [each.day.day for each in rules] == [5, 6]


async def test_names_without_end_fill_no_disk(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "NAMES", 3)
    for name in ("a", "b", "c", "d", "e", "a", "x" * 500):
        await db.write(lambda conn, name=name: tallies.add(conn, "t1", DAY, "rule", name))  # type: ignore[misc]
    found = await db.read(lambda conn: tallies.read(conn, "t1", FIRST, LAST))
    assert {each.name: each.count for each in found} == {"a": 2, "b": 1, "c": 1, "other": 3}


async def test_a_name_longer_than_its_column_is_cut(db: Database) -> None:
    await db.write(lambda conn: tallies.add(conn, "t1", DAY, "w" * 50, "n" * 500))
    (found,) = await db.read(lambda conn: tallies.read(conn, "t1", FIRST, LAST))
    assert (found.what, found.name) == ("w" * 20, "n" * 64)


class NoFiles:
    async def expire(self, now: datetime) -> int:
        return 0

    async def forget(self, *_: object, **__: object) -> int:
        return 0


async def test_figures_go_after_four_hundred_days_and_not_before(db: Database) -> None:
    clock = FakeClock(datetime(2026, 3, 5, tzinfo=UTC))
    for day in ("2026-03-05", "2026-03-06"):
        await db.write(lambda conn, day=day: tallies.add_all(conn, "t1", day, [Count("rule", "x")]))  # type: ignore[misc]
    month = timedelta(days=30)
    retention = Retention(db=db, clock=clock, kept=month, dull=month, report=lambda fact: None)
    later = datetime(2026, 3, 6, tzinfo=UTC) + TALLIES_KEPT
    for now, left in ((later - timedelta(days=1), 2), (later, 1)):
        running = asyncio.create_task(retention.run(now, NoFiles()))
        while not running.done():
            clock.advance(1)
            await asyncio.sleep(0)
        await running
        assert len(await db.read(lambda conn: tallies.read(conn, "t1", FIRST, LAST))) == left
