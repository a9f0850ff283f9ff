"""What is kept of a person, table by table, on every database: found under all names, and taken away."""

import importlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from chatgrow_bot.messages import State
from chatgrow_bot.store import consent, contacts, people, personal_messages, personal_rows, suppressions
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.bulk_tables import bulk_batches, bulk_rows
from chatgrow_bot.store.conversation_tables import dialogues
from chatgrow_bot.store.customer_tables import customers
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.people import Person
from chatgrow_bot.store.personal import page
from chatgrow_bot.store.personal_rows import without
from chatgrow_bot.store.tables import consent as consent_table
from chatgrow_bot.store.tables import idempotency, inbox, journal, outbox, plugin_store

from .conftest import ready
from .test_outbox import NOW, ground, message

CHAT, LID, FRIEND, GROUP = "972541112233@c.us", "123456789012345@lid", "972549998877@c.us", "1203630001@g.us"
DANA = Person(tenant="u", names=frozenset({CHAT, LID}))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url), carried={suppressions.KEY: b"k" * 32}) as db:
        await db.write(ground)
        yield db


def arrival(name: str, chat: str, participant: str = "", **more: Any) -> dict[str, Any]:
    told = {"id": name, "tenant": "u", "connection_id": "shop", "chat": chat, "participant": participant}
    said = {"from_me": False, "wa_id": name, "kind": "text", "text": f"text of {name}", "name": "Dana"}
    return {**told, **said, "mentions": None, "sent_at": NOW, "received_at": NOW, "outcome": "", **more}


def story(conn: Connection) -> None:
    """Hers, a friend's, and another tenant's of the same customer."""
    for row in (
        arrival("hers", CHAT),
        arrival("linked", LID),
        arrival("grouped", GROUP, CHAT),
        arrival("friend", FRIEND),
        arrival("mention", GROUP, FRIEND, text="ask @972541112233", mentions=[CHAT, FRIEND]),
        arrival("foreign", CHAT, tenant="other"),
    ):
        conn.execute(insert(inbox).values(**row))
    hers, caused, friends = (message(n) for n in (1, 2, 3))
    stored.add(conn, (hers, caused, friends))
    for each, values in (
        (hers, {"chat": CHAT, "state": State.SENT}),
        (caused, {"chat": FRIEND, "cause": "hers", "state": State.SENT}),
        (friends, {"chat": FRIEND}),
    ):
        conn.execute(update(outbox).where(outbox.c.id == each.delivery.id).values(**values))
        key = {"tenant": "u", "key": each.delivery.id, "digest": "", "message_id": each.delivery.id}
        conn.execute(insert(idempotency).values(**key, created_at=NOW))
    batch: dict[str, Any] = {"id": "b", "tenant": "u", "connection_id": "shop", "name": ""}
    batch |= {"state": "running", "reason": ""}
    batch |= {"accepted": 2, "rejected": 1, "asked": "", "request_id": "", "created_at": NOW}
    conn.execute(insert(bulk_batches).values(**batch))
    for number, to, chat in ((1, "+972 54-111-2233", CHAT), (2, FRIEND, FRIEND), (3, "972-541112233 ", "")):
        row = {"batch_id": "b", "number": number, "recipient": to, "chat": chat, "text": "hello", "own": True}
        conn.execute(insert(bulk_rows).values(**row, state="waiting", reason=""))
    for tenant in ("u", "other"):
        kept = {"tags": ["vip"], "fields": {}, "updated_at": NOW}
        conn.execute(insert(customers).values(tenant=tenant, person=CHAT, **kept))
        conn.execute(insert(plugin_store).values(instance="p", tenant=tenant, key=f"limits/{CHAT}", value=1))
        consent.record(conn, tenant, CHAT, True, "message x", NOW)
    for chat, participant in ((LID, ""), (GROUP, CHAT), (FRIEND, ""), (GROUP, FRIEND)):
        waits = {"connection_id": "shop", "chat": chat, "participant": participant, "tenant": "u"}
        asked = {"plugin": "p", "state": {"asked": "how many"}, "message_id": "hers", "asked_at": NOW}
        conn.execute(insert(dialogues).values(**waits, **asked, until=NOW))
    contacts.learn(conn, "u", "shop", LID, CHAT)
    fault = {"at": NOW, "hook": "on_fault", "tenant": "u", "connection_id": ""}
    for reason in ("no +972 54 111 2233", "no 9725411122334", "no 972549998877"):
        conn.execute(insert(journal).values(**fault, body={"where": "crm", "reason": reason, "at": "x"}))


async def found(db: Database, person: Person = DANA) -> dict[str, int]:
    """How much of what is found."""
    amounts: dict[str, int] = {}
    for kind in personal_rows.KINDS:
        after: Any = None
        while True:
            looked = await db.read(page(kind, person, after))
            amounts[kind.name] = amounts.get(kind.name, 0) + len(looked.found)
            after = looked.after
            if after is None:
                break
    return {name: amount for name, amount in amounts.items() if amount}


async def erase(db: Database, person: Person = DANA) -> None:
    for kind in personal_rows.KINDS:
        looked = await db.read(page(kind, person, None))
        keys = [each.key for each in looked.found]
        await db.write(lambda conn, kind=kind, keys=keys: kind.remove(conn, person, keys, NOW))  # type: ignore[misc]


def test_every_table_is_somebodys_or_nobodys() -> None:
    importlib.import_module("chatgrow_bot.store.upgrade")
    owned = [name for kind in personal_rows.KINDS for name in kind.tables]
    assert sorted({*owned, *personal_rows.OF_NOBODY}) == sorted(metadata.tables)
    assert not set(owned) & personal_rows.OF_NOBODY.keys()


