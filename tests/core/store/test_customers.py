"""What is kept about a person, on both databases: under each of his names, the newest of each field."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from chatgrow_bot.messages import Inbound
from chatgrow_bot.messages import Kind as MessageKind
from chatgrow_bot.store import contacts, customers, inbox, replies, retention
from chatgrow_bot.store.customer_tables import customers as rows
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.engines import writing_file

from .conftest import ready
from .test_outbox import NOW, ground

LID, DANA, GROUP = "100000000000001@lid", "15551230001@c.us", "120363000000000001@g.us"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(ground)
        yield db


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def test_of_two_names_the_tags_of_both_and_of_each_field_what_was_set_last(db: Database) -> None:
    def before(conn: Connection) -> None:
        customers.tag(conn, "u", DANA, ["vip", "gone"], at(1))
        customers.untag(conn, "u", DANA, ["gone"], at(2))
        customers.set_field(conn, "u", DANA, "city", "Haifa", at(3))
        customers.set_field(conn, "u", DANA, "forgotten", "", at(9))
        customers.set_field(conn, "u", LID, "city", "Jaffa", at(2))
        customers.set_field(conn, "u", LID, "forgotten", "once", at(4))
        customers.set_field(conn, "u", DANA, "shoe", "42", at(5))
        customers.set_field(conn, "u", DANA, "shoe", "", at(6))
        customers.set_field(conn, "u", LID, "shoe", "41", at(5))
        customers.tag(conn, "u", LID, ["lead"], at(10))
        customers.tag(conn, "other", LID, ["theirs"], at(11))
        assert contacts.learn(conn, "u", "shop", LID, DANA)

    await db.write(before)
    for name in (LID, DANA):
        known = await db.read(lambda conn, name=name: customers.kept(conn, "u", name))  # type: ignore[misc]
        assert known.tags == {"vip", "lead"}
        assert known.fields == {"city": "Haifa", "forgotten": "once"}
    assert (await db.read(lambda conn: customers.kept(conn, "other", LID))).tags == {"theirs"}
    await db.write(lambda conn: customers.set_field(conn, "u", LID, "city", "Eilat", at(12)))
    assert (await db.read(lambda conn: customers.kept(conn, "u", DANA))).fields["city"] == "Eilat"


async def test_a_row_of_which_it_is_not_known_when_each_field_was_set_counts_as_a_whole(db: Database) -> None:
    def before(conn: Connection) -> None:
        row: dict[str, Any] = {"tenant": "u", "tags": [], "set_at": None}
        conn.execute(insert(rows).values(person=DANA, fields={"city": "old"}, updated_at=at(1), **row))
        conn.execute(insert(rows).values(person=LID, fields={"city": "new"}, updated_at=at(2), **row))
        assert contacts.learn(conn, "u", "shop", LID, DANA)

    await db.write(before)
    assert (await db.read(lambda conn: customers.kept(conn, "u", DANA))).fields == {"city": "new"}


async def test_there_is_no_more_than_so_much_also_when_two_names_come_together(db: Database) -> None:
    def before(conn: Connection) -> None:
        for name, minutes in ((DANA, 1), (LID, 2)):
            left = customers.tag(conn, "u", name, [f"{name} {n:02}" for n in range(70)], at(minutes))
            assert len(left) == 6
            for number in range(64):
                assert customers.set_field(conn, "u", name, f"{name} {number}", "x", at(minutes))
            assert not customers.set_field(conn, "u", name, "one more", "x", at(minutes))
            assert customers.set_field(conn, "u", name, f"{name} 0", "y", at(minutes)), "that is none more"
        assert contacts.learn(conn, "u", "shop", LID, DANA)

    await db.write(before)
    known = await db.read(lambda conn: customers.kept(conn, "u", DANA))
    assert (len(known.tags), len(known.fields)) == (64, 64)
    assert all(each.startswith(LID) for each in (*known.tags, *known.fields)), "the newest"


def arrived(number: int, minutes: int, **more: Any) -> Inbound:
    where = {"id": f"in{number}", "tenant": "u", "connection_id": "shop", "chat": DANA, "wa_id": f"W{number}"}
    when = {"sent_at": at(minutes), "received_at": at(minutes)}
    return Inbound(**(where | when | more))


def removed(conn: Connection, *messages: Inbound) -> None:
    """They come, and go with time."""
    nothing = inbox.Ended("no answer", [])
    for message in messages:
        assert inbox.add(conn, message, nothing)
    ids = [message.id for message in messages]
    assert retention.IN.remove(conn, ids, at(1000)) == len(ids)


async def test_when_somebody_wrote_last_is_known_after_his_messages_are_gone(db: Database) -> None:
    now = {name: arrived(9, 2000, **more) for name, more in {
        "here": {},
        "in the group": {"chat": GROUP, "participant": DANA},
        "on another connection": {"connection_id": "other"},
        "another person": {"chat": LID},
    }.items()}  # fmt: skip

    def look(conn: Connection) -> dict[str, tuple[bool, Any]]:
        found = {name: customers.of(conn, message) for name, message in now.items()}
        return {name: (each.is_new, each.last_wrote) for name, each in found.items()}

    stranger: dict[str, tuple[bool, Any]] = dict.fromkeys(now, (True, None))
    assert await db.read(look) == stranger
    await db.write(lambda conn: removed(conn, arrived(1, 1, from_me=True)))
    assert await db.read(look) == stranger
    await db.write(lambda conn: removed(conn, arrived(2, 2, kind=MessageKind.REACTION)))
    known = {**stranger, "here": (False, None), "in the group": (False, None)}
    assert await db.read(look) == known
    await db.write(lambda conn: removed(conn, arrived(4, 4), arrived(3, 3)))
    await db.write(lambda conn: removed(conn, arrived(5, 1)))
    assert await db.read(look) == {**known, "here": (False, at(4))}
    await db.write(lambda conn: removed(conn, arrived(6, 6, chat=GROUP, participant=DANA)))
    known |= {"here": (False, at(4)), "in the group": (False, at(6))}
    assert await db.read(look) == known

    def more(conn: Connection) -> None:
        customers.tag(conn, "u", DANA, ["vip"], at(7))
        removed(conn, arrived(7, 7, chat=LID))
        assert contacts.learn(conn, "u", "shop", LID, DANA)

    await db.write(more)
    assert await db.read(look) == {**known, "here": (False, at(7)), "another person": (False, at(7))}
    assert (await db.read(lambda conn: customers.kept(conn, "u", DANA))).tags == {"vip"}


async def test_what_is_asked_for_each_message_is_found_by_an_index(sqlite_url: str) -> None:
    async with open_database(sqlite_url):
        pass
    engine, plans = writing_file(Path(sqlite_url.removeprefix("sqlite:///"))), list[str]()
    in_group = Inbound(
        id="in9",
        tenant="u",
        connection_id="shop",
        chat=GROUP,
        participant=DANA,
        wa_id="W",
        about="x",
        sent_at=NOW,
        received_at=NOW,
    )

    def look(conn: Connection) -> None:
        customers.of(conn, in_group)
        replies.count(conn, "shop", NOW)
        replies.from_elsewhere(conn, "shop", DANA, NOW)

    explained = list[tuple[str, Any]]()
    with engine.begin() as conn:
        raw: Any = conn.connection.driver_connection
        raw.set_trace_callback(lambda words: explained.append((words, ())))
        look(conn)
        raw.set_trace_callback(None)
        for words, _ in explained:
            if words.startswith("SELECT"):
                plans += [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {words}").fetchall()]
    engine.dispose()
    assert not [step for step in plans if step.startswith("SCAN") and "box" in step], plans
    for good in (
        "ix_inbox_participant (connection_id=? AND participant=? AND id<?)",
        "ix_inbox_chat (tenant=? AND connection_id=? AND chat=? AND id<?)",
        "ix_outbox_elsewhere (connection_id=? AND created_at>?)",
        "ix_outbox_replies_connection_id (connection_id=? AND created_at>?)",
    ):
        assert any(good in step for step in plans), plans
