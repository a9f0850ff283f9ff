"""Bringing together what stands under a linked id and under a number, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from chatgrow_bot.messages import Inbound, Lane, State
from chatgrow_bot.store import consent, contacts, inbox, outbox, queue
from chatgrow_bot.store import tables as t
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.rows import Outgoing

from .conftest import ready
from .test_outbox import EPOCH, NOW, ground, message

LID, DANA, GROUP = "100000000000001@lid", "15551230001@c.us", "120363000000000001@g.us"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(ground)
        yield db


def inbound(number: int, chat: str, participant: str = "", wa_id: str = "") -> Inbound:
    return Inbound(
        id=f"in{number}",
        tenant="u",
        connection_id="shop",
        chat=chat,
        participant=participant,
        wa_id=wa_id or f"WA{number}",
        sent_at=NOW,
        received_at=NOW,
    )


async def test_all_of_it_moves_save_what_is_there_twice(db: Database) -> None:
    came = [
        inbound(1, LID),
        inbound(2, GROUP, LID),
        inbound(3, LID, wa_id="TWICE"),
        inbound(4, DANA, wa_id="TWICE"),
    ]
    held, waiting = message(1, chat=LID), message(2, chat=LID)

    def before(conn: Connection) -> None:
        for each in came:
            assert inbox.add(conn, each)
        outbox.add(conn, [held, waiting])
        (taken,) = queue.claim(conn, [queue.Claim("shop", Lane.SEND, EPOCH, NOW + timedelta(hours=1))])
        assert isinstance(taken, Outgoing)
        consent.record(conn, "u", LID, True, "a message", NOW)

    def after(conn: Connection) -> None:
        assert contacts.learn(conn, "u", "shop", LID, DANA)
        assert not contacts.learn(conn, "u", "shop", LID, DANA)
        assert contacts.canonical(conn, "shop", LID) == DANA
        assert contacts.canonical(conn, "other", LID) == LID
        rows = conn.execute(select(t.inbox.c.chat, t.inbox.c.participant).order_by(t.inbox.c.id)).all()
        assert rows == [(DANA, ""), (GROUP, DANA), (LID, ""), (DANA, "")]
        assert set(conn.execute(select(t.jobs.c.chat)).scalars()) == {DANA, GROUP}
        sent = conn.execute(select(t.outbox.c.chat, t.outbox.c.state).order_by(t.outbox.c.id)).all()
        assert sent == [(DANA, State.CLAIMED), (DANA, State.QUEUED)]
        assert consent.opted_out(conn, "u", DANA)

    await db.write(before)
    await db.write(after)


async def test_what_was_said_last_holds_whichever_name_it_was_said_under(db: Database) -> None:
    later = datetime(2026, 1, 2, tzinfo=UTC)

    def work(conn: Connection) -> tuple[bool, bool]:
        for number, (lid_at, number_at) in enumerate(((NOW, later), (later, NOW))):
            lid, chat = f"{number}{LID}", f"{number}{DANA}"
            consent.record(conn, "u", lid, True, "a message", lid_at)
            consent.record(conn, "u", chat, False, "a message", number_at)
            contacts.learn(conn, "u", "shop", lid, chat)
        return consent.opted_out(conn, "u", f"0{DANA}"), consent.opted_out(conn, "u", f"1{DANA}")

    assert await db.write(work) == (False, True)


async def test_a_word_holds_for_every_name_that_any_connection_of_the_tenant_knows(db: Database) -> None:
    later = NOW + timedelta(hours=1)
    shop = {"id": "second", "tenant": "u", "name": "", "phone_number": "", "settings": {}, "state": "online"}

    def work(conn: Connection) -> None:
        conn.execute(insert(t.connections).values(**shop, state_since=NOW, created_at=NOW))
        contacts.learn(conn, "u", "shop", LID, DANA)
        contacts.learn(conn, "u", "second", "200000000000002@lid", DANA)
        assert consent.record(conn, "u", LID, True, "a message", NOW)
        names = (LID, DANA, "200000000000002@lid")
        assert [consent.opted_out(conn, "u", name) for name in names] == [True] * 3
        assert [consent.opted_out(conn, "other", name) for name in names] == [False] * 3
        assert consent.record(conn, "u", DANA, False, "a message", later)
        assert [consent.opted_out(conn, "u", name) for name in names] == [False] * 3

    await db.write(work)


async def test_who_takes_over_a_connection_s_id_gets_what_an_earlier_owner_got_too(db: Database) -> None:
    mine = replace(inbound(1, GROUP, DANA), tenant="other")
    theirs = replace(inbound(2, GROUP, DANA, wa_id=mine.wa_id), about_wa_id=mine.wa_id)

    def work(conn: Connection) -> None:
        assert inbox.add(conn, mine)
        stored = inbox.placed(conn, theirs)
        assert stored.about == ""
        assert inbox.add(conn, stored)
        assert not inbox.add(conn, replace(stored, id="in3"))

    await db.write(work)