async def test_a_person_is_found_under_all_names_and_all_of_it_goes(db: Database) -> None:
    await db.write(story)
    assert await db.read(lambda conn: people.find(conn, "u", CHAT)) == DANA
    assert await db.read(lambda conn: people.find(conn, "u", LID)) == DANA
    expected = {
        "idempotencyKeys": 2,
        "bulkRows": 2,
        "messagesOut": 2,
        "messagesIn": 3,
        "mentionsIn": 1,
        "events": 1,
        "pluginValues": 1,
        "dialogues": 2,
        "customer": 2,
        "consent": 2,
        "consentLedger": 1,
        "contactMap": 1,
    }
    assert await found(db) == expected
    await erase(db)
    assert await found(db) == {}


async def test_what_is_somebody_elses_stays(db: Database) -> None:
    await db.write(story)
    foreign = Person(tenant="other", names=DANA.names)
    before = await found(db, foreign)
    await erase(db)
    assert await found(db, foreign) == before
    friend = Person(tenant="u", names=frozenset({FRIEND}))
    assert await found(db, friend) == {
        "idempotencyKeys": 1,
        "bulkRows": 1,
        "messagesOut": 1,
        "messagesIn": 2,
        "mentionsIn": 1,
        "events": 1,
        "dialogues": 2,
    }

    def look(conn: Connection) -> tuple[Sequence[Any], Sequence[Any]]:
        rows = conn.execute(select(bulk_rows.c.number, bulk_rows.c.state).order_by(bulk_rows.c.number)).all()
        mention = select(inbox.c.text, inbox.c.mentions).where(inbox.c.id == "mention")
        return [tuple(row) for row in rows], tuple(conn.execute(mention).one())

    rows, mention = await db.read(look)
    assert rows == [(1, "cancelled"), (2, "waiting"), (3, "cancelled")]  # the send's own figures hold
    assert mention == ("ask @…", [FRIEND])


async def test_what_waits_or_is_being_sent_is_not_removed_from_under_its_sender(db: Database) -> None:
    rows = [message(n) for n in (1, 2)]
    await db.write(lambda conn: stored.add(conn, rows))
    ids = [row.delivery.id for row in rows]

    def work(conn: Connection) -> int:
        conn.execute(update(outbox).values(chat=CHAT))
        conn.execute(update(outbox).where(outbox.c.id == ids[1]).values(state=State.SENDING))
        assert personal_messages.OUT.remove(conn, DANA, ids, NOW) == 0
        assert personal_messages.cancel(conn, DANA, ids, NOW) == 1
        return personal_messages.OUT.remove(conn, DANA, ids, NOW)

    assert await db.write(work) == 1
    leaving = (State.SENDING,)
    left = await db.read(lambda conn: personal_messages.in_states(conn, DANA, ids, leaving))
    assert left == [ids[1]]


async def test_who_had_opted_out_stays_so_without_being_known(db: Database) -> None:
    await db.write(story)
    await erase(db)

    def known(conn: Connection) -> tuple[bool, Sequence[Any]]:
        out = consent.all_opted_out(conn, {("u", CHAT), ("u", FRIEND), ("other", FRIEND)})
        return out == {("u", CHAT)}, conn.execute(select(consent_table).filter_by(tenant="u")).all()

    assert await db.write(known) == (True, [])
    # a message that gets in by whichever road is stopped by what every claim looks at
    await db.write(lambda conn: suppressions.recall(conn, {("u", LID), ("u", FRIEND)}))
    assert await db.read(lambda conn: consent.opted_out(conn, "u", LID))
    assert not await db.read(lambda conn: consent.opted_out(conn, "u", FRIEND))


async def test_a_start_from_before_the_erase_lifts_nothing_and_one_after_it_does(db: Database) -> None:
    await db.write(story)
    await erase(db)
    both = {("u", CHAT), ("u", LID)}
    old = NOW - timedelta(minutes=1)
    assert not await db.write(lambda conn: suppressions.lift(conn, "u", DANA.names, old))
    assert await db.write(lambda conn: set(suppressions.among(conn, both))) == both
    later = NOW + timedelta(minutes=1)
    assert await db.write(lambda conn: consent.record(conn, "u", CHAT, False, "message y", later))
    assert await db.write(lambda conn: set(suppressions.among(conn, {("u", CHAT)}))) == set()


def test_a_number_is_known_however_it_is_spelled_and_not_inside_another() -> None:
    for text in (CHAT, "+972 54-111-2233", "(972) 541112233", f"limits/{LID}", "972.54.111.22.33!"):
        assert DANA.is_named_in(text), text
    for text in ("9725411122334", "1972541112233", "972541112234", "hello", ""):
        assert not DANA.is_named_in(text), text


def test_a_person_is_taken_out_of_values_and_what_is_others_stays() -> None:
    assert without(DANA, CHAT) is None
    assert without(DANA, 972541112233) is None
    assert without(DANA, [CHAT, FRIEND, None, True, 3]) == [FRIEND, None, True, 3]
    assert without(DANA, {CHAT: 1, FRIEND: 2}) == {FRIEND: 2}
    assert without(DANA, {"last": {"chat": CHAT, "note": "x"}, "count": 5}) == {"count": 5}
    assert without(DANA, [{"chat": CHAT, "note": "x"}, {"chat": FRIEND}]) == [{"chat": FRIEND}]
    assert without(DANA, {"numbers": [CHAT], "open": True}) == {"numbers": [], "open": True}
    unchanged = {"a": None, "b": [1, {"c": "d"}], "e": False}
    assert without(DANA, unchanged) == unchanged
