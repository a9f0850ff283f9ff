"""The rows of bulk sends as stored, on both databases: they become messages, cease to be, and end."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from chatgrow_bot.hub import BatchState, RowState
from chatgrow_bot.ids import new_id
from chatgrow_bot.messages import Delivery, Kind, Lane, Priority, State
from chatgrow_bot.store import bulk, bulk_feeding, bulk_outlook, places, retention, steps
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.bulk_tables import bulk_batches, bulk_rows
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.places import Ration
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.store.tables import connections

from .conftest import ready

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as opened:
        await opened.write(settle)
        yield opened


def settle(conn: Connection) -> None:
    user = {"id": "u", "username": "anna", "password_hash": "x", "role": "admin", "plan": "free"}
    conn.execute(insert(users).values(**user, created_at=NOW))
    line = {"id": "shop", "tenant": "u", "name": "", "phone_number": "", "settings": {}, "state": "online"}
    conn.execute(insert(connections).values(**line, me="1@c.us", state_since=NOW, created_at=NOW))
    batch = dict.fromkeys(bulk_batches.c.keys())
    batch |= {"id": "b", "tenant": "u", "connection_id": "shop", "name": "", "state": BatchState.RUNNING}
    batch |= {"reason": "", "accepted": 5, "rejected": 1, "key": "k", "asked": "a", "request_id": ""}
    rows = [
        {
            **dict.fromkeys(bulk_rows.c.keys()),
            "batch_id": "b",
            "number": n,
            "recipient": f"+{n}",
            "chat": f"{n}@c.us",
            "text": f"{n}",
            "own": False,
            "state": RowState.REJECTED if n == 6 else "file" if n == 5 else RowState.WAITING,
            "reason": "no number" if n == 6 else "",
        }
        for n in range(1, 7)
    ]
    bulk.add(conn, batch | {"created_at": NOW}, rows, NOW)


def message(number: int) -> Outgoing:
    name = new_id()
    delivery = Delivery(
        id=name,
        tenant="u",
        connection_id="shop",
        chat=f"{number}@c.us",
        wa_id=name,
        kind=Kind.TEXT,
        lane=Lane.SEND,
        priority=Priority.LOW,
        state=State.QUEUED,
        created_at=NOW,
        due=NOW,
        expires_at=LATER,
        updated_at=NOW,
        source="bulk",
    )
    return Outgoing(delivery=delivery, text=f"{number}")


def counts(conn: Connection) -> dict[str, int]:
    return dict(bulk.counts(conn, "b"))


def moved(conn: Connection, row: Outgoing, *states: State) -> None:
    for state in states:
        assert steps.move(conn, row.delivery.id, state, NOW, since=tuple(State))


def numbers(rows: Sequence[object]) -> list[int]:
    return [row.number for row in rows]  # type: ignore[attr-defined]


async def test_a_row_is_one_message_and_what_nobody_has_begun_comes_back(db: Database) -> None:
    fed = {n: message(n) for n in (1, 2, 3)}
    assert await db.write(lambda conn: bulk_feeding.feed(conn, "b", fed))
    again = {n: message(n) for n in (3, 4)}
    assert not await db.write(lambda conn: bulk_feeding.feed(conn, "b", again)), "row 3 does not wait"
    await db.write(lambda conn: moved(conn, fed[1], State.CLAIMED, State.SENDING, State.SENT))
    await db.write(lambda conn: moved(conn, fed[2], State.CLAIMED, State.SENDING, State.QUEUED))
    [live] = await db.read(bulk_feeding.live)
    assert live.ahead == bulk_feeding.Ahead(ready=2, held=0, untouched=1, at_rest=1)
    assert live.waits and live.has_files and live.connection
    assert await db.read(counts) == {"sent": 1, "queued": 2, "waiting": 2, "rejected": 1}
    assert await db.read(lambda conn: bulk_outlook.left(conn, "u", "shop")) == {"b": 4}

    assert await db.write(lambda conn: bulk_feeding.pause(conn, "u", "b", NOW))
    assert await db.read(counts) == {"sent": 1, "queued": 1, "waiting": 3, "rejected": 1}
    assert numbers(await db.read(lambda conn: bulk_feeding.next_rows(conn, "b", 9))) == [3, 4]
    assert not await db.write(lambda conn: bulk_feeding.feed(conn, "b", {4: message(4)})), "it is paused"
    assert await db.write(lambda conn: bulk_feeding.resume(conn, "u", "b"))
    await db.write(lambda conn: bulk_feeding.settle(conn, ["b"]))
    assert not await db.write(lambda conn: bulk_feeding.complete(conn, "b", NOW))
    shown = await db.read(lambda conn: bulk.results(conn, "b", 9, 0, frozenset({"sent", "waiting"})))
    assert [(row.number, row.state) for row in shown] == [
        (1, "sent"),
        *((number, "waiting") for number in (3, 4, 5)),
    ]


async def test_nobody_else_stops_it_and_it_ends_once(db: Database) -> None:
    row = message(1)
    await db.write(lambda conn: bulk_feeding.feed(conn, "b", {1: row}))
    assert not await db.write(lambda conn: bulk_feeding.cancel(conn, "stranger", "b", NOW, "no"))
    assert not await db.write(lambda conn: bulk_feeding.pause(conn, "stranger", "b", NOW))
    assert await db.write(lambda conn: bulk_feeding.cancel(conn, "u", "b", NOW, "enough"))
    assert not await db.write(lambda conn: bulk_feeding.cancel(conn, "u", "b", NOW, "again"))
    assert await db.read(counts) == {"cancelled": 5, "rejected": 1}
    assert await db.read(bulk_feeding.live) == ()
    assert await db.read(lambda conn: bulk.get(conn, "stranger", "b")) is None
    found = await db.read(lambda conn: bulk.by_key(conn, "u", "k", NOW))
    assert found and found.batch.ended_at == NOW


async def test_a_key_is_free_again_when_its_time_is_over(db: Database) -> None:
    before, after = NOW, NOW + timedelta(microseconds=1)
    assert await db.read(lambda conn: bulk.by_key(conn, "u", "k", before))
    assert await db.read(lambda conn: bulk.by_key(conn, "u", "k", after)) is None

    def again(conn: Connection) -> None:
        first = conn.execute(select(bulk_batches)).one()._asdict()
        bulk.add(conn, first | {"id": "c", "created_at": LATER}, [], after)

    await db.write(again)
    found = await db.read(lambda conn: bulk.by_key(conn, "u", "k", after))
    assert found and found.batch.batch_id == "c"


async def test_what_has_a_place_of_its_own_is_told_from_what_waits_for_the_morning(db: Database) -> None:
    fed = {n: message(n) for n in (1, 2, 3, 4)}
    await db.write(lambda conn: bulk_feeding.feed(conn, "b", fed))

    def held(conn: Connection) -> None:
        moved(conn, fed[1], State.CLAIMED)
        for number in (2, 3, 4):
            name, since = fed[number].delivery.id, tuple(State)
            assert steps.move(conn, name, State.QUEUED, NOW, since=since, due=LATER, held=True)
        places.promise(conn, "shop", Ration.FIRST_CONTACT, "2@c.us", LATER)
        places.promise(conn, "shop", Ration.WARM_UP, fed[3].delivery.id, LATER)
        places.take(conn, "shop", Ration.FIRST_CONTACT, "4@c.us", NOW)

    await db.write(held)
    [live] = await db.read(bulk_feeding.live)
    assert (live.ahead.ready, live.ahead.held, live.ahead.promised) == (1, 3, 2)


async def test_its_messages_go_with_it_and_not_before(db: Database) -> None:
    row = message(1)
    await db.write(lambda conn: bulk_feeding.feed(conn, "b", {1: row}))
    await db.write(lambda conn: bulk_feeding.cancel(conn, "u", "b", NOW, "enough"))
    assert await db.write(lambda conn: retention.OUT.remove(conn, [row.delivery.id], LATER)) == 0
    assert await db.write(lambda conn: retention.BULK.remove(conn, ["b"], NOW)) == 0
    assert await db.write(lambda conn: retention.BULK.remove(conn, ["b"], LATER)) == 1
    assert await db.write(lambda conn: retention.OUT.remove(conn, [row.delivery.id], LATER)) == 1


async def test_a_connection_that_goes_fails_what_has_not_left(db: Database) -> None:
    fed = {n: message(n) for n in (1, 2)}
    await db.write(lambda conn: bulk_feeding.feed(conn, "b", fed))
    await db.write(lambda conn: moved(conn, fed[1], State.CLAIMED, State.SENDING, State.SENT))

    def goes(conn: Connection) -> None:
        steps.end_all(conn, "u", "shop", NOW, "deleted")
        bulk_feeding.end_all(conn, "u", "shop", NOW, "deleted")

    await db.write(goes)
    assert await db.read(counts) == {"sent": 1, "cancelled": 1, "failed": 3, "rejected": 1}
