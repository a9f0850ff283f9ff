"""The way out, over a real database and a real hub; only WhatsApp itself is played."""

import asyncio
from datetime import timedelta

import pytest

from chatgrow_bot.errors import (
    BadInput,
    Conflict,
    ConnectionNotFound,
    ConnectionNotReady,
    IdempotencyMismatch,
    OptedOut,
    SendFailed,
    SendRefused,
)
from chatgrow_bot.messages import ConnectionState, Delivery, Drop, Inbound, Later, Outbound, Priority, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .delivering import NO_WAIT, becomes, send, states

DANA, NOAM = "+15551230001", "+15551230002"


def texts(session: FakeSession) -> list[str]:
    return [parcel.text for parcel in session.sent]


async def test_a_message_leaves_under_the_id_it_was_given_and_its_whole_life_is_told(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    queued = await send(bot, "hello")
    await becomes(bot, queued, State.SENT)
    assert [(p.text, p.wa_id, p.chat) for p in session.sent] == [("hello", queued.wa_id, "15551230001@c.us")]
    await session.acks(queued.wa_id, 3)
    await becomes(bot, queued, State.READ)
    assert await states(bot, queued) == ["queued", "claimed", "sending", "sent", "read"]


async def test_an_ack_never_goes_back(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    queued = await send(bot, "hello")
    await becomes(bot, queued, State.SENT)
    await session.acks(queued.wa_id, 3)
    await session.acks(queued.wa_id, 2)
    assert (await bot.running.hub.outbox.get(queued.tenant, queued.id)).state is State.READ


async def test_a_passing_failure_is_tried_again_under_the_same_id(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendFailed("busy"), SendFailed("busy")]
    queued = await send(bot, "hello")
    sent = await becomes(bot, queued, State.SENT)
    assert sent.attempts == 3
    assert {parcel.wa_id for parcel in session.sent} == {queued.wa_id}


async def test_it_gives_up_after_the_retries_with_the_reason(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [SendFailed("the page is busy") for _ in range(4)]
    failed = await becomes(bot, await send(bot, "hello"), State.FAILED)
    assert "the page is busy" in failed.reason
    assert "4 times" in failed.reason


async def test_a_refused_message_fails_at_once_and_the_next_one_goes(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.outcomes = [SendRefused("this number has no WhatsApp")]
    refused = await send(bot, "first")
    sent = await send(bot, "second")
    assert "no WhatsApp" in (await becomes(bot, refused, State.FAILED)).reason
    await becomes(bot, sent, State.SENT)
    assert len(session.sent) == 2


async def test_a_message_that_waits_for_its_retry_is_not_overtaken_in_its_chat(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"retryDelays": [300], "reconcileAfter": 0}})
    session = await bot.connect()
    session.outcomes = [SendFailed("busy")]
    first = await send(bot, "first")
    await becomes(bot, first, State.RETRY)
    second, other = await send(bot, "second"), await send(bot, "elsewhere", to=NOAM)
    await becomes(bot, other, State.SENT)
    await becomes(bot, second, State.SENT)
    assert texts(session) == ["first", "elsewhere", "first", "second"]


async def test_high_priority_goes_first(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.gate.clear()
    await send(bot, "under way")
    await session.sending.wait()
    for text, priority in (("low", Priority.LOW), ("normal", Priority.NORMAL), ("high", Priority.HIGH)):
        last = await send(bot, text, to=NOAM, priority=priority)
        if text == "low":
            lowest = last
    session.gate.set()
    await becomes(bot, lowest, State.SENT)
    assert texts(session) == ["under way", "high", "normal", "low"]


async def test_a_waiting_message_can_be_taken_back_and_a_sent_one_cannot(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    later = bot.clock.now() + timedelta(hours=1)
    waiting, sent = await send(bot, "later", send_at=later), await send(bot, "now")
    await becomes(bot, sent, State.SENT)
    outbox = bot.running.hub.outbox
    assert (await outbox.cancel(waiting.tenant, waiting.id)).state is State.CANCELLED
    with pytest.raises(Conflict):
        await outbox.cancel(sent.tenant, sent.id)


async def test_a_key_repeats_the_answer_and_not_the_message(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    outbox, tenant = bot.running.hub.outbox, bot.admin.user_id
    message = Outbound(to=DANA, text="once")
    both = await asyncio.gather(
        *(outbox.enqueue(tenant, "shop", message, source="test", key="k") for _ in range(20))
    )
    assert len({delivery.id for delivery in both}) == 1
    await becomes(bot, both[0], State.SENT)
    assert texts(session) == ["once"]
    with pytest.raises(IdempotencyMismatch):
        await outbox.enqueue(tenant, "shop", Outbound(to=DANA, text="other"), source="test", key="k")


async def test_unknown_foreign_and_unlinked_connections_are_refused(bot: TalkingBot) -> None:
    await bot.start()
    with pytest.raises(ConnectionNotFound) as missing:
        await send(bot, "hello")
    await bot.connect()
    outbox = bot.running.hub.outbox
    with pytest.raises(ConnectionNotFound) as foreign:
        await outbox.enqueue("somebody else", "shop", Outbound(to=DANA, text="hi"), source="test")
    assert str(missing.value) == str(foreign.value)
    bot.engine.on_open = lambda session: session.becomes(ConnectionState.QR, "code")
    await bot.running.hub.connections.create(bot.admin, "new", "New", "", {})
    with pytest.raises(ConnectionNotReady, match="never linked"):
        await outbox.enqueue(bot.admin.user_id, "new", Outbound(to=DANA, text="hi"), source="test")


class Filter(Plugin):
    verdicts: list[object] = []  # noqa: RUF012

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound | Drop | Later | None:
        verdict = self.verdicts.pop(0) if self.verdicts else None
        if isinstance(verdict, Exception):
            raise verdict
        return verdict  # type: ignore[return-value]


async def test_a_filter_changes_holds_and_drops(bot: TalkingBot) -> None:
    await bot.start(Filter)
    session = await bot.connect()
    Filter.verdicts = [
        Outbound(to="15551230001@c.us", text="HELLO"),
        Later(0.01, "not yet"),
        None,
        Drop("unwanted"),
    ]
    await becomes(bot, await send(bot, "hello"), State.SENT)
    held = await send(bot, "held")
    await becomes(bot, held, State.SENT)
    dropped = await becomes(bot, await send(bot, "dropped"), State.CANCELLED)
    assert texts(session) == ["HELLO", "held"]
    assert dropped.reason == "unwanted"
    assert (await states(bot, held))[:3] == ["queued", "claimed", "queued"]


async def test_a_message_past_its_time_to_live_is_not_sent(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = type(bot.engine)(clock.now)
    await bot.start()
    session = await bot.connect()
    due = clock.now() + timedelta(minutes=10)
    expired = await send(bot, "too late", send_at=due, ttl=timedelta(minutes=1))
    clock.advance(700)
    await becomes(bot, expired, State.EXPIRED)
    assert session.sent == []


async def test_messages_keep_their_distance_also_across_a_restart(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = type(bot.engine)(clock.now)
    pace = {"pacing": {"send": {"min": 30, "max": 30, "jitter": 0}, "reply": {"min": 0, "max": 0}}}
    await bot.start(settings=pace)
    await bot.connect()
    first, second = await send(bot, "first"), await send(bot, "second", to=NOAM)
    await becomes(bot, first, State.SENT)
    await bot.stop()
    await bot.start(settings=pace)
    session = await bot.online()
    clock.advance(29)
    third = await send(bot, "a note to see that the dispatcher has looked", priority=Priority.LOW)
    await bot.until(lambda conn: stored.in_state(conn, State.QUEUED), lambda rows: len(rows) == 2)
    assert session.sent == []
    clock.advance(1)
    await becomes(bot, second, State.SENT)
    assert texts(session) == ["second"]
    assert (await bot.running.hub.outbox.get(third.tenant, third.id)).state is State.QUEUED


async def test_who_said_stop_hears_nothing_more_until_start(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    await session.hears("STOP!")
    with pytest.raises(OptedOut):
        await send(bot, "an offer")
    await session.hears("start")
    await becomes(bot, await send(bot, "welcome back"), State.SENT)
    assert texts(session)[-1] == "welcome back"
    assert "an offer" not in texts(session)


async def test_a_logged_out_connection_keeps_its_queue(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    later = bot.clock.now() + timedelta(milliseconds=300)
    waiting = await send(bot, "patient", send_at=later)
    await session.logout()
    tenant, connections = bot.admin.user_id, bot.running.hub.connections
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    with pytest.raises(ConnectionNotReady, match="unlinked on the phone"):
        await send(bot, "no")
    await connections.reconnect(tenant, "shop")
    await becomes(bot, waiting, State.SENT)


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text=message.text, because="an echo")


async def test_a_reply_has_a_lane_of_its_own_and_does_not_wait_for_the_others(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = type(bot.engine)(clock.now)
    pace = {"pacing": {"send": {"min": 40, "max": 40, "jitter": 0}, "reply": {"min": 0, "max": 0}}}
    await bot.start(Echo, settings=pace)
    await bot.connect()
    await becomes(bot, await send(bot, "news", to=NOAM), State.SENT)
    waiting = await send(bot, "more news", to=NOAM)
    assert await bot.say("hello?") == ["hello?"]
    assert (await bot.running.hub.outbox.get(waiting.tenant, waiting.id)).state is State.QUEUED


async def test_a_message_is_not_planned_without_a_zone_or_for_another_life(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    now = bot.clock.now()
    with pytest.raises(BadInput, match="time zone"):
        await send(bot, "when?", send_at=now.replace(tzinfo=None))
    with pytest.raises(BadInput, match="more than a year"):
        await send(bot, "later", send_at=now.replace(year=9999))
    patient = await send(bot, "for ever", ttl=timedelta.max)
    assert patient.expires_at > now + timedelta(days=300)


async def test_an_engine_s_own_error_keeps_its_words_out_of_the_timeline(bot: TalkingBot) -> None:
    await bot.start(settings=NO_WAIT)
    session = await bot.connect()
    session.outcomes = [RuntimeError("cannot type 'hello dear customer'")]
    queued = await send(bot, "hello dear customer")
    await becomes(bot, queued, State.SENT)
    timeline = await bot.running.hub.outbox.timeline(queued.tenant, queued.id)
    assert "RuntimeError." in [entry.reason for entry in timeline]
