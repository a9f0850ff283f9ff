"""Messages that cannot be sent without harm: what kills the hub, what is never clear, what a person does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import Conflict, SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import Delivery, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal, recovery
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .delivering import NO_WAIT, becomes, send

NOAM = "15551230002@c.us"


class Signature(Plugin):
    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound:
        return Outbound(to=message.to, text=f"{message.text} - the shop")


async def dies(bot: TalkingBot, *plugins: type[Plugin]) -> None:
    """As by a kill: whatever is in flight is left as it is. Then another process starts."""
    await bot.stop()
    await bot.start(*plugins, settings=DYING)


DYING = {"queue": {"retryDelays": [0, 0, 0], "reconcileAfter": 0, "drain": 0}}


class Killer(Plugin):
    """Never comes to an end about one message: its process has to be killed each time."""

    asked: asyncio.Event

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
        if message.text == "poison":
            self.asked.set()
            await asyncio.Event().wait()


async def alerts(bot: TalkingBot, message: Delivery) -> int:
    """How many alerts there are about a message."""
    entries = await bot.read(lambda conn: journal.read_after(conn, 0, 10_000))
    return sum(message.id in each.body["reason"] for each in entries if each.hook == "on_fault")


async def tried(bot: TalkingBot, message: Delivery, tries: int) -> bool:
    """Wait until a message is being sent for more than so many times; False when it is held instead."""
    row = await bot.until(
        lambda conn: outgoing(conn, message.tenant, message.id),
        lambda row: (
            row is not None
            and (
                row.delivery.state is State.QUARANTINED
                or (row.delivery.state is State.SENDING and row.delivery.attempts > tries)
            )
        ),
    )
    return row is not None and row.delivery.state is State.SENDING


async def test_a_message_that_kills_the_hub_when_it_is_sent_is_held_after_three_tries(
    bot: TalkingBot,
) -> None:
    bot.engine.on_open = lambda session: session.gate.clear()
    await bot.start(settings=DYING)
    await bot.connect()
    poison, tries = await send(bot, "poison"), 0
    while await tried(bot, poison, tries):
        tries += 1
        await dies(bot)
    assert tries == 3
    held = await bot.running.hub.outbox.get(poison.tenant, poison.id)
    assert "3 times it was not known whether it left" in held.reason
    assert await alerts(bot, poison) == 1
    (await bot.online()).gate.set()
    await becomes(bot, await send(bot, "the next in its chat"), State.SENT)


async def test_a_message_that_kills_the_hub_before_it_is_sent_is_held_too(bot: TalkingBot) -> None:
    Killer.asked = asyncio.Event()
    await bot.start(Killer, settings=DYING)
    await bot.connect()
    poison = await send(bot, "poison")
    for _ in range(3):
        await asyncio.wait_for(Killer.asked.wait(), 10)
        Killer.asked.clear()
        await dies(bot, Killer)
    held = await becomes(bot, poison, State.QUARANTINED)
    assert "cut short 3 times before it was handed over" in held.reason
    assert held.attempts == 0
    assert await alerts(bot, poison) == 1
    session = await bot.online()
    assert session.sent == []
    outbox = bot.running.hub.outbox
    assert (await outbox.cancel(poison.tenant, poison.id)).reason == "taken back by its sender"


async def test_a_look_up_that_kills_the_hub_does_not_go_on_for_ever(bot: TalkingBot) -> None:
    await bot.start(settings=DYING)
    session = await bot.connect()
    looked = asyncio.Event()

    async def find(chat: str, wa_id: str) -> Ack | None:
        looked.set()
        await asyncio.Event().wait()
        return None

    session.find = find  # type: ignore[method-assign]
    bot.engine.on_open = lambda opened: setattr(opened, "find", find)
    session.outcomes = [SendUnknown("timeout")]
    poison = await send(bot, "poison")
    for _ in range(3):
        await asyncio.wait_for(looked.wait(), 10)
        looked.clear()
        await dies(bot)
    held = await becomes(bot, poison, State.QUARANTINED)
    assert "was not found out" in held.reason


async def test_those_in_flight_when_the_hub_died_are_tried_one_at_a_time(bot: TalkingBot) -> None:
    """One of them may be what killed it: the other must not pay for it each time."""
    bot.engine.on_open = lambda session: session.gate.clear()
    await bot.start(settings=DYING)
    both = [await bot.connect("shop"), await bot.connect("other")]
    outbox, tenant = bot.running.hub.outbox, bot.admin.user_id
    for name in ("shop", "other"):
        await outbox.enqueue(tenant, name, Outbound(to=NOAM, text=name), source="test")
    for session in both:
        await session.sending.wait()
    await dies(bot)
    both = [await bot.online("shop"), await bot.online("other")]
    await bot.until(lambda conn: stored.in_state(conn, State.SENDING), lambda rows: len(rows) == 1)
    (waits,) = await bot.read(lambda conn: stored.in_state(conn, State.UNKNOWN))
    assert waits.recoveries == 0
    for session in both:
        session.gate.set()
    await bot.until(lambda conn: stored.in_state(conn, State.SENT), lambda rows: len(rows) == 2)


async def test_of_those_about_to_leave_when_the_hub_died_one_pays_for_each_death(bot: TalkingBot) -> None:
    """It is tried alone: the other is not even taken, for that would count."""

    Killer.asked = asyncio.Event()
    await bot.start(Killer, settings=DYING)
    for name in ("shop", "other"):
        await bot.connect(name)
        message = Outbound(to=NOAM, text="poison")
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, name, message, source="test")
    await bot.until(lambda conn: stored.in_state(conn, State.CLAIMED), lambda rows: len(rows) == 2)
    for _ in range(4):
        Killer.asked.clear()
        await dies(bot, Killer)
        await asyncio.wait_for(Killer.asked.wait(), 10)
    await dies(bot, Killer)
    held = await bot.until(lambda conn: stored.in_state(conn, State.QUARANTINED), lambda rows: len(rows) == 2)
    assert [row.recoveries for row in held] == [3, 3]


async def test_what_was_left_unclear_is_looked_up_one_at_a_time_after_a_death(bot: TalkingBot) -> None:
    """A look-up that is cut short counts: it must not be, by another that kills the hub."""
    under_way: list[str] = []
    at_once = 0

    async def find(chat: str, wa_id: str) -> Ack | None:
        nonlocal at_once
        under_way.append(wa_id)
        at_once = max(at_once, len(under_way))
        for _ in range(20):  # long enough for the other to be asked, too
            await bot.running.ground.db.write(lambda conn: None)
        under_way.remove(wa_id)
        return Ack(chat=chat, wa_id=wa_id, ack=1)

    bot.engine.on_open = lambda session: session.gate.clear()
    await bot.start(settings=DYING)
    both = [await bot.connect("shop"), await bot.connect("other")]
    for name in ("shop", "other"):
        message = Outbound(to=NOAM, text=name)
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, name, message, source="test")
    for session in both:
        await session.sending.wait()
    bot.engine.on_open = lambda session: setattr(session, "find", find)
    await dies(bot)
    await bot.until(lambda conn: stored.in_state(conn, State.SENT), lambda rows: len(rows) == 2)
    assert at_once == 1


async def test_a_held_message_is_sent_again_under_its_id_with_all_its_tries(bot: TalkingBot) -> None:
    await bot.start(Signature, settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")] * 3
    poison = await send(bot, "hello")
    held = await becomes(bot, poison, State.QUARANTINED)
    outbox = bot.running.hub.outbox
    assert [each.id for each in await outbox.held(held.tenant)] == [held.id]
    assert "a person decides" in await outbox.waits_for(held.tenant, held.id)
    session.outcomes = [SendFailed("busy")] * 3
    assert (await outbox.resend(held.tenant, held.id)).wa_id == poison.wa_id
    await becomes(bot, poison, State.SENT)
    assert {parcel.wa_id for parcel in session.sent} == {poison.wa_id}
    assert {parcel.text for parcel in session.sent} == {"hello - the shop"}
    with pytest.raises(Conflict, match="does not wait for a person"):
        await outbox.resend(held.tenant, held.id)


async def test_giving_up_a_held_message_says_that_it_may_have_left(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(settings={"queue": {"reconcileAfter": 0, "onUnknown": "hold"}})
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")]
    held = await becomes(bot, await send(bot, "hello", ttl=timedelta(hours=1)), State.QUARANTINED)
    outbox = bot.running.hub.outbox
    clock.advance(3601)
    with pytest.raises(Conflict, match="time to live ended"):
        await outbox.resend(held.tenant, held.id)
    assert "it may have left" in (await outbox.cancel(held.tenant, held.id)).reason
    await session.acks(held.wa_id, 1)  # and so it was
    assert (await outbox.get(held.tenant, held.id)).state is State.SENT


async def test_what_is_being_found_out_cannot_be_taken_back_yet(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"reconcileAfter": 3600}})
    session = await bot.connect()
    session.outcomes = [SendUnknown("timeout")]
    unclear = await becomes(bot, await send(bot, "hello"), State.UNKNOWN)
    outbox = bot.running.hub.outbox
    with pytest.raises(Conflict, match="may have left"):
        await outbox.cancel(unclear.tenant, unclear.id)
    assert "looked up" in await outbox.waits_for(unclear.tenant, unclear.id)


async def test_a_file_and_a_quote_are_looked_up_and_sent_again_like_words(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()

    async def bytes_of_it() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7 a menu"

    spool, tenant = bot.running.hub.spool, bot.admin.user_id
    media = await spool.from_stream(tenant, bytes_of_it(), filename="menu.pdf")
    first = await becomes(bot, await send(bot, "our menu", media=media), State.SENT)
    session.sent.clear()
    session.outcomes = [SendUnknown("timeout"), None, SendUnknown("timeout")]
    again = await becomes(bot, await send(bot, "our menu", media=media, about=first.id), State.SENT)
    session.arrives_anyway = True
    session.outcomes = [SendUnknown("timeout")]
    there = await becomes(bot, await send(bot, "and again", media=media, about=first.id), State.SENT)
    assert [parcel.wa_id for parcel in session.sent] == [again.wa_id, again.wa_id, there.wa_id]
    assert {parcel.media for parcel in session.sent} == {media}
    assert {parcel.about and parcel.about.wa_id for parcel in session.sent} == {first.wa_id}


async def test_an_ack_that_is_none_is_unclear(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"reconcileAfter": 3600}})
    session = await bot.connect()

    async def send_without_ack(parcel: Parcel) -> Ack:
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=0)

    session.send = send_without_ack  # type: ignore[method-assign]
    await becomes(bot, await send(bot, "hello"), State.UNKNOWN)


async def test_a_process_thought_dead_changes_nothing_any_more(bot: TalkingBot) -> None:
    """Past one machine: another process has taken the connection while this one was sending."""
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.gate.clear()
    session.outcomes = [SendRefused("no such number")]
    message = await send(bot, "hello")
    await session.sending.wait()

    def taken(conn: Connection) -> None:
        recovery.pick_up(conn, [message.id], 99, 3, bot.clock.now())
        row = outgoing(conn, message.tenant, message.id)
        assert row
        recovery.looks_up(conn, row, 99)

    await bot.running.ground.db.write(taken)
    session.gate.set()
    await bot.running.ground.db.write(lambda conn: None)
    await bot.stop()
    await bot.start(settings={"queue": {"reconcileAfter": 3600}})
    found = await bot.running.hub.outbox.get(message.tenant, message.id)
    assert found.state is State.UNKNOWN
