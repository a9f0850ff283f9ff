"""Second tries: what is looked up, when, and what is said again."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from chatgrow_bot.engine import Ack
from chatgrow_bot.errors import EngineError, SendFailed, SendUnknown
from chatgrow_bot.messages import ConnectionState, Delivery, Drop, Later, Outbound, State
from chatgrow_bot.outbox.dispatch import Dispatcher
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import consent
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .delivering import NO_WAIT, becomes, send, states

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


async def test_an_unclear_send_that_whatsapp_has_is_not_sent_again(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes, session.arrives_anyway = [SendUnknown("timeout")], True
    queued = await send(bot, "hello")
    await becomes(bot, queued, State.SENT)
    assert len(session.sent) == 1
    assert State.UNKNOWN in await states(bot, queued)


async def test_an_unclear_send_that_whatsapp_lacks_is_sent_again_under_the_same_id(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")]
    queued = await send(bot, "hello")
    await becomes(bot, queued, State.SENT)
    assert [parcel.wa_id for parcel in session.sent] == [queued.wa_id, queued.wa_id]


async def test_an_engine_s_own_crash_is_unclear_too(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [RuntimeError("a bug in the engine")]
    queued = await send(bot, "hello")
    await becomes(bot, queued, State.SENT)
    assert State.UNKNOWN in await states(bot, queued)


async def test_hold_leaves_an_unclear_send_to_a_person(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"reconcileAfter": 0, "onUnknown": "hold"}})
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")]
    await becomes(bot, await send(bot, "hello"), State.QUARANTINED)
    assert len(session.sent) == 1


async def test_after_three_recoveries_a_person_decides(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout") for _ in range(9)]
    await becomes(bot, await send(bot, "poison"), State.QUARANTINED)
    assert len(session.sent) == 3


class Signature(Plugin):
    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound:
        return Outbound(to=message.to, text=f"{message.text} - the shop")


async def test_a_filter_that_adds_to_a_message_adds_once_however_often_it_is_tried(bot: TalkingBot) -> None:
    await bot.start(Signature, settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendFailed("busy"), SendUnknown("timeout")]
    await becomes(bot, await send(bot, "hello"), State.SENT)
    assert [parcel.text for parcel in session.sent] == ["hello - the shop"] * 3


async def test_who_says_stop_while_the_filters_are_asked_gets_nothing(bot: TalkingBot) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
            asked.set()
            await gate.wait()

    await bot.start(Slow)
    session = await bot.connect()
    offer = await send(bot, "an offer")
    await asked.wait()
    await session.hears("STOP")
    gate.set()
    assert "opted out" in (await becomes(bot, offer, State.CANCELLED)).reason
    assert session.sent == []


async def test_what_was_said_last_counts_in_whatever_order_it_is_found(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    now = bot.clock.now()
    for word, age in (("start", 300), ("stop", 60), ("stop", 30), ("start", 45)):
        at = now - timedelta(seconds=age)
        await session.inlet.arrived(session.arrival(word, DANA, at=at))
    assert await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, DANA))
    await session.hears("start")
    assert not await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, DANA))


async def test_one_message_that_cannot_be_looked_up_does_not_keep_the_others_from_it(bot: TalkingBot) -> None:
    await bot.start(
        settings={"queue": {"reconcileAfter": 0}, "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}}}
    )
    session = await bot.connect()
    poison: set[str] = set()
    looks_up = session.find

    async def find(chat: str, wa_id: str) -> Ack | None:
        if wa_id in poison:
            raise EngineError("the page cannot say")
        return await looks_up(chat, wa_id)

    session.find = find  # type: ignore[method-assign]
    session.arrives_anyway = True
    session.outcomes = [SendUnknown("timeout"), SendUnknown("timeout")]
    session.gate.clear()
    first = await send(bot, "first")
    poison.add(first.wa_id)
    await session.sending.wait()
    second = await send(bot, "second", to=NOAM)
    session.gate.set()
    await becomes(bot, second, State.SENT)
    await becomes(bot, first, State.UNKNOWN)


async def test_a_page_that_has_just_come_back_is_not_asked_what_became_of_a_message(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(settings={"queue": {"reconcileAfter": 30}})
    session = await bot.connect()
    session.outcomes, session.arrives_anyway = [SendUnknown("timeout")], True
    unclear = await send(bot, "hello")
    await becomes(bot, unclear, State.UNKNOWN)
    clock.advance(29)
    session.dead = True
    session.inlet.changed()
    async with asyncio.timeout(10):
        await bot.engine.tried_again.wait()
    again = await bot.online()
    clock.advance(2)  # it is empty yet: an answer now would have the message sent twice
    other = await send(bot, "to another", to=NOAM)
    await becomes(bot, other, State.SENT)
    assert (await bot.running.hub.outbox.get(unclear.tenant, unclear.id)).state is State.UNKNOWN
    again.page[unclear.wa_id] = Ack(chat=DANA, wa_id=unclear.wa_id, ack=2)
    clock.advance(30)
    await becomes(bot, unclear, State.DELIVERED)
    assert [parcel.text for parcel in again.sent] == ["to another"]
    assert (await bot.reaches("shop", ConnectionState.ONLINE)).connection_id == "shop"


async def test_a_clock_that_was_set_back_silences_a_lane_for_one_gap_at_most(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    pace = {"pacing": {"send": {"min": 30, "max": 30, "jitter": 0}, "reply": {"min": 0, "max": 0}}}
    await bot.start(settings=pace)
    session = await bot.connect()
    await becomes(bot, await send(bot, "first"), State.SENT)
    clock.advance(-3600)
    second = await send(bot, "second", to=NOAM)
    async with asyncio.timeout(10):
        while len(session.sent) < 2:
            clock.advance(1)
            await bot.running.ground.db.write(lambda conn: None)  # behind whatever the way out has begun
    await becomes(bot, second, State.SENT)
    assert clock.now() < second.created_at + timedelta(seconds=60)


async def test_a_turn_that_failed_before_it_took_anything_is_tried_again(
    bot: TalkingBot, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fails(*_: object) -> None:
        failed.set()
        raise RuntimeError("our own fault")

    await bot.start()
    await bot.connect()
    with monkeypatch.context() as broken:
        broken.setattr(Dispatcher, "_claim", fails)
        waits = await send(bot, "hello")
        await asyncio.wait_for(failed.wait(), 10)
        await bot.running.ground.db.write(lambda conn: None)  # the turn is over
    clock.advance(5)
    await becomes(bot, waits, State.SENT)


class Impatient(Plugin):
    asked = 0

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Later | Drop:
        Impatient.asked += 1
        return Later(0) if Impatient.asked < 100 else Drop("enough")


async def test_a_filter_that_says_later_at_once_does_not_make_the_queue_spin(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Impatient)
    await bot.connect()
    held = await send(bot, "hello")
    await bot.until(
        lambda conn: outgoing(conn, held.tenant, held.id), lambda row: row and row.delivery.due > held.due
    )
    other = await send(bot, "other", to=NOAM)
    await bot.until(
        lambda conn: outgoing(conn, other.tenant, other.id), lambda row: row and row.delivery.due > other.due
    )
    assert Impatient.asked == 2


async def test_what_waits_goes_on_when_the_clock_is_set_back_by_an_hour(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(
        settings={"pacing": {"send": {"min": 30, "max": 30, "jitter": 0}, "reply": {"min": 0, "max": 0}}}
    )
    session = await bot.connect()
    sent = [await send(bot, f"message {number}", to=NOAM) for number in range(4)]
    await becomes(bot, sent[0], State.SENT)
    clock.advance(-3600)
    passed, health = 0, cast(Any, bot.running.hub.health)
    async with asyncio.timeout(20):
        while len(session.sent) < len(sent):
            clock.advance(1)
            passed += 1
            await health.look()  # as it does each minute; and behind whatever the way out has begun
    assert passed < 300
    assert [parcel.text for parcel in session.sent] == [f"message {number}" for number in range(4)]


async def test_an_engine_that_cancels_its_own_work_ends_no_worker_and_leaves_nothing_in_between(
    bot: TalkingBot,
) -> None:
    await bot.start(settings={"queue": {"concurrency": 1, "reconcileAfter": 0}})
    session = await bot.connect()
    session.outcomes = [asyncio.CancelledError()]  # type: ignore[list-item]
    first = await send(bot, "first")
    other = await send(bot, "another", to=NOAM)
    await becomes(bot, other, State.SENT)
    await becomes(bot, first, State.SENT)
    assert [parcel.text for parcel in session.sent].count("another") == 1


async def test_no_message_is_looked_up_before_the_page_had_time_to_show_it(bot: TalkingBot) -> None:
    """Another one's look comes at its own time, and would find this one missing."""
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(settings={"queue": {"reconcileAfter": 30}})
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout"), SendUnknown("timeout")]
    early = await send(bot, "early")
    await becomes(bot, early, State.UNKNOWN)
    clock.advance(29)
    late = await send(bot, "late", to=NOAM)
    await becomes(bot, late, State.UNKNOWN)
    clock.advance(2)
    await becomes(bot, early, State.SENT)  # looked up, missing, sent again
    assert await states(bot, late) == [State.QUEUED, State.CLAIMED, State.SENDING, State.UNKNOWN]
    session.page[late.wa_id] = Ack(chat=NOAM, wa_id=late.wa_id, ack=1)  # there it is
    clock.advance(28)
    await becomes(bot, late, State.SENT)
    assert [parcel.text for parcel in session.sent] == ["early", "late", "early"]


