"""How many go before a message that was just taken in: as many as a count finds, and without one."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chatgrow_bot.messages import Delivery, Lane, Priority, State
from chatgrow_bot.outbox.lines import Lines
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store import queue, steps
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock

from .test_outbox import NOW, message
from .test_outbox import db as db

MINUTE = timedelta(minutes=1)


class Counted:
    """A database that counts how often it is read."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.reads = 0

    async def read(self, work: Callable[..., Any]) -> Any:
        self.reads += 1
        return await self._db.read(work)


class Desk:
    """Takes messages in, and tells each how many go before it."""

    def __init__(self, db: Database) -> None:
        self.db, self.counted, self.clock = db, Counted(db), FakeClock(NOW)
        self.lines = Lines(self.counted, self.clock)  # type: ignore[arg-type]
        self.number = 0

    async def take_in(
        self, due: datetime | None = None, priority: Priority = Priority.NORMAL, lane: Lane = Lane.SEND
    ) -> Delivery:
        self.number += 1
        given = message(self.number, priority=priority, lane=lane, due=due or self.clock.now())
        with self.lines.entering(given.delivery):
            await self.db.write(lambda conn: stored.add(conn, [given]))
            self.lines.join(given.delivery)
        return given.delivery

    async def told(self, delivery: Delivery) -> tuple[datetime | None, int]:
        return await self.lines.before(delivery)

    async def counts(self, delivery: Delivery) -> int:
        return await self.db.read(lambda conn: queue.ahead(conn, delivery, self.clock.now()))


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db)


async def test_each_is_told_what_a_count_finds_and_only_the_first_is_counted(desk: Desk) -> None:
    high, normal, low = Priority
    later = [NOW + 5 * MINUTE, NOW + MINUTE, NOW + 9 * MINUTE]
    asked: list[tuple[datetime | None, Priority]] = [
        (None, normal),
        *((each, normal) for each in later),
        (None, low),
        (None, normal),
        (None, high),
        (NOW + 6 * MINUTE, normal),
        (NOW + 2 * MINUTE, high),
        (None, low),
    ]
    for due, priority in asked * 2:
        delivery = await desk.take_in(due, priority)
        assert await desk.told(delivery) == (None, await desk.counts(delivery))
    assert desk.counted.reads == 1


async def test_what_waited_before_is_counted_in(desk: Desk) -> None:
    for n in range(6):
        await desk.take_in(NOW + n * MINUTE, Priority.HIGH if n % 2 else Priority.NORMAL)
    desk.lines = Lines(desk.counted, desk.clock)  # type: ignore[arg-type]
    for due in (None, NOW + 3.5 * MINUTE, NOW + 9 * MINUTE):
        for priority in Priority:
            delivery = await desk.take_in(due, priority)
            assert (await desk.told(delivery))[1] == await desk.counts(delivery)
    assert desk.counted.reads == 1


async def test_it_is_counted_again_after_a_while_and_when_something_moved(desk: Desk) -> None:
    first, *_ = [await desk.take_in() for _ in range(3)]
    assert (await desk.told(await desk.take_in()))[1] == 3
    await desk.db.write(lambda conn: steps.move(conn, first.id, State.CANCELLED, NOW, since=(State.QUEUED,)))
    assert (await desk.told(await desk.take_in()))[1] == 4, "it is as it was counted, for a second"
    desk.lines.moved("shop")
    assert (await desk.told(await desk.take_in()))[1] == 4
    slot = NOW + MINUTE
    await desk.db.write(lambda conn: stored_connections.take_slot(conn, "shop", Lane.SEND, slot))
    desk.clock.advance(1.5)
    assert await desk.told(await desk.take_in()) == (slot, 5)
    assert desk.counted.reads == 3


async def test_of_many_at_once_none_is_counted_twice_and_one_count_serves_all(desk: Desk) -> None:
    async def send() -> int:
        return (await desk.told(await desk.take_in()))[1]

    for _ in range(3):
        told = await asyncio.gather(*(send() for _ in range(40)))
        assert max(told) < desk.number
        desk.clock.advance(1.5)
    assert await send() == 120
    assert desk.counted.reads <= 4 + 3  # a count a round, and those whom it came too early for


async def test_what_is_urgent_but_planned_for_later_does_not_go_first(desk: Desk) -> None:
    for _ in range(3):
        await desk.take_in(NOW + 60 * MINUTE, Priority.HIGH)
    desk.lines = Lines(desk.counted, desk.clock)  # type: ignore[arg-type]
    for due, ahead in ((None, 0), (NOW + 90 * MINUTE, 4)):
        delivery = await desk.take_in(due)
        assert (await desk.told(delivery))[1] == ahead == await desk.counts(delivery)


async def test_one_that_did_not_just_join_is_looked_up(desk: Desk) -> None:
    first = await desk.take_in()
    await desk.take_in()
    other = await desk.take_in(lane=Lane.REPLY)
    assert (await desk.told(first))[1] == 0
    assert (await desk.told(first))[1] == 0
    assert (await desk.told(other))[1] == 0, "each lane has a line of its own"
    await desk.take_in()
    urgent = await desk.take_in(priority=Priority.HIGH)
    moved = replace(first, priority=Priority.LOW)
    assert (await desk.told(urgent))[1] == 0
    assert (await desk.told(moved))[1] == 4
