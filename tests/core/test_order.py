"""Who waits for whom: within a chat, within its lanes, and behind the message that one is about."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import BadInput, SendFailed, SendUnknown
from chatgrow_bot.messages import Delivery, Drop, Inbound, Lane, Later, Outbound, State
from chatgrow_bot.payloads import Edit, Reaction
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import contacts
from chatgrow_bot.store.rows import outgoing
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .delivering import NO_WAIT, becomes, send, states

DANA, NOAM, LID = "15551230001@c.us", "15551230002@c.us", "100000000000001@lid"


def texts(session: FakeSession) -> list[str]:
    return [parcel.text for parcel in session.sent]


class Holds(Plugin):
    """Holds back, once, whatever says so, and answers customers."""

    seen: set[str] = set()  # noqa: RUF012

    @hook
    async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound | Later | Drop | None:
        first = delivery.id not in self.seen
        self.seen.add(delivery.id)
        match message.text:
            case "hold me" if first:
                return Later(60, "not yet")
            case "spoil me":
                return Outbound(to=message.to, text="x" * 70_000)
        return None

    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text="at once")


async def frozen(bot: TalkingBot, *plugins: type[Plugin], reconcile_after: float = 0) -> FakeClock:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(*plugins, settings={"queue": {"reconcileAfter": reconcile_after}})
    return clock


async def test_what_a_filter_holds_is_not_overtaken_by_a_younger_one_but_leaves_the_replies_alone(
    bot: TalkingBot,
) -> None:
    clock = await frozen(bot, Holds)
    session = await bot.connect()
    held = await send(bot, "hold me")
    await bot.until(
        lambda conn: outgoing(conn, held.tenant, held.id), lambda row: row and row.delivery.due > held.due
    )
    younger, other = await send(bot, "younger"), await send(bot, "elsewhere", to=NOAM)
    await becomes(bot, other, State.SENT)
    assert await bot.say("hello?") == ["at once"]
    waits = await bot.running.hub.outbox.waits_for(younger.tenant, younger.id)
    assert f"message {held.id}, which is queued (not yet) goes first" in waits
    assert "because not yet" in await bot.running.hub.outbox.waits_for(held.tenant, held.id)
    clock.advance(61)
    await becomes(bot, younger, State.SENT)
    assert texts(session) == ["elsewhere", "at once", "hold me", "younger"]
    assert (await bot.running.hub.outbox.get(held.tenant, held.id)).attempts == 1


async def test_a_remark_waits_until_its_message_has_left(bot: TalkingBot) -> None:
    clock = await frozen(bot)
    session = await bot.connect()
    later = clock.now() + timedelta(hours=1)
    target = await send(bot, "the price is 10", send_at=later)
    edit = await send(bot, "the price is 12", payload=Edit(), about=target.id)
    quote = await send(bot, "as I said", about=target.id)
    other = await send(bot, "elsewhere", to=NOAM)
    await becomes(bot, other, State.SENT)
    waits = await bot.running.hub.outbox.waits_for(edit.tenant, edit.id)
    assert f"the message that it is about has not left: {target.id}" in waits
    assert texts(session) == ["elsewhere"]
    clock.advance(3601)
    await becomes(bot, edit, State.SENT)
    await becomes(bot, quote, State.SENT)
    assert texts(session) == ["elsewhere", "the price is 10", "the price is 12", "as I said"]
    assert [parcel.about and parcel.about.wa_id for parcel in session.sent[2:]] == [target.wa_id] * 2


async def test_a_remark_on_what_never_leaves_says_so_and_a_quote_goes_without_it(bot: TalkingBot) -> None:
    clock = await frozen(bot)
    session = await bot.connect()
    target = await send(bot, "never mind", send_at=clock.now() + timedelta(hours=1))
    reaction = await send(bot, "", payload=Reaction(emoji="+"), about=target.id)
    quote = await send(bot, "as I said", about=target.id)
    await bot.running.hub.outbox.cancel(target.tenant, target.id)
    assert "never left" in (await becomes(bot, reaction, State.FAILED)).reason
    await becomes(bot, quote, State.SENT)
    assert [parcel.about for parcel in session.sent] == [None]


async def test_what_waits_for_a_message_goes_when_that_ends_because_its_reader_opted_out(
    bot: TalkingBot,
) -> None:
    class Quotes(Plugin):
        """Answers about the same message, in the other lane."""

        about = ""

        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            return Outbound(to=message.chat, text="as I said", about=self.about) if self.about else None

    clock = await frozen(bot, Quotes)
    session = await bot.connect()
    target = await send(bot, "the price is 10", to=NOAM, send_at=clock.now() + timedelta(hours=1))
    Quotes.about = target.id
    await session.hears("hello?", DANA)
    replies = select(outbox).where(outbox.c.lane == Lane.REPLY)
    assert await bot.until(lambda conn: conn.execute(replies).first())
    assert texts(session) == []
    await session.hears("stop", NOAM)
    await becomes(bot, target, State.CANCELLED)
    await bot.rest()
    assert sorted(parcel.chat for parcel in session.sent) == [DANA, NOAM]
    assert "as I said" in texts(session)


async def test_a_message_that_waits_in_any_way_never_leaves_after_its_time(bot: TalkingBot) -> None:
    clock = await frozen(bot, Holds, reconcile_after=30)
    session = await bot.connect()
    session.outcomes = [SendFailed("busy"), SendUnknown("timeout")]
    short = timedelta(seconds=25)
    retry = await send(bot, "retry", ttl=timedelta(seconds=4))
    await becomes(bot, retry, State.RETRY)
    unclear = await send(bot, "unclear", to=NOAM, ttl=short)
    await becomes(bot, unclear, State.UNKNOWN)  # until it is looked up, and not before the clock is turned
    held = await send(bot, "hold me", to="15551230003@c.us", ttl=short)
    await bot.until(
        lambda conn: outgoing(conn, held.tenant, held.id), lambda row: row and row.delivery.due > held.due
    )
    clock.advance(200)
    async with asyncio.timeout(20):
        for each in (retry, unclear, held):
            while (await bot.running.hub.outbox.get(each.tenant, each.id)).state is not State.EXPIRED:
                clock.advance(1)
                await bot.running.ground.db.write(lambda conn: None)
    assert texts(session) == ["retry", "unclear"]


async def test_what_a_filter_spoils_is_held_as_if_the_filter_had_failed(bot: TalkingBot) -> None:
    running = await bot.start(Holds, settings=NO_WAIT)
    session = await bot.connect()
    spoilt = await send(bot, "spoil me")
    held = await bot.until(
        lambda conn: outgoing(conn, spoilt.tenant, spoilt.id), lambda row: row and row.delivery.reason
    )
    assert held is not None
    assert (held.delivery.state, session.sent) == (State.QUEUED, [])
    assert "holds" in await running.hub.outbox.waits_for(spoilt.tenant, spoilt.id)


class Careless(Plugin):
    """Answers without a look at what an Outbound is."""

    wrong: dict[str, object] = {}  # noqa: RUF012

    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(**{"to": message.chat, "text": "hello", **self.wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ttl": 60},
        {"ttl": timedelta()},
        {"to": None},
        {"send_at": "tomorrow"},
        {"priority": 7},
        {"mentions": [1]},
    ],
    ids=str,
)
async def test_a_wrong_answer_of_a_plugin_is_refused_at_once_and_holds_nobody_up(
    bot: TalkingBot, wrong: dict[str, object]
) -> None:
    Careless.wrong = wrong
    await bot.start(Careless)
    assert await bot.say("hello?") == []
    Careless.wrong = {}
    assert await bot.say("and now?") == ["hello"]


async def test_nothing_wrong_is_stored_for_whoever_asks_directly(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    with pytest.raises(BadInput, match="'ttl' is a int"):
        await send(bot, "hello", ttl=60)


async def test_a_retry_under_a_linked_id_waits_its_turn_once_the_number_is_known(bot: TalkingBot) -> None:
    """Both names of one person are in flight when it is learnt who is who."""
    clock = await frozen(bot)
    session = await bot.connect()
    session.outcomes = [SendFailed("busy"), SendFailed("busy")]
    by_lid, by_number = await send(bot, "by lid", to=LID), await send(bot, "by number", to=DANA)
    await becomes(bot, by_lid, State.RETRY)
    await becomes(bot, by_number, State.RETRY)
    tenant = by_lid.tenant
    await bot.running.ground.db.write(lambda conn: contacts.learn(conn, tenant, "shop", LID, DANA))
    younger = await send(bot, "younger", to=LID)
    clock.advance(20)
    await becomes(bot, younger, State.SENT)
    assert texts(session)[2:] == ["by number", "by lid", "younger"]
    assert {parcel.chat for parcel in session.sent[2:]} == {DANA}


async def test_what_leaves_under_a_linked_id_comes_home_when_it_has_ended(bot: TalkingBot) -> None:
    await frozen(bot)
    session = await bot.connect()
    session.outcomes = [SendFailed("busy")]
    by_number = await send(bot, "by number", to=DANA)
    await becomes(bot, by_number, State.RETRY)  # holds the other name
    session.gate.clear()
    session.sending.clear()
    by_lid = await send(bot, "by lid", to=LID)
    await session.sending.wait()
    tenant = by_lid.tenant
    await bot.running.ground.db.write(lambda conn: contacts.learn(conn, tenant, "shop", LID, DANA))
    session.gate.set()
    await becomes(bot, by_lid, State.SENT)
    assert (await bot.running.hub.outbox.get(tenant, by_lid.id)).chat == DANA
    assert await states(bot, by_lid) == ["queued", "claimed", "sending", "sent"]
    assert by_lid.lane is Lane.SEND
