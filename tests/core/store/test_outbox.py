"""The statements on outgoing messages, on both databases: which row they find, and by which index."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import Delivery, Kind, Lane, Outbound, Priority, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store import queue, steps, together
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.rows import Outgoing, outgoing
from chatgrow_bot.store.tables import connections

from .conftest import ready

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
    async with open_database(await ready(url)) as db:
        await db.write(ground)
        yield db


async def put(db: Database, *rows: Outgoing) -> None:
    await db.write(lambda conn: stored.add(conn, rows))


LATER = NOW + timedelta(hours=1)


async def turn(db: Database, now: datetime = LATER) -> Outgoing | queue.NotYet | None:
    """The next message of the lane, or when to look again."""
    return await db.write_together(queue.claim, queue.Claim("shop", Lane.SEND, EPOCH, now))


async def claim(db: Database) -> Outgoing | None:
    answer = await turn(db)
    return answer if isinstance(answer, Outgoing) else None


async def ack(db: Database, row: Outgoing, ack: int = 1) -> bool:
    came = together.Came(connection_id="shop", wa_id=row.delivery.wa_id, ack=ack, at=NOW)
    return await db.write_together(together.acked, came)


async def intend(db: Database, row: Outgoing, text: str = "HELLO", at: datetime = LATER) -> bool:
    content = Outbound(to=row.delivery.chat, text=text)
    intent = together.Intent(row=row, content=content, trace=(), at=at, next_slot=at)
    return await db.write_together(together.intend, intent)


async def test_those_ahead_are_the_ones_that_would_be_claimed_sooner(db: Database) -> None:
    urgent = message(9, priority=Priority.HIGH)
    rows = [*(message(n) for n in range(5)), urgent, message(0, priority=Priority.LOW)]
    await put(db, *rows)
    ahead = await db.read(lambda conn: [queue.ahead(conn, row.delivery, LATER) for row in rows])
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
    assert await turn(db) == queue.NotYet(urgent_later.delivery.due)
    await ack(db, held)
    freed = await claim(db)
    assert freed is not None
    assert freed.delivery.id == behind.delivery.id


async def test_a_process_whose_connection_another_took_neither_claims_nor_looks_again(db: Database) -> None:
    await put(db, message(1))
    await db.write(lambda conn: stored_connections.own(conn, EPOCH + 1))
    assert await turn(db) is None


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
    taken = await claim(db)
    assert taken is not None
    assert await intend(db, taken)

    def live(conn: Connection) -> list[State]:
        moved = [
            steps.move(conn, name, State.UNKNOWN, NOW, since=(State.SENDING,)),
            steps.move(conn, name, State.RETRY, NOW, since=(State.UNKNOWN,), due=NOW, recoveries=1),
        ]
        return [step.delivery.state for step in moved if step]

    assert await db.write(live) == [State.UNKNOWN, State.RETRY]
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
