"""What is old goes; what is live, held, waited for, younger, or named by what is live never does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine, event, func, insert, select

from chatgrow_bot.states import State
from chatgrow_bot.store import retention
from chatgrow_bot.store.account_tables import webhook_uses
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.engines import writing_file
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.tables import (
    bookmarks,
    consent,
    idempotency,
    inbox,
    jobs,
    journal,
    outbox,
    parked,
    timeline,
)

from .test_outbox import ground

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE = NOW - timedelta(days=30)
ENDED = {State.SENT, State.DELIVERED, State.READ, State.FAILED, State.CANCELLED, State.EXPIRED}


def at(days: float) -> datetime:
    """So many days ago."""
    return NOW - timedelta(days=days)


def message(number: int, state: State, made: float, ended: float, about: str = "") -> dict[str, Any]:
    return {
        "id": f"o{number:04}",
        "tenant": "t",
        "connection_id": "c",
        "chat": f"chat{number}",
        "wa_id": f"w{number}",
        "kind": "text",
        "text": "hello",
        "about": about,
        "lane": "send",
        "priority": 1,
        "state": state,
        "source": "test",
        "due": at(made),
        "expires_at": at(made - 7),
        "created_at": at(made),
        "updated_at": at(min(made, ended)),
    }


def arrival(number: int, came: float) -> dict[str, Any]:
    return {
        "id": f"i{number:04}",
        "tenant": "t",
        "connection_id": "c",
        "chat": "somebody",
        "participant": "",
        "from_me": False,
        "wa_id": f"w{number}",
        "kind": "text",
        "text": "hello",
        "name": "",
        "sent_at": at(came),
        "received_at": at(came),
        "outcome": "answered",
    }


def run(conn: Connection) -> dict[str, int]:
    """A whole run, as the hub makes one."""
    gone = {}
    for kind in retention.KINDS:
        gone[kind.name] = kind.remove(conn, kind.find(conn, BEFORE, 10_000), BEFORE)
    return gone


def ids(conn: Connection, column: Any) -> set[Any]:
    return set(conn.execute(select(column)).scalars())


ages = st.floats(0, 90, allow_nan=False)
outgoing = st.tuples(st.sampled_from(list(State)), ages, ages, st.integers(0, 4))
incoming = st.tuples(ages, st.booleans())
told = st.tuples(ages, st.booleans(), ages)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    out=st.lists(outgoing, max_size=10),
    came=st.lists(incoming, max_size=10),
    facts=st.lists(told, max_size=10),
)
def test_in_any_history_exactly_what_is_old_and_at_rest_goes(
    out: list[tuple[State, float, float, int]],
    came: list[tuple[float, bool]],
    facts: list[tuple[float, bool, float]],
) -> None:
    # Ids grow with time, as the application makes them; facts stand in the order in which they were told.
    out.sort(key=lambda each: -each[1])
    came.sort(key=lambda each: -each[0])
    facts.sort(key=lambda each: -each[0])
    rows = [
        message(number, state, made, ended, f"{'io'[about % 2]}{about:04}" if about else "")
        for number, (state, made, ended, about) in enumerate(out)
    ]
    engine = create_engine("sqlite://", poolclass=StaticPool)
    event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = 1").close())
    metadata.create_all(engine)
    with engine.begin() as conn:
        for number, row in enumerate(rows):
            if row["state"] in ("claimed", "sending", "unknown", "retry"):
                row["chat"] = f"held{number}"
            conn.execute(insert(outbox).values(**row))
            entry = {"id": f"t{number}", "message_id": row["id"], "state": row["state"], "reason": ""}
            conn.execute(insert(timeline).values(**entry, at=row["created_at"]))
        for number, (age, under_way) in enumerate(came):
            conn.execute(insert(inbox).values(**arrival(number, age)))
            if under_way:
                job = {"message_id": f"i{number:04}", "connection_id": "c", "chat": "somebody"}
                conn.execute(insert(jobs).values(**job))
        for number, (age, is_parked, parked_age) in enumerate(facts, 1):
            fact = {"position": number, "hook": "on_fault", "tenant": "", "connection_id": "", "body": {}}
            conn.execute(insert(journal).values(**fact, at=at(age)))
            if is_parked:
                aside = {"reader": "crm", "position": number, "reason": ""}
                conn.execute(insert(parked).values(**aside, at=at(min(age, parked_age))))
        conn.execute(insert(consent).values(tenant="t", person="p", opted_out=True, at=at(900)))
        run(conn)

        live_names = {row["about"] for row in rows if row["state"] not in ENDED}
        assert ids(conn, outbox.c.id) == {
            row["id"]
            for row in rows
            if row["state"] not in ENDED or row["updated_at"] >= BEFORE or row["id"] in live_names
        }
        assert ids(conn, timeline.c.message_id) == ids(conn, outbox.c.id)
        assert ids(conn, inbox.c.id) == {
            f"i{number:04}"
            for number, (age, under_way) in enumerate(came)
            if at(age) >= BEFORE or under_way or f"i{number:04}" in live_names
        }
        assert ids(conn, journal.c.position) == {
            number
            for number, (age, is_parked, parked_age) in enumerate(facts, 1)
            if at(age) >= BEFORE or (is_parked and at(min(age, parked_age)) >= BEFORE)
        }
        assert conn.execute(select(func.count()).select_from(consent)).scalar() == 1
    engine.dispose()


async def test_a_message_that_comes_to_life_between_the_look_and_the_removal_stays(url: str) -> None:
    rows = [message(number, State.SENT, 40, 40) for number in range(3)]
    async with open_database(url) as db:
        await db.write(lambda conn: conn.execute(insert(outbox), rows))
        found = await db.read(lambda conn: retention.OUT.find(conn, BEFORE, 10))
        assert list(found) == ["o0000", "o0001", "o0002"]
        alive = outbox.update().where(outbox.c.id == "o0001").values(state=State.QUEUED)
        quoting = message(9, State.QUEUED, 0, 0, about="o0002")
        await db.write(lambda conn: (conn.execute(alive), conn.execute(insert(outbox).values(**quoting))))
        assert await db.write(lambda conn: retention.OUT.remove(conn, found, BEFORE)) == 1
        assert await db.read(lambda conn: ids(conn, outbox.c.id)) == {"o0001", "o0002", "o0009"}


async def test_a_long_history_is_walked_to_its_end_and_what_is_young_is_not_looked_at(url: str) -> None:
    held = [message(number, State.QUARANTINED, 50, 50) for number in range(1500)]
    old = [message(number, State.READ, 40, 40) for number in range(1500, 1510)]
    young = [message(number, State.READ, 1, 1) for number in range(2000, 2010)]
    async with open_database(url) as db:
        await db.write(lambda conn: conn.execute(insert(outbox), [*held, *old, *young]))
        found = await db.read(lambda conn: retention.OUT.find(conn, BEFORE, 5))
        assert list(found) == [f"o{number:04}" for number in range(1500, 1505)]


@pytest.mark.parametrize(
    ("days", "go"),
    [
        ([40, 35, 2, 31, 1], 2),  # the clock was a month behind: what comes after a young one is young
        ([40, *[-300] * 1500, 35, 1], 1502),  # it was a year ahead: as old as those on both sides
        ([40, *[-300] * 1500, 1], 1),  # and as young
        ([*[-300] * 1500, 2, 40, 1], 0),
    ],
    ids=["behind", "ahead", "ahead since", "both"],
)
async def test_facts_are_as_old_as_their_neighbours_whatever_the_clock_said(
    url: str, days: list[int], go: int
) -> None:
    fact = {"hook": "on_fault", "tenant": "", "connection_id": "", "body": {}}
    async with open_database(url) as db:
        await db.write(lambda conn: conn.execute(insert(journal), [{**fact, "at": at(age)} for age in days]))
        found = await db.read(lambda conn: retention.FACTS.find(conn, BEFORE, 10_000))
        assert await db.write(lambda conn: retention.FACTS.remove(conn, found, BEFORE)) == go
        left = await db.read(lambda conn: ids(conn, journal.c.position))
        assert left == set(range(go + 1, len(days) + 1))


async def test_keys_are_forgotten_by_their_age(url: str) -> None:
    rows = [
        {"tenant": "t", "key": f"k{days}", "digest": "d", "message_id": "m", "created_at": at(days)}
        for days in (29, 31)
    ]
    async with open_database(url) as db:
        await db.write(lambda conn: conn.execute(insert(idempotency), rows))
        found = await db.read(lambda conn: retention.KEYS.find(conn, BEFORE, 10))
        assert [tuple(each) for each in found] == [("t", "k31")]
        assert await db.write(lambda conn: retention.KEYS.remove(conn, found, BEFORE)) == 1
        assert await db.read(lambda conn: ids(conn, idempotency.c.key)) == {"k29"}


async def test_ids_of_messages_from_outside_are_forgotten_by_their_age(url: str) -> None:
    rows = [
        {"connection_id": "shop", "webhook_id": f"msg_{days}", "message_id": "m", "at": at(days)}
        for days in (29, 31)
    ]
    async with open_database(url) as db:
        await db.write(ground)
        await db.write(lambda conn: conn.execute(insert(webhook_uses), rows))
        found = await db.read(lambda conn: retention.USES.find(conn, BEFORE, 10))
        assert [tuple(each) for each in found] == [("shop", "msg_31")]
        assert await db.write(lambda conn: retention.USES.remove(conn, found, BEFORE)) == 1
        assert await db.read(lambda conn: ids(conn, webhook_uses.c.webhook_id)) == {"msg_29"}


async def test_readers_are_passed_and_what_they_miss_is_counted(url: str) -> None:
    facts = [{"at": NOW, "hook": "on_fault", "tenant": "", "connection_id": "", "body": {}}] * 10
    readers = [{"reader": "slow", "position": 2}, {"reader": "quick", "position": 9}]
    async with open_database(url) as db:
        await db.write(lambda c: (c.execute(insert(journal), facts), c.execute(insert(bookmarks), readers)))
        assert await db.write(lambda conn: retention.pass_by(conn, 6)) == {"slow": 4}
        assert await db.write(lambda conn: retention.pass_by(conn, 6)) == {}
        places = select(bookmarks.c.reader, bookmarks.c.position)
        assert dict(await db.read(lambda c: [tuple(r) for r in c.execute(places)])) == {
            "slow": 6,
            "quick": 9,
        }


@pytest.mark.parametrize("name", ["ix_outbox_media", "ix_outbox_about"])
async def test_what_names_others_is_found_by_its_index(sqlite_url: str, name: str) -> None:
    def plan(conn: Connection) -> str:
        statements: list[str] = []

        def noted(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            rows = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            statements.extend(row[3] for row in rows.fetchall())

        event.listen(conn, "before_cursor_execute", noted)
        retention.named_files(conn, "t", {"x"})
        retention.IN.find(conn, BEFORE, 10)
        event.remove(conn, "before_cursor_execute", noted)
        return " ".join(statements)

    async with open_database(sqlite_url):
        pass
    engine = writing_file(Path(sqlite_url.removeprefix("sqlite:///")))
    with engine.begin() as conn:
        assert name in plan(conn)
    engine.dispose()
