"""A hundred messages to one person let others pass in between, in a lane that goes at its pace."""

from datetime import datetime, timedelta
from random import Random

from chatgrow_bot.limits import Pace
from chatgrow_bot.messages import Lane, Priority
from chatgrow_bot.store import queue, together
from chatgrow_bot.store.database import Database
from chatgrow_bot.store.rows import Outgoing, outgoing

from .test_outbox import EPOCH, NOW, ack, claim, intend, message, put
from .test_outbox import db as db

PACE = Pace(low=30, high=45, jitter=10)
GAP = timedelta(seconds=0.9 * PACE.mean)


def queued(n: int, at: datetime, **more: object) -> Outgoing:
    """A message to the n-th chat, queued at a time."""
    row = message(n, created_at=at, updated_at=at, due=at, **more)
    return Outgoing(delivery=row.delivery, text=row.text, gap=GAP)


async def leave(db: Database, now: datetime, until: int, chance: Random) -> list[tuple[str, datetime]]:
    """Let so many messages leave at the lane's pace; the chat of each, and when."""
    left: list[tuple[str, datetime]] = []
    while len(left) < until:
        turn = queue.Claim("shop", Lane.SEND, EPOCH, now)
        answer = await db.write_together(queue.claim, turn)
        if isinstance(answer, queue.NotYet):
            assert answer.until is not None
            now = answer.until
            continue
        assert isinstance(answer, Outgoing)
        d = answer.delivery
        came = together.Came(connection_id="shop", wa_id=d.wa_id, ack=1, at=now)
        assert await db.write_together(together.acked, came)
        left.append((d.chat, now))
        now += PACE.gap(chance)
    return left


async def test_others_pass_between_a_hundred_messages_to_one_person(db: Database) -> None:
    await put(db, *(queued(0, NOW) for _ in range(100)))
    later = NOW + timedelta(minutes=20)
    first = await leave(db, NOW, 30, Random(7))
    assert {chat for chat, _ in first} == {"0@c.us"}
    now = max(first[-1][1], later)
    await put(db, *(queued(n, now) for n in range(1, 6)))
    others = [chat for chat, _ in await leave(db, now, 16, Random(8)) if chat != "0@c.us"]
    assert others == [f"{n}@c.us" for n in range(1, 6)]  # in their order, and none behind the seventy


async def test_a_lane_with_nothing_else_to_do_keeps_its_pace(db: Database) -> None:
    await put(db, *(queued(0, NOW) for _ in range(60)))
    left = await leave(db, NOW, 60, Random(3))
    unhurried = Random(3)
    ideal = sum((PACE.gap(unhurried) for _ in range(59)), timedelta(0))
    assert left[-1][1] - NOW <= ideal * 1.01


async def test_the_order_within_a_chat_is_that_of_age_also_after_one_was_taken_back(db: Database) -> None:
    rows = [queued(0, NOW) for _ in range(6)]
    await put(db, *rows[:3])
    await put(db, *rows[3:5])
    first = await claim(db)
    assert first is not None
    await intend(db, first)
    await ack(db, first)
    await put(db, rows[5])
    dues = {row.delivery.id: await _due(db, row) for row in rows}
    assert list(dues) == sorted(dues, key=lambda each: (dues[each], each))
    assert dues[rows[5].delivery.id] - dues[rows[4].delivery.id] == GAP


async def test_what_is_planned_keeps_its_time_and_keeps_nobody_waiting(db: Database) -> None:
    planned = message(0, created_at=NOW, due=NOW + timedelta(hours=8))
    urgent = queued(0, NOW, priority=Priority.HIGH)
    await put(db, planned)
    await put(db, queued(0, NOW), urgent)
    soon = queued(0, NOW)
    await put(db, soon)
    assert await _due(db, planned) == NOW + timedelta(hours=8)
    assert await _due(db, soon) == NOW + GAP
    assert await _due(db, urgent) == NOW


async def _due(db: Database, row: Outgoing) -> datetime:
    found = await db.read(lambda conn: outgoing(conn, "u", row.delivery.id))
    assert found is not None
    return found.delivery.due