async def _passing(bot: TalkingBot, clock: FakeClock, seconds: int) -> None:
    """Time that passes second by second, while everything goes on."""
    async with asyncio.timeout(20):
        for _ in range(seconds):
            clock.advance(1)
            await bot.running.ground.db.write(lambda conn: None)


async def test_unclear_messages_are_looked_up_although_the_clock_was_set_back(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(settings={"queue": {"reconcileAfter": 30}})
    session = await bot.connect()
    session.outcomes, session.arrives_anyway = [SendUnknown("timeout")], True
    unclear = await send(bot, "hello")
    await becomes(bot, unclear, State.UNKNOWN)
    clock.advance(-3600)
    await _passing(bot, clock, 120)
    await becomes(bot, unclear, State.SENT)


async def test_unclear_messages_are_looked_up_in_time_after_a_start_with_the_clock_set_back(
    bot: TalkingBot,
) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    settings = {"queue": {"reconcileAfter": 30}}
    await bot.start(settings=settings)
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")]
    unclear = await send(bot, "hello")
    await becomes(bot, unclear, State.UNKNOWN)
    await bot.stop()
    clock.advance(-3600)
    await bot.start(settings=settings)
    await bot.online()
    await _passing(bot, clock, 60)  # it counts from when it is in sync, which is a moment after it is online
    await becomes(bot, unclear, State.SENT)
