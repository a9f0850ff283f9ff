"""What workers ask for side by side: each gets what it would have got alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, update

from chatgrow_bot.messages import Lane, Outbound, Priority, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import consent, journal, queue, recovery, steps, together
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.rows import Outgoing, outgoing
from chatgrow_bot.store.tables import connections

from .conftest import ready
from .test_outbox import EPOCH, LATER, NOW, ground, message

NAMES = [f"line{n}" for n in range(5)]


def lines(conn: Connection) -> None:
    ground(conn)
    line: dict[str, object] = {
        "tenant": "u",
        "name": "",
        "phone_number": "",
        "settings": {},
        "state": "online",
    }
    line |= {"state_since": NOW, "created_at": NOW, "epoch": EPOCH}
    conn.execute(insert(connections), [{"id": name, **line} for name in NAMES])


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(lines)
        yield db


async def take(db: Database, *wanted: tuple[str, Lane]) -> list[Outgoing | queue.NotYet | None]:
    claims = [queue.Claim(name, lane, EPOCH, LATER) for name, lane in wanted]
    return list(await asyncio.gather(*(db.write_together(queue.claim, each) for each in claims)))


def intent(row: Outgoing, at: datetime = LATER) -> together.Intent:
    content = Outbound(to=row.delivery.chat, text=f"to {row.delivery.connection_id}")
    return together.Intent(row=row, content=content, trace=(), at=at, next_slot=at + timedelta(seconds=9))


async def intend(db: Database, *rows: Outgoing) -> list[bool]:
    return list(await asyncio.gather(*(db.write_together(together.intend, intent(row)) for row in rows)))


async def taken(db: Database, *rows: Outgoing) -> list[Outgoing]:
    await db.write(lambda conn: stored.add(conn, rows))
    found = await take(db, *((row.delivery.connection_id, row.delivery.lane) for row in rows))
    return [each for each in found if isinstance(each, Outgoing)]


async def state(db: Database, row: Outgoing) -> State:
    found = await db.read(lambda conn: outgoing(conn, "u", row.delivery.id))
    assert found is not None
    return found.delivery.state


async def test_each_lane_gets_its_own_head_or_learns_when_to_look_again(db: Database) -> None:
    later = message(0, connection_id="line2", due=LATER + timedelta(hours=1))
    urgent = message(5, connection_id="line1", priority=Priority.HIGH)
    rows = [message(1, connection_id=name) for name in ("line0", "line1")]
    await db.write(lambda conn: stored.add(conn, [*rows, urgent, later]))
    answers = await take(db, *((name, Lane.SEND) for name in NAMES), ("line0", Lane.REPLY))
    assert [each.delivery.id if isinstance(each, Outgoing) else each for each in answers] == [
        rows[0].delivery.id,
        urgent.delivery.id,
        queue.NotYet(later.delivery.due),
        None,
        None,
        None,
    ]


async def test_two_lanes_that_want_the_same_chat_do_not_both_get_it(db: Database) -> None:
    send, reply = message(1, connection_id="line0"), message(1, connection_id="line0", lane=Lane.REPLY)
    await db.write(lambda conn: stored.add(conn, [send, reply]))
    first, second = await take(db, ("line0", Lane.SEND), ("line0", Lane.REPLY))
    assert first == queue.NotYet(None)  # until that chat is free
    assert isinstance(second, Outgoing)
    assert second.delivery.id == reply.delivery.id


async def test_two_who_ask_for_one_lane_do_not_get_the_same_message(db: Database) -> None:
    await db.write(lambda conn: stored.add(conn, [message(1, connection_id="line0")]))
    first, second = await take(db, ("line0", Lane.SEND), ("line0", Lane.SEND))
    assert isinstance(first, Outgoing)
    assert second == queue.NotYet(LATER)


async def test_a_message_to_somebody_who_opted_out_ends_where_it_is_found(db: Database) -> None:
    gone, stays = message(1, connection_id="line0"), message(2, connection_id="line0")
    await db.write(lambda conn: consent.record(conn, "u", gone.delivery.chat, True, "STOP", NOW))
    await db.write(lambda conn: stored.add(conn, [gone, stays]))
    assert await take(db, ("line0", Lane.SEND)) == [queue.NotYet(LATER)]
    assert await state(db, gone) is State.CANCELLED
    (next_one,) = await take(db, ("line0", Lane.SEND))
    assert isinstance(next_one, Outgoing)
    assert next_one.delivery.id == stays.delivery.id


async def test_intents_side_by_side_are_written_each_with_its_words_and_its_slot(db: Database) -> None:
    rows = await taken(db, *(message(1, connection_id=name) for name in NAMES))
    assert await intend(db, *rows) == [True] * 5
    found = await db.read(lambda conn: [outgoing(conn, "u", row.delivery.id) for row in rows])
    assert [row and row.text for row in found] == [f"to {name}" for name in NAMES]
    assert {await state(db, row) for row in rows} == {State.SENDING}
    slots = await db.read(stored_connections.next_slots)
    assert slots == {(name, Lane.SEND): LATER + timedelta(seconds=9) for name in NAMES}


async def test_one_that_must_not_leave_any_more_keeps_no_other_from_it(db: Database) -> None:
    rows = await taken(db, *(message(n, connection_id=name) for n, name in enumerate(NAMES)))
    back, out, paused, expired, good = rows

    def change(conn: Connection) -> None:
        steps.move(conn, back.delivery.id, State.QUEUED, NOW, since=(State.CLAIMED,))
        consent.record(conn, "u", out.delivery.chat, True, "STOP", NOW)
        is_paused = connections.c.id == paused.delivery.connection_id
        conn.execute(update(connections).where(is_paused).values(paused=True))

    await db.write(change)
    asked = [intent(row) for row in (back, out, paused, good)]
    asked.insert(3, intent(expired, at=expired.delivery.expires_at))
    answers = await asyncio.gather(*(db.write_together(together.intend, each) for each in asked))
    assert list(answers) == [False, False, False, False, True]
    assert [await state(db, row) for row in rows] == [
        State.QUEUED,
        State.CANCELLED,
        State.CLAIMED,
        State.CLAIMED,
        State.SENDING,
    ]


async def test_acks_side_by_side_never_go_back_and_tell_each_step_once(db: Database) -> None:
    row, other = await taken(db, *(message(1, connection_id=name) for name in NAMES[:2]))
    before = await db.read(journal.head)

    def came(row: Outgoing, ack: int) -> together.Came:
        d = row.delivery
        return together.Came(connection_id=d.connection_id, wa_id=d.wa_id, ack=ack, at=NOW)

    stranger = together.Came(connection_id="line0", wa_id="3EBNOBODY", ack=1, at=NOW)
    asked = [came(row, 2), came(other, 1), came(row, 1), came(row, 3), came(row, 3), stranger, came(row, 0)]
    answers = await asyncio.gather(*(db.write_together(together.acked, each) for each in asked))
    assert list(answers) == [True, True, False, True, False, False, False]
    assert [await state(db, each) for each in (row, other)] == [State.READ, State.SENT]
    facts = await db.read(lambda conn: journal.read_after(conn, before, 10))
    assert [fact.body["state"] for fact in facts] == ["delivered", "sent", "read"]


async def test_each_connection_finds_its_own_that_are_half_done_and_not_those_in_hand(db: Database) -> None:
    rows = await taken(db, *(message(n, connection_id=name) for n, name in enumerate(NAMES[:4])))
    claimed, sending, unknown, in_hand = rows
    assert await intend(db, sending, unknown, in_hand) == [True, True, True]
    await db.write(
        lambda conn: steps.move(conn, unknown.delivery.id, State.UNKNOWN, LATER, since=(State.SENDING,))
    )

    async def look(name: str) -> recovery.Found:
        asked = recovery.Look(name, (in_hand.delivery.id,), EPOCH, 3, LATER)
        return await db.write_together(recovery.look, asked)

    found = await asyncio.gather(*map(look, NAMES[1:]))  # nobody asks for the first
    assert [each.picked_up for each in found] == [True, False, False, False]
    ids = [[row.delivery.id for row in each.unknown] for each in found]
    assert ids == [[sending.delivery.id], [unknown.delivery.id], [], []]
    assert [await state(db, row) for row in rows] == [
        State.CLAIMED,
        State.UNKNOWN,
        State.UNKNOWN,
        State.SENDING,
    ]
    assert (await look(NAMES[0])).picked_up
    assert await state(db, claimed) is State.QUEUED
