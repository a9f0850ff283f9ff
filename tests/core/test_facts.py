"""Facts told from a real journal: in order, at least once, each plugin at its own pace."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import delete

from chatgrow_bot.errors import ReceiverDown, StoreUnavailable
from chatgrow_bot.facts import POLL, RETRIES, keyed, next_key
from chatgrow_bot.messages import ConnectionChange, ConnectionState, Fault, Inbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import tables as t
from chatgrow_bot.store.database import Database

from .fakes import NOW, TENANT
from .scene import Scene, fails, listener


async def test_facts_are_told_in_order_from_the_head_on(db: Database) -> None:
    scene = Scene(db, crm=listener())
    await scene.say("before it ever listened")
    async with scene.reading("crm"):
        await scene.say("one", "two", "three")
        await scene.until_marked("crm", 4)
    assert scene.heard("crm") == ["one", "two", "three"]


async def test_what_happened_while_it_was_away_is_told_when_it_is_back(db: Database) -> None:
    first = Scene(db, crm=listener())
    async with first.reading("crm"):
        await first.say("one")
        await first.until(lambda: first.heard("crm") == ["one"])
        await first.until_marked("crm", 1)  # before that, it is told again
    await first.say("two")
    again = Scene(db, crm=listener())
    async with again.reading("crm"):
        await again.until(lambda: again.heard("crm") == ["two"])


async def test_after_a_crash_nothing_is_lost_and_what_is_told_again_has_the_same_keys(db: Database) -> None:
    async def killed(reader: object) -> None:
        raise KeyboardInterrupt  # the power goes after the telling, before the bookmark

    scene = Scene(db, crm=listener())
    position = await scene.facts.begin("crm")
    await scene.say("one")
    scene.facts._mark = killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await scene.facts.follow("crm", position)
    again = Scene(db, crm=listener())
    async with again.reading("crm"):
        await again.until(lambda: again.heard("crm") == ["one"])
    assert scene.plugin("crm").keys == again.plugin("crm").keys == ["fact:1:crm:0", "fact:1:crm:1"]


async def test_a_slow_plugin_delays_only_itself(db: Database) -> None:
    gate = asyncio.Event()
    scene = Scene(db, slow=listener(gate=gate), quick=listener())
    async with scene.reading("slow", "quick"):
        await scene.say("one", "two")
        await scene.until(lambda: scene.heard("quick") == ["one", "two"])
        assert scene.heard("slow") == []
        gate.set()
        await scene.until(lambda: scene.heard("slow") == ["one", "two"])


async def test_a_reader_stopped_in_the_middle_leaves_its_bookmark_where_it_was(db: Database) -> None:
    gate = asyncio.Event()

    class Slow(Plugin):
        @hook
        async def on_inbound(self, message: Inbound) -> None:
            if message.text == "two":
                gate.set()
                await asyncio.Event().wait()

    scene = Scene(db, slow=Slow)
    await scene.facts.begin("slow")
    await scene.say("one", "two")
    async with scene.reading("slow"):
        await gate.wait()
    assert await scene.bookmark("slow") == 1


async def test_a_fact_that_fails_five_times_is_parked_and_the_next_one_goes_on(db: Database) -> None:
    scene = Scene(db, crm=listener(fails))
    async with scene.reading("crm"):
        await scene.say("bad", "good")
        await scene.until(lambda: "good" in scene.heard("crm"), step=1.0)
    assert scene.heard("crm") == ["bad"] * 5 + ["good"]
    assert await scene.parked() == [("crm", 1)]
    reasons = [fault.reason for fault in scene.stage.faults]
    assert len(reasons) == 2  # asleep, and parked
    assert "left alone for 60 s" in reasons[0]
    assert reasons[1].startswith("fact 1 is set aside: on_inbound: ValueError at scene.py:")


async def test_tries_are_spread_out(db: Database) -> None:
    scene = Scene(db, crm=listener(fails))
    async with scene.reading("crm"):
        await scene.say("bad")
        for tries, wait in enumerate(RETRIES, start=1):
            await scene.until(lambda tries=tries: len(scene.heard("crm")) == tries)  # type: ignore[misc]
            scene.clock.advance(wait - 0.1)
            await asyncio.sleep(0.05)
            assert len(scene.heard("crm")) == tries
            scene.clock.advance(0.1)
        await scene.until(lambda: len(scene.heard("crm")) == 5)


async def test_a_receiver_that_is_down_is_waited_for_and_is_no_fault(db: Database) -> None:
    down = [True] * 20

    def trouble(text: str) -> None:
        if text == "two" and down:
            down.pop()
            raise ReceiverDown(30)

    scene = Scene(db, crm=listener(trouble))
    async with scene.reading("crm"):
        await scene.say("one", "two", "three")
        await scene.until(lambda: len(scene.heard("crm")) == 2)
        await scene.until_marked("crm", 1)
        await scene.until(lambda: "three" in scene.heard("crm"), step=10.0)
    assert scene.heard("crm") == ["one"] + ["two"] * 21 + ["three"]
    assert not scene.stage.faults
    assert await scene.parked() == []


async def test_a_sleeping_plugin_hears_its_facts_when_it_wakes(db: Database) -> None:
    scene = Scene(db, crm=listener())
    breaker = scene.stage.hooks.isolation._breakers["crm"]
    for _ in range(5):
        breaker.failed()
    async with scene.reading("crm"):
        await scene.say("one")
        await asyncio.sleep(0.1)
        assert scene.heard("crm") == []
        await scene.until(lambda: scene.heard("crm") == ["one"], step=10.0)


async def test_a_plugin_hears_only_its_tenants_and_only_what_it_listens_to(db: Database) -> None:
    scene = Scene(db)
    scene.stage.play(serves=lambda tenant: tenant != "t2", crm=listener())
    state = ConnectionState.ONLINE
    change = ConnectionChange(connection_id="c1", tenant=TENANT, state=state, previous=state, at=NOW)
    async with scene.reading("crm"):
        await scene.say("theirs", tenant="t2")
        await scene.tell(change)
        await scene.say("ours")
        await scene.until_marked("crm", 3)
    assert scene.heard("crm") == ["ours"]


async def test_a_message_erased_since_is_passed_over(db: Database) -> None:
    scene = Scene(db, crm=listener())
    await scene.facts.begin("crm")
    await scene.say("gone")
    await db.write(lambda conn: conn.execute(delete(t.inbox)).rowcount)
    async with scene.reading("crm"):
        await scene.say("there")
        await scene.until(lambda: scene.heard("crm") == ["there"])


async def test_a_plugin_does_not_hear_of_its_own_faults(db: Database) -> None:
    scene = Scene(db, crm=listener())
    async with scene.reading("crm"):
        for who in ("crm", "slack"):
            await scene.tell(Fault(where=who, reason="x", at=NOW))
        await scene.until(lambda: scene.heard("crm") == ["fault of slack"])


async def test_a_fact_that_cannot_be_read_is_parked(db: Database) -> None:
    scene = Scene(db, crm=listener())
    async with scene.reading("crm"):
        await db.write(
            lambda conn: (
                conn.execute(
                    t.journal.insert().values(at=NOW, hook="on_fault", tenant="", connection_id="", body={})
                ).rowcount
            )
        )
        await scene.say("next")
        await scene.until(lambda: scene.heard("crm") == ["next"])
    assert await scene.parked() == [("crm", 1)]


async def test_a_database_that_fails_for_a_while_makes_no_plugin_deaf(db: Database) -> None:
    scene = Scene(db, crm=listener())
    reads, failing = db.read, True

    async def read(work: Callable[..., object]) -> object:
        if failing:
            raise StoreUnavailable("the disk is away")
        return await reads(work)

    async with scene.reading("crm"):
        scene.facts._db.read = read  # type: ignore[method-assign, assignment]
        await scene.say("one")
        await asyncio.sleep(0.05)
        failing = False
        await scene.until(lambda: scene.heard("crm") == ["one"], step=1.0)


async def test_without_being_woken_it_looks_by_itself(db: Database) -> None:
    scene = Scene(db, crm=listener())
    async with scene.reading("crm"):
        await asyncio.sleep(0.05)
        scene.facts.poke = lambda: None  # type: ignore[method-assign]
        await scene.say("one")
        await asyncio.sleep(0.05)
        assert scene.heard("crm") == []
        await scene.until(lambda: scene.heard("crm") == ["one"], step=POLL)


def test_keys_are_numbered_within_a_fact_only() -> None:
    assert next_key() is None
    with keyed("fact:7:crm"):
        assert [next_key(), next_key()] == ["fact:7:crm:0", "fact:7:crm:1"]
        with keyed(None):
            assert next_key() is None
        assert next_key() == "fact:7:crm:2"
    assert next_key() is None
