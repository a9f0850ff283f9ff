"""A bulk send that waits for its turn: in nobody's way, for as long as it takes, and it says so rightly."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.hub import BatchState
from chatgrow_bot.messages import Outbound, State
from chatgrow_bot.store import bulk as stored
from chatgrow_bot.store import bulk_feeding
from chatgrow_bot.store.bulk_tables import bulk_batches
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, TalkingBot

from .asking import becomes, order, progress, sent, take

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT_ONCE = {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}}


def promised(conn: Connection, chat: str = "%") -> Sequence[datetime]:
    held = (outbox.c.held.is_(True), outbox.c.state == State.QUEUED, outbox.c.chat.like(chat))
    return sorted(conn.execute(select(outbox.c.due).where(*held)).scalars())


async def test_rows_take_few_of_the_places_that_there_are_and_outlast_the_queue(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock(NOON)
    bot.engine._clock = clock.now
    queue = {"reconcileAfter": 0, "ttl": 5_400}
    await bot.start(settings={"pacing": {**AT_ONCE, "firstContacts": {"perHour": 1}}, "queue": queue})
    await bot.connect()
    name = (await take(bot, order(4))).batch.batch_id
    async with asyncio.timeout(20):
        while len(await bot.read(promised)) < 2:
            clock.advance(0.1)
            await asyncio.sleep(0.01)
    for _ in range(20):
        clock.advance(1)
        await asyncio.sleep(0.01)
    assert len(await bot.read(promised)) <= 2, "the others have no place yet"

    urgent = Outbound(to="972509999999@c.us", text="ordinary", ttl=timedelta(hours=12))
    await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", urgent, source="test")
    async with asyncio.timeout(20):
        while not (its := await bot.read(lambda conn: promised(conn, urgent.to))):
            clock.advance(0.1)
            await asyncio.sleep(0.01)
    assert its[0] - NOON < timedelta(hours=3, minutes=10), "it stands behind two of them, not behind all"
    done = await becomes(bot, name, BatchState.COMPLETED, lambda: clock.advance(300))
    assert done.counts == {"sent": 4} and "ordinary" in sent(bot)
    assert clock.now() - NOON > timedelta(hours=3)


async def test_what_is_stored_is_told_as_stored_whatever_fails_then(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise StoreUnavailable("a test")

    await bot.start()
    await bot.connect()
    with monkeypatch.context() as broken:
        broken.setattr(bot.running.hub.bulk, "_seen", fails)
        taken = await take(bot, order(3))
    assert (taken.batch.state, taken.batch.accepted) == (BatchState.RUNNING, 3)
    done = await becomes(bot, taken.batch.batch_id, BatchState.COMPLETED)
    assert done.batch.created_at == taken.batch.created_at and done.counts == {"sent": 3}


async def test_no_end_is_foreseen_while_it_waits_for_what_nobody_knows(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    tenant = bot.admin.user_id
    await bot.running.hub.connections.pause(tenant, "shop", "a test")
    taken = await take(bot, order(3))
    assert (taken.batch.state, taken.estimated_completion) == (BatchState.WAITING, None)
    later = await take(bot, order(3, send_at=bot.clock.now() + timedelta(hours=1)))
    assert later.estimated_completion is not None


async def test_it_is_not_through_while_a_row_is_left(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    name = (await take(bot, order(1, send_at=bot.clock.now() + timedelta(hours=1)))).batch.batch_id
    many = update(bulk_batches).values(accepted=10_000)
    await bot.running.ground.db.write(lambda conn: conn.execute(many))
    monkeypatch.setattr(stored, "counts", lambda *_: {"sent": 9_999, "waiting": 1})
    assert (await progress(bot, name)).percent == 99.9


async def test_while_one_is_live_a_commit_is_news_also_while_it_looks(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start()
    await bot.connect()
    feeder: Any = bot.running.hub.bulk._feeder  # type: ignore[attr-defined]
    looks, live = [], bulk_feeding.live

    def look(conn: Connection) -> Any:
        looks.append(feeder._is_idle)
        return live(conn)

    await take(bot, order(1, send_at=bot.clock.now() + timedelta(hours=1)))
    async with asyncio.timeout(20):
        while feeder._is_woken or feeder._is_idle:  # noqa: ASYNC110 (what it found is no event)
            await asyncio.sleep(0.01)
        monkeypatch.setattr(bulk_feeding, "live", look)
        while len(looks) < 2:
            feeder._news.set()
            await asyncio.sleep(0.01)
    assert looks[-1] is False
