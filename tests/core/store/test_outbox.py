"""The statements on outgoing messages, on both databases: which row they find, and by which index."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, update

from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import Delivery, Kind, Lane, Outbound, Priority, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store import queue, steps
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.rows import Outgoing, outgoing
from chatgrow_bot.store.tables import connections, users

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EPOCH = 1


def message(n: int, **more: Any) -> Outgoing:
    message_id = new_id()
    usual: dict[str, Any] = {
        "id": message_id,
        "tenant": "u",
        "connection_id": "shop",
        "chat": f"{n}@c.us",
        "wa_id": f"3EB0{message_id}",
        "kind": Kind.TEXT,
        "lane": Lane.SEND,
        "priority": Priority.NORMAL,
        "state": State.QUEUED,
        "created_at": NOW,
        "due": NOW + timedelta(seconds=n),
        "expires_at": NOW + timedelta(days=1),
        "updated_at": NOW,
    }
    return Outgoing(delivery=Delivery(**{**usual, **more}), text="hello", media=None)


def ground(conn: Connection) -> None:
    for user in ("u", "other"):
        values = {"id": user, "username": user, "password_hash": "", "role": "admin", "plan": "free"}
        conn.execute(insert(users).values(**values, created_at=NOW))
    shop = {"id": "shop", "tenant": "u", "name": "", "phone_number": "", "settings": {}, "state": "online"}
    conn.execute(insert(connections).values(**shop, state_since=NOW, created_at=NOW, epoch=EPOCH))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(url) as db:
        await db.write(ground)
        yield db


async def put(db: Database, *rows: Outgoing) -> None:
    await db.write(lambda conn: stored.add(conn, rows))


async def claim(db: Database, now: datetime = NOW + timedelta(hours=1)) -> Outgoing | None:
    return await db.write(lambda conn: queue.claim(conn, "shop", Lane.SEND, EPOCH, now))


async def test_those_ahead_are_the_ones_that_would_be_claimed_sooner(db: Database) -> None:
    urgent = message(9, priority=Priority.HIGH)
    rows = [*(message(n) for n in range(5)), urgent, message(0, priority=Priority.LOW)]
    await put(db, *rows)
    ahead = await db.read(lambda conn: [queue.ahead(conn, row.delivery) for row in rows])
    assert ahead == [1, 2, 3, 4, 5, 0, 6]


async def test_the_claim_goes_by_priority_then_age_and_passes_chats_that_are_held(db: Database) -> None:
    held, behind, next_one = (
        message(1),
        message(1, due=NOW + timedelta(seconds=1, milliseconds=1)),
        message(2),
    )
    urgent_later = message(3, priority=Priority.HIGH, due=NOW + timedelta(hours=2))
    await put(db, held, behind, next_one, urgent_later)
    claimed = [await claim(db) for _ in range(3)]
    assert [row and row.delivery.id for row in claimed] == [held.delivery.id, next_one.delivery.id, None]
    due = await db.read(lambda conn: queue.next_due(conn, "shop", Lane.SEND, EPOCH))
    assert due == urgent_later.delivery.due
    await db.write(lambda c: steps.acked(c, "shop", held.delivery.wa_id, 1, NOW))
    freed = await claim(db)
    assert freed is not None
    assert freed.delivery.id == behind.delivery.id


async def test_a_process_whose_connection_another_took_neither_claims_nor_looks_again(db: Database) -> None:
    await put(db, message(1))
    await db.write(lambda conn: stored_connections.own(conn, EPOCH + 1))
    assert await claim(db) is None
    assert await db.read(lambda conn: queue.next_due(conn, "shop", Lane.SEND, EPOCH)) is None


async def test_a_message_never_leaves_by_a_connection_that_is_another_tenant_s(db: Database) -> None:
    await put(db, message(1))
    await db.write(lambda conn: conn.execute(update(connections).values(tenant="other")))
    assert await claim(db) is None


async def test_words_that_no_database_takes_are_kept_with_a_mark_in_their_place(db: Database) -> None:
    row = replace(message(1), text="half \ud83d, nul \0")
    await put(db, row)
    found = await db.read(lambda conn: outgoing(conn, "u", row.delivery.id))
    assert found is not None
    assert found.text == "half ?, nul \ufffd"


async def test_every_step_of_a_life_is_possible(db: Database) -> None:
    row = message(1)
    await put(db, row)
    name = row.delivery.id
    await claim(db)
    content = Outbound(to=row.delivery.chat, text="HELLO")

    def live(conn: Connection) -> list[State]:
        taken = [
            steps.intend(conn, name, content, NOW),
            steps.move(conn, name, State.UNKNOWN, NOW, since=(State.SENDING,)),
            steps.move(conn, name, State.RETRY, NOW, since=(State.UNKNOWN,), due=NOW, recoveries=1),
        ]
        stored_connections.take_slot(conn, "shop", Lane.SEND, NOW)
        stored_connections.take_slot(conn, "shop", Lane.SEND, NOW + timedelta(seconds=1))
        return [step.delivery.state for step in taken if step]

    assert await db.write(live) == [
        State.SENDING,
        State.UNKNOWN,
        State.RETRY,
    ]
    assert await db.read(lambda c: stored_connections.backlogs(c)) == {"shop": 1}
    assert await db.read(queue.waiting_lanes) == [("shop", Lane.SEND)]
    assert await db.read(lambda c: stored.knows(c, "shop", row.delivery.wa_id))
    assert len(await db.read(lambda c: stored.history(c, "u", name))) == 5


async def test_the_end_of_a_connection_ends_every_message_under_way(db: Database) -> None:
    rows = [message(n) for n in range(6)]
    await put(db, *rows)
    under_way = (State.CLAIMED, State.SENDING, State.UNKNOWN, State.RETRY, State.SENT)

    def work(conn: Connection) -> dict[State, int]:
        for row, state in zip(rows, under_way, strict=False):
            steps.move(conn, row.delivery.id, state, NOW, since=(State.QUEUED,))
        steps.end_all(conn, "u", "shop", NOW, "it was deleted")
        return {state: len(stored.in_state(conn, state)) for state in State}

    ended = await db.write(work)
    assert {state: count for state, count in ended.items() if count} == {
        State.CANCELLED: 3,
        State.QUARANTINED: 2,
        State.SENT: 1,
    }


async def test_overdue_messages_end_some_at_a_time(db: Database) -> None:
    await put(db, *(message(n, expires_at=NOW) for n in range(5)), message(9))
    ended = [len(await db.write(lambda conn: steps.expire(conn, NOW, 3))) for _ in range(3)]
    assert ended == [3, 2, 0]


async def test_what_runs_often_finds_its_rows_by_an_index(sqlite_url: str) -> None:
    plans: dict[str, list[str]] = {}
    async with open_database(sqlite_url) as db:
        await db.write(ground)

        def look(conn: Connection) -> None:
            asked: list[tuple[str, Any]] = []
            event.listen(conn, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
            queue.claim(conn, "shop", Lane.SEND, EPOCH, NOW)
            queue.next_due(conn, "shop", Lane.SEND, EPOCH)
            stored.in_state(conn, State.UNKNOWN, "shop")
            stored.in_state(conn, State.SENDING)
            stored_connections.backlogs(conn)
            queue.ahead(conn, message(1).delivery)
            steps.expire(conn, NOW, 10)
            for statement, values in list(asked):
                rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans[statement] = [row[3] for row in rows]

        await db.write(look)
    good = ("ix_outbox_ready", "ux_outbox_chat_in_flight", "(id=?)")
    for statement, plan in plans.items():
        looks = [step for step in plan if step.startswith(("SCAN outbox", "SEARCH outbox"))]
        assert looks and all(any(index in look for index in good) for look in looks), (statement, plan)
    assert any("priority=? AND due<?" in step for steps in plans.values() for step in steps)
