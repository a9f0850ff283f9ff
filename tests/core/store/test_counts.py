"""Figures in both databases: counted, summed up, let go; and what waits."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from chatgrow_bot.messages import Lane, State
from chatgrow_bot.stats.reader import Reader
from chatgrow_bot.stats.words import to_counts
from chatgrow_bot.store import backlog, counts, inbox, journal, lives, outbox, steps, tables, together
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing import FakeClock

from ..fakes import inbound
from ..test_counting import NOON, message
from .conftest import ready

TODAY = "2026-03-05"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        yield db


async def test_what_a_batch_says_is_added_to_what_there_is(db: Database) -> None:
    reader = Reader(db, FakeClock())
    await reader.begin()
    for number in range(4):
        await db.write(lambda conn, number=number: outbox.add(conn, [message(number)]))  # type: ignore[misc]
    await db.write(lambda conn: steps.move(conn, "m0000", State.CLAIMED, NOON, since=(State.QUEUED,)))
    later = NOON + timedelta(seconds=3)
    came = [together.Came(connection_id="c1", wa_id=f"3EB0{n:04}", ack=n, at=later) for n in (1, 2, 3)]
    await db.write(lambda conn: together.acked(conn, came))
    await db.write(lambda conn: inbox.add(conn, inbound()))
    why = "no such number 972541112233"
    failed = (State.CLAIMED,)
    await db.write(lambda conn: steps.move(conn, "m0000", State.FAILED, NOON, since=failed, reason=why))
    await reader.catch_up(30)
    assert await reader.uncounted() == 0
    assert await reader.read_on() == 0
    found = await db.read(lambda conn: counts.since(conn, "t1", TODAY, TODAY))
    figures = to_counts((each.what, each.amount) for each in found)
    assert {each.value: count for each, count in figures.done.items()} == {
        **{"accepted": 4, "sent": 3, "delivered": 2, "read": 1},
        "failed": 1,
    }
    assert figures.failures == {"no such number #": 1}
    assert figures.lanes == {Lane.SEND: 2, Lane.REPLY: 1}
    assert [times.count for times in figures.times.values()] == [0, 3, 0]
    january = await db.read(lambda conn: counts.since(conn, None, "2026-01-01", "2026-01-01"))
    assert [(each.what, each.amount) for each in january] == [("received", 1)]
    assert not await db.read(lambda conn: counts.since(conn, "t2", TODAY, TODAY))
    assert not await db.read(lambda conn: counts.since(conn, "t1", TODAY, TODAY, only=["c2"]))
    totals = await db.read(counts.totals)
    assert (totals["accepted"], totals["received"]) == (4, 1)
    assert not any(what.startswith("failed:") for what in totals)


async def test_days_go_and_sums_stay(db: Database) -> None:
    old, young = NOON - timedelta(days=101), NOON - timedelta(days=99)
    for at in (old, young):
        tally = {("t1", "c1", counts.day(at), "sent"): 3}
        await db.write(lambda conn, tally=tally: counts.add(conn, tally))  # type: ignore[misc]
    before = NOON - timedelta(days=100)
    days = await db.read(lambda conn: counts.old(conn, before, 10))
    assert days == [("t1", "c1", counts.day(old))]
    everything = [*days, ("t1", "c1", counts.day(young)), ("", "", "")]
    assert await db.write(lambda conn: counts.remove(conn, everything, before)) == 1
    assert await db.read(counts.totals) == {"sent": 6}


async def test_a_life_is_read_from_its_steps(db: Database) -> None:
    await db.write(lambda conn: outbox.add(conn, [message(1)]))
    played = [
        together.Came(connection_id="c1", wa_id="3EB00001", ack=ack, at=NOON + timedelta(seconds=ack))
        for ack in (1, 3, 4)
    ]
    for each in played:
        await db.write(lambda conn, each=each: together.acked(conn, [each]))  # type: ignore[misc]
    life = (await db.read(lambda conn: lives.lives(conn, ["m0001", "gone"])))["m0001"]
    assert (life.lane, life.delivered, life.sending, life.reads) == (Lane.SEND, None, None, 2)
    assert life.queued is not None
    assert life.sent == life.queued + 1_000_000
    assert life.read == life.queued + 3_000_000


async def test_what_waits_is_counted_once_by_its_state(db: Database) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    user = {"password_hash": "", "role": "operator", "plan": "free", "disabled": False, "created_at": at}
    row = {"phone_number": "", "settings": {}, "state": "online", "state_since": at, "name": ""}
    for tenant, name in (("t1", "c1"), ("t2", "c2")):
        mine = {"id": tenant, "username": tenant, "token_version": 0, **user}
        await db.write(lambda conn, mine=mine: conn.execute(insert(users).values(**mine)))  # type: ignore[misc]
        values = {"id": name, "tenant": tenant, "created_at": at, "paused": name == "c2", **row}
        await db.write(lambda conn, v=values: conn.execute(insert(tables.connections).values(**v)))  # type: ignore[misc]
    states = [State.QUEUED, State.CLAIMED, State.RETRY, State.QUARANTINED, State.SENT, State.QUEUED]
    rows = [message(number) for number in range(len(states))]
    await db.write(lambda conn: outbox.add(conn, rows))
    for row_, state in zip(rows, states, strict=True):
        name = row_.delivery.id
        await db.write(lambda conn, n=name, s=state: steps.move(conn, n, s, NOON, since=(State.QUEUED,)))  # type: ignore[misc]
    [mine_] = await db.read(lambda conn: backlog.of(conn, "t1"))
    assert mine_.by_state == {
        **{State.QUEUED: 2, State.CLAIMED: 1, State.RETRY: 1},
        State.QUARANTINED: 1,
    }
    assert mine_.oldest_waiting == NOON
    [theirs] = await db.read(lambda conn: backlog.of(conn, "t2"))
    assert (theirs.by_state, theirs.oldest_waiting, theirs.paused) == ({}, None, True)
    assert len(await db.read(lambda conn: backlog.of(conn))) == 2


async def test_a_bookmark_moves_on_from_where_it_is_and_from_nowhere_else(db: Database) -> None:
    await db.write(lambda conn: journal.move(conn, "r", 5))
    assert not await db.write(lambda conn: journal.move_on(conn, "r", 4, 9))
    assert await db.write(lambda conn: journal.move_on(conn, "r", 5, 9))
    assert await db.read(lambda conn: journal.bookmark(conn, "r")) == 9
