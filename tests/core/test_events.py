"""The journal as events: whoever reads it, from wherever he is, gets all of his own, once and in order."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import delete

from chatgrow_bot import events as module
from chatgrow_bot.events import Events
from chatgrow_bot.hub import Event, EventType, Wish, position_of
from chatgrow_bot.messages import CommandUse, Fault, Notice
from chatgrow_bot.store import journal, retention
from chatgrow_bot.store import tables as t
from chatgrow_bot.store.database import Database

from .fakes import NOW, TENANT
from .scene import Scene


async def fault(db: Database, reason: str, tenant: str = TENANT, minute: int = 0) -> None:
    at = NOW + timedelta(minutes=minute)
    told = Fault(where="here", reason=reason, tenant=tenant, at=at)
    await db.write(lambda conn: journal.tell(conn, told, at=at))


async def all_after(events: Events, wish: Wish, position: int, most: int) -> list[Event]:
    found: list[Event] = []
    while True:
        told = await events.after(wish, position, most)
        if told.position == position:
            return found
        found += told.events
        position = told.position


def reasons(events: Sequence[Event]) -> list[str]:
    return [event.data["reason"] for event in events]


@pytest.mark.parametrize("seed", range(3))
async def test_readers_far_behind_and_at_the_head_get_the_same(
    db: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(module, "_KEPT", 5)
    monkeypatch.setattr(module, "_BATCH", 3)
    chance, events = Random(seed), Events(db)
    written: dict[str, list[str]] = {"anna": [], "boris": [], "": []}
    heard: dict[str, list[str]] = {tenant: [] for tenant in written}
    places = dict.fromkeys(written, 0)
    for number in range(60):
        tenant = chance.choice(list(written))
        written[tenant].append(str(number))
        await fault(db, str(number), tenant)
        reader = chance.choice(list(written))  # some fall behind what is kept, others hear it at once
        told = await events.after(Wish(tenant=reader), places[reader], chance.randint(1, 4))
        heard[reader] += reasons(told.events)
        places[reader] = told.position
    for reader, place in places.items():
        heard[reader] += reasons(await all_after(events, Wish(tenant=reader), place, 4))
    assert heard == written
    many = await asyncio.gather(
        *(all_after(events, Wish(tenant="anna"), chance.randint(0, 61), 7) for _ in range(20))
    )
    for each in many:
        assert reasons(each) == written["anna"][len(written["anna"]) - len(each) :]


async def test_an_admin_hears_of_the_hub_and_of_nobody_else(db: Database) -> None:
    for tenant in ("anna", "boris", ""):
        await fault(db, tenant or "the hub", tenant)
    told = await Events(db).after(Wish(tenant="anna", hub_too=True), 0)
    assert reasons(told.events) == ["anna", "the hub"]
    assert told.position == 3


async def test_what_is_for_nobody_or_gone_is_passed_over(db: Database) -> None:
    scene, events = Scene(db), Events(db)
    await scene.say("erased since", "still there")
    use = CommandUse(name="status", by="anna", ok=True, at=NOW)
    await db.write(lambda conn: journal.tell(conn, use, at=NOW))
    await db.write(lambda conn: conn.execute(delete(t.inbox).where(t.inbox.c.text == "erased since")))
    told = await events.after(Wish(tenant=TENANT), 0)
    assert [event.data["text"] for event in told.events] == ["still there"]
    assert told.position == 3
    only = await events.after(Wish(tenant=TENANT, types=[EventType.STATUS]), 0)
    assert (only.events, only.position) == ([], 3)


async def test_a_notice_is_told_with_what_made_it(db: Database) -> None:
    said = {"topic": "order", "note": "A customer asks for a person", "by": "auto_reply", "because": "a:3"}
    notice = Notice(**said, message_id="m1", tenant=TENANT, connection_id="shop", at=NOW)
    await db.write(lambda conn: journal.tell(conn, notice, at=NOW))
    [event] = (await Events(db).after(Wish(tenant=TENANT, types=[EventType.NOTICE]), 0)).events
    assert event.data == {**said, "messageId": "m1", "connectionId": "shop"}
    assert json.loads(event.json)["type"] == "notice"
    assert not (await Events(db).after(Wish(tenant="another"), 0)).events


async def test_one_is_found_by_its_place_and_only_by_its_owner(db: Database) -> None:
    events = Events(db)
    await fault(db, "one")
    [event] = (await events.after(Wish(tenant=TENANT), 0)).events
    assert position_of(event.id) == event.position == 1
    assert await events.one(TENANT, 1) == event
    assert await events.one("another", 1) is None
    assert await events.one(TENANT, 2) is None
    assert [position_of(each) for each in ("", "-", "x-1", "17", "-1-2", "1" * 19 + "-1")] == [None] * 6


async def test_the_place_of_a_time_is_before_all_that_happened_then_or_later(db: Database) -> None:
    events = Events(db)
    assert await events.before(NOW) == 0
    for minute in (0, 10, 20, 20, 30):
        await fault(db, f"at {minute}", minute=minute)
    await db.write(lambda conn: conn.execute(delete(t.journal).where(t.journal.c.position == 2)))
    for minute, place in ((-5, 0), (0, 0), (5, 1), (20, 2), (25, 4), (30, 4), (31, 5)):
        found = await events.before(NOW + timedelta(minutes=minute))
        wanted = {1: (1, 2), 2: (1, 2)}.get(place, (place,))  # the second is gone: both are right
        assert found in wanted, minute
    assert await events.oldest() == 1


async def test_long_texts_are_read_and_kept_by_their_size(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT_SIZE", 5000)
    monkeypatch.setattr(module, "_BATCH_SIZE", 2000)
    monkeypatch.setattr(module, "_LOADED", 1)
    events = Events(db)
    await events.after(Wish(tenant=TENANT), 0)
    for number in range(30):
        await fault(db, f"{number} " + "x" * 1000)
    told = await events.after(Wish(tenant=TENANT), 0)
    assert 1 <= len(told.events) <= 3
    await events.after(Wish(tenant=TENANT), 30)
    assert sum(len(event.json) for event in events._latest) <= 5000
    found = await all_after(events, Wish(tenant=TENANT), 0, 100)
    assert [reason.split()[0] for reason in reasons(found)] == [str(number) for number in range(30)]


async def test_who_comes_after_a_silence_hears_what_happens_next_at_once(db: Database) -> None:
    events = Events(db)
    await events.after(Wish(tenant=TENANT), 0)
    for number in range(600):
        await fault(db, str(number))
    head = await events.head()
    await fault(db, "now")
    assert reasons((await events.after(Wish(tenant=TENANT), head)).events) == ["now"]


async def test_what_cannot_be_read_holds_up_nobody(db: Database) -> None:
    events = Events(db)
    await fault(db, "before")
    await fault(db, "half a character: \udce9")
    await fault(db, "of another version")
    await fault(db, "after")
    broken = t.journal.update().where(t.journal.c.position == 3).values(body={"what": "else"})
    await db.write(lambda conn: conn.execute(broken))
    told = await events.after(Wish(tenant=TENANT), 0)
    assert [json.loads(event.json)["data"]["reason"] for event in told.events] == [
        "before",
        "half a character: ?",
        "after",
    ]
    assert told.position == 4


async def test_it_is_known_from_where_on_all_are_kept(db: Database) -> None:
    events = Events(db)
    for number in range(6):
        await fault(db, str(number), minute=number)
    assert await events.oldest() == 1
    await db.write(lambda conn: journal.park(conn, "crm", journal.read_after(conn, 1, 1)[0], "bad", NOW))
    gone = await db.read(lambda conn: retention.FACTS.find(conn, NOW + timedelta(minutes=4), 100))
    await db.write(lambda conn: retention.FACTS.remove(conn, gone, NOW + timedelta(minutes=4)))
    assert await db.read(lambda conn: [each.position for each in journal.read_after(conn, 0, 9)]) == [2, 5, 6]
    assert await events.oldest() == 5  # one that was set aside is there still, and those around it are not
