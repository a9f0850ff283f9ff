"""Places in time of what is sent little of, on both databases, found by an index however much is stored."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, literal, select, update

from chatgrow_bot.messages import ConnectionChange, ConnectionState, Kind, State
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store import places, steps
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.places import Ration
from chatgrow_bot.store.tables import inbox, outbox

from .conftest import ready
from .test_outbox import NOW, ground, message

HOUR = timedelta(hours=1)
FIRST = Ration.FIRST_CONTACT


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(ground)
        yield db


def came(n: int, **more: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "id": f"in{n}",
        "tenant": "u",
        "connection_id": "shop",
        "chat": f"{n}@c.us",
        "participant": "",
    }
    usual |= {"from_me": False, "wa_id": f"A{n}", "kind": Kind.TEXT, "text": "", "name": "", "outcome": ""}
    return {**usual, "sent_at": NOW, "received_at": NOW, **more}


async def test_the_places_that_count_are_those_of_the_others(db: Database) -> None:
    def work(conn: Connection) -> list[Any]:
        for n in range(4):
            places.take(conn, "shop", FIRST, f"{n}", NOW + n * HOUR)
        places.promise(conn, "shop", FIRST, "4", NOW + 9 * HOUR)
        places.take(conn, "shop", Ration.WARM_UP, "m", NOW + 8 * HOUR)
        later = NOW + 10 * HOUR

        def nth(n: int, besides: str, gone: bool) -> Any:
            at = places.nth_newest(conn, "shop", FIRST, n, later, besides=besides, gone=gone)
            return at and (at - NOW) // HOUR

        found = [nth(1, "", False), nth(1, "", True), nth(2, "3", True), nth(5, "", True)]
        counted = [
            places.count(conn, "shop", FIRST, NOW + HOUR, NOW + 9 * HOUR, besides=besides, gone=False)
            for besides in ("", "2")
        ]
        return [*found, *counted]

    assert await db.write(work) == [9, 3, 1, None, 3, 2]


async def test_what_left_before_the_clock_was_set_back_left_just_now_and_what_is_old_is_forgotten(
    db: Database,
) -> None:
    def work(conn: Connection) -> list[Any]:
        places.take(conn, "shop", FIRST, "old", NOW - 72 * HOUR)
        places.take(conn, "shop", FIRST, "ahead", NOW + 24 * HOUR)
        places.promise(conn, "shop", FIRST, "promised", NOW + 24 * HOUR)
        times = [
            places.nth_newest(conn, "shop", FIRST, n, NOW, besides="promised", gone=False) for n in (1, 2)
        ]
        return [*times, *(places.of(conn, "shop", FIRST, who, NOW) for who in ("ahead", "promised"))]

    assert await db.write(work) == [NOW, None, NOW, NOW + 24 * HOUR]


async def test_a_first_contact_is_a_chat_from_which_nothing_came_and_to_which_nothing_got_through(
    db: Database,
) -> None:
    rows = [message(n) for n in range(6)]

    def work(conn: Connection) -> list[bool]:
        stored.add(conn, rows)
        conn.execute(insert(inbox), [came(0), came(1, from_me=True), came(2, connection_id="other")])
        conn.execute(insert(inbox), [came(5, tenant="other", id="theirs")])
        conn.execute(update(outbox).where(outbox.c.id == rows[3].delivery.id).values(ack=1))
        steps.move(conn, rows[4].delivery.id, State.FAILED, NOW, since=(State.QUEUED,))
        return [places.is_first_contact(conn, row.delivery) for row in rows]

    assert await db.write(work) == [False, False, True, False, True, True]


async def test_release_brings_forward_what_was_held_for_being_a_first_contact_and_nothing_else(
    db: Database,
) -> None:
    held, other, planned = message(1), message(2), message(3, due=NOW + 5 * HOUR)

    def work(conn: Connection) -> list[bool]:
        stored.add(conn, [held, other, planned])
        for row in (held, other):
            conn.execute(
                update(outbox).where(outbox.c.id == row.delivery.id).values(held=True, due=NOW + 3 * HOUR)
            )
        places.promise(conn, "shop", FIRST, held.delivery.chat, NOW + 3 * HOUR)
        before = places.promised(conn) == {"shop"}
        return [before, *(places.release(conn, "shop", NOW, chat) for chat in ("9@c.us", None, None))]

    assert await db.write(work) == [True, False, True, False]
    rows = await db.read(lambda conn: stored.in_state(conn, State.QUEUED))
    assert [(row.delivery.due - NOW) // HOUR for row in rows] == [0, 3, 5]


async def test_what_was_promised_to_a_linked_id_is_his_whose_number_it_is_if_he_has_no_place(
    db: Database,
) -> None:
    def work(conn: Connection) -> list[Any]:
        places.promise(conn, "shop", FIRST, "1@lid", NOW + HOUR)
        places.promise(conn, "shop", FIRST, "2@lid", NOW + 2 * HOUR)
        places.promise(conn, "shop", FIRST, "2@c.us", NOW + 3 * HOUR)
        places.take(conn, "shop", FIRST, "3@lid", NOW)
        for n in range(1, 4):
            places.move(conn, "shop", f"{n}@lid", f"{n}@c.us")
        names = [f"{n}@{kind}" for n in range(1, 4) for kind in ("c.us", "lid")]
        places_now = (places.of(conn, "shop", FIRST, name, NOW) for name in names)
        return [at and (at - NOW) // HOUR for at in places_now]

    assert await db.write(work) == [1, None, 3, None, None, 0]  # what left under a name has left under it


async def test_an_account_is_new_when_another_is_linked_and_not_when_the_same_comes_back(
    db: Database,
) -> None:
    def work(conn: Connection) -> list[Any]:
        found: list[Any] = []
        for n, me in enumerate((None, "1@c.us", "1@c.us", None, "1@c.us", "2@c.us")):
            change = ConnectionChange(
                connection_id="shop",
                tenant="u",
                state=ConnectionState.ONLINE,
                previous=ConnectionState.SYNCING,
                at=NOW + n * HOUR,
            )
            stored_connections.enter(conn, change, me)
            since = stored_connections.linked_at(conn, "shop")
            found.append(since and (since - NOW) // HOUR)
        return found

    assert await db.write(work) == [None, 1, 1, 1, 1, 5]
    assert await db.read(stored_connections.plans) == {"shop": "free"}


async def test_whatever_the_gate_asks_is_found_by_an_index_among_a_hundred_thousand_rows(
    sqlite_url: str,
) -> None:
    plans: dict[str, list[str]] = {}
    row = message(1)

    def fill(conn: Connection) -> None:
        ground(conn)
        stored.add(conn, [row])
        conn.execute(insert(inbox), [came(1)])
        for n in range(14):  # each time as many again
            for table in (outbox, inbox)[: 1 if n > 12 else 2]:
                others = {name: literal(f"{n}.") + table.c[name] for name in ("id", "wa_id", "chat")}
                copies = select(*(others.get(column.name, column) for column in table.c))
                conn.execute(insert(table).from_select(list(table.c), copies))
        for n in range(2_000):
            places.promise(conn, "shop", FIRST, f"{n}@c.us", NOW + n * HOUR)

    def look(conn: Connection) -> None:
        asked: list[tuple[str, Any]] = []
        event.listen(conn, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        places.is_first_contact(conn, row.delivery)
        places.of(conn, "shop", FIRST, "5@c.us", NOW)
        places.nth_newest(conn, "shop", FIRST, 1_000, NOW, besides="5@c.us", gone=False)
        places.count(conn, "shop", FIRST, NOW, NOW + HOUR, besides="", gone=True)
        places.take(conn, "shop", FIRST, "5@c.us", NOW)
        places.release(conn, "shop", NOW, "7@c.us")
        places.move(conn, "shop", "8@lid", "9@c.us")
        places.turned_back(conn, NOW)
        stored_connections.linked_at(conn, "shop")
        for statement, values in list(asked):
            rows = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plans[statement] = [each[3] for each in rows]

    async with open_database(sqlite_url) as db:
        await db.write(fill)
        await db.write(look)
    assert len(plans) >= 8
    for statement, plan in plans.items():
        assert not any(step.startswith(("SCAN outbox", "SCAN inbox", "SCAN places")) for step in plan), (
            statement,
            plan,
        )
        assert not any("TEMP B-TREE" in step for step in plan), (statement, plan)
