"""Ids of what was erased: known again for days, and told of nobody."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from chatgrow_bot.messages import State
from chatgrow_bot.store import consent, contacts, personal_messages, spent, suppressions
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.customer_tables import spent as table
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.tables import connections, inbox, outbox, places

from .conftest import ready
from .test_erasing import CHAT, DANA, LID, arrival
from .test_outbox import NOW, ground, message


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url), carried={suppressions.KEY: b"k" * 32}) as db:
        await db.write(ground)
        yield db


async def test_only_what_a_sweep_may_bring_again_is_marked(db: Database) -> None:
    """The hub was off for ten days: all since then comes again; what is older does not."""
    swept = NOW - timedelta(days=10)

    def work(conn: Connection) -> list[bool]:
        conn.execute(update(connections).values(swept_to=swept))
        ids = {"new": NOW, "away": swept - timedelta(hours=1), "old": swept - timedelta(days=2)}
        for name, at in ids.items():
            conn.execute(insert(inbox).values(**arrival(name, CHAT, sent_at=at, received_at=at)))
        personal_messages.IN.remove(conn, DANA, list(ids), NOW)
        marks = [spent.of_message("u", name, from_me=False) for name in ids]
        found = spent.among(conn, marks)
        assert spent.among(conn, [spent.of_message("other", "new", from_me=False)]) == {}
        assert spent.among(conn, [spent.of_message("u", "new", from_me=True)]) == {}
        return [mark in found for mark in marks]

    assert await db.write(work) == [True, True, False]


async def test_marks_go_after_days_but_not_before_a_sweep_has_passed_them(db: Database) -> None:
    later = NOW + timedelta(days=8)

    def work(conn: Connection) -> list[tuple[int, int]]:
        spent.keep(conn, [(spent.of_key("u", "k"), "m", NOW)])
        [key] = conn.execute(select(table.c.tenant, table.c.subject)).all()
        gone = []
        for swept in (NOW - timedelta(days=1), NOW + timedelta(days=1)):
            conn.execute(update(connections).values(swept_to=swept))
            assert spent.ended(conn, NOW, 10) == []  # young
            found = spent.ended(conn, later, 10)
            gone.append((len(found), spent.remove(conn, [(key.tenant, key.subject)], later)))
        return gone

    assert await db.write(work) == [(0, 0), (1, 1)]
    assert await db.read(lambda conn: conn.execute(select(table)).all()) == []


async def test_what_is_left_alone_keeps_its_place(db: Database) -> None:
    rows = [message(n) for n in (1, 2)]
    await db.write(lambda conn: stored.add(conn, rows))
    ids = [row.delivery.id for row in rows]

    def work(conn: Connection) -> list[str]:
        conn.execute(update(outbox).values(chat=CHAT, state=State.SENT))
        conn.execute(update(outbox).where(outbox.c.id == ids[1]).values(state=State.SENDING))
        for each in ids:
            place = {"connection_id": "shop", "ration": "warm-up", "holder": each, "at": NOW, "gone": True}
            conn.execute(insert(places).values(**place))
        assert personal_messages.OUT.remove(conn, DANA, ids, NOW) == 1
        return list(conn.execute(select(places.c.holder)).scalars())

    assert await db.write(work) == [ids[1]]


async def test_start_under_another_name_holds_once_both_are_known_as_one(db: Database) -> None:
    def work(conn: Connection) -> tuple[bool, bool]:
        suppressions.keep(conn, "u", {CHAT}, NOW)
        consent.record(conn, "u", LID, False, "message", NOW + timedelta(minutes=1))
        before = ("u", CHAT) in consent.all_opted_out(conn, {("u", CHAT)})
        contacts.learn(conn, "u", "shop", LID, CHAT)
        return before, bool(consent.all_opted_out(conn, {("u", CHAT), ("u", LID)}))

    assert await db.write(work) == (True, False)


async def test_the_mention_of_a_longer_number_stays(db: Database) -> None:
    said: dict[str, Any] = {"text": "ask @972541112233 or @9725411122334", "mentions": [CHAT]}

    def work(conn: Connection) -> str:
        conn.execute(insert(inbox).values(**arrival("mention", "1203630001@g.us", **said)))
        personal_messages.MENTIONS[0].remove(conn, DANA, ["mention"], NOW)
        return str(conn.execute(select(inbox.c.text)).scalar_one())

    assert await db.write(work) == "ask @… or @9725411122334"
