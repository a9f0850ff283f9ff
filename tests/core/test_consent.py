"""What happens when somebody says STOP or START: to what is queued for him, to what comes after, to him."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from chatgrow_bot.consent.languages import LANGUAGES
from chatgrow_bot.errors import OptedOut
from chatgrow_bot.hub import BatchState, BulkOrder, BulkRow, Content
from chatgrow_bot.messages import Delivery, Inbound, Lane, Outbound, State
from chatgrow_bot.outbox import Outbox
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import consent, explain, recovery
from chatgrow_bot.store import outbox as stored_outbox
from chatgrow_bot.store.tables import inbox, journal, outbox
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .arriving import stored
from .bulk.asking import becomes as batch_becomes
from .delivering import becomes, send

DANA, NOAM, LID = "15551230001@c.us", "15551230002@c.us", "100000000000001@lid"
GROUP = "120363000000000001@g.us"
STOPPED, BACK = LANGUAGES["en"].confirmation, LANGUAGES["en"].welcome


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


def said(session: FakeSession) -> list[tuple[str, str]]:
    return [(parcel.chat, parcel.text) for parcel in session.sent]


async def plan(bot: TalkingBot, to: str = DANA, connection: str = "shop", text: str = "later") -> Delivery:
    """A message for tomorrow."""
    message = Outbound(to=to, text=text, send_at=bot.clock.now() + timedelta(days=1))
    return await bot.running.hub.outbox.enqueue(bot.admin.user_id, connection, message, source="test")


async def delivery_of(bot: TalkingBot, delivery: Delivery) -> Delivery:
    return await bot.running.hub.outbox.get(delivery.tenant, delivery.id)


async def plan_bulk(bot: TalkingBot, people: Sequence[str]) -> str:
    rows = [BulkRow(number=n, to=to, content=Content(text="sale")) for n, to in enumerate(people, 1)]
    tomorrow = bot.clock.now() + timedelta(days=1)
    order = BulkOrder(connection_id="shop", rows=rows, duplicates=True, send_at=tomorrow)
    return (await bot.running.hub.bulk.take(bot.admin.user_id, order)).batch.batch_id


async def outcomes(bot: TalkingBot) -> dict[str, str]:
    rows = await bot.read(lambda conn: conn.execute(select(inbox.c.text, inbox.c.outcome)).all())
    return {row.text: row.outcome for row in rows}


async def test_a_stop_ends_all_that_is_queued_for_its_writer_whatever_his_name_and_nobody_elses(
    bot: TalkingBot,
) -> None:
    await bot.start()
    session = await bot.connect()
    other = await bot.connect("other")
    await session.hears("hello", DANA, lid=LID)
    his = [
        await plan(bot),
        await plan(bot, LID, "other"),
        await plan(bot, DANA, "other"),
        await plan(bot, LID),
    ]
    others = [await plan(bot, NOAM), await plan(bot, NOAM, "other"), await plan(bot, GROUP)]
    batch = await plan_bulk(bot, [DANA, NOAM, DANA])

    stop = await other.hears("הסר!", LID)  # on the connection that does not know his number
    ended = [await delivery_of(bot, each) for each in his]  # as soon as it is stored
    assert {(each.state, each.reason) for each in ended} == {(State.CANCELLED, consent.OPTED_OUT)}
    assert {(await delivery_of(bot, each)).state for each in others} == {State.QUEUED}
    rows = await bot.running.hub.bulk.results(bot.admin.user_id, batch, 10)
    assert [(row.state, row.reason) for row in rows] == [
        ("cancelled", consent.OPTED_OUT),
        ("waiting", ""),
        ("cancelled", consent.OPTED_OUT),
    ]
    await bot.rest()
    assert said(other) == [(LID, LANGUAGES["he"].confirmation)]
    assert said(session) == []
    facts = select(journal.c.body).where(journal.c.hook == "on_outbound")
    told = await bot.read(lambda conn: conn.execute(facts).scalars().all())
    assert {fact["id"] for fact in told if fact["state"] == "cancelled"} == {each.id for each in his}
    lines = await bot.read(lambda conn: explain.lines(conn, his[0].id, bot.clock.now()))
    assert any("cancelled  the person has opted out" in line for line in lines)
    [entry] = await bot.read(lambda conn: consent.ledger(conn, bot.admin.user_id, DANA))
    message = await stored(bot, stop.wa_id)
    assert entry == consent.Entry(
        opted_out=True, source=f"message {message.id}", word="הסר", at=message.sent_at
    )
    assert any(
        "consent: opted out: הסר" in line
        for line in await bot.read(lambda conn: explain.lines(conn, message.id, bot.clock.now()))
    )


async def test_it_is_confirmed_once_and_start_brings_back_what_comes_after_it(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    before = await plan(bot)
    for word in ("STOP", "stop!", "unsubscribe"):
        await session.hears(word)
    await bot.rest()
    assert said(session) == [(DANA, STOPPED)]
    for word in ("START", "start"):
        await session.hears(word)
        await bot.rest()
    assert (await delivery_of(bot, before)).state is State.CANCELLED
    assert said(session)[1:] == [(DANA, BACK), (DANA, "you said start")]
    await becomes(bot, await send(bot, "new"), State.SENT)
    ledger = await bot.read(lambda conn: consent.ledger(conn, bot.admin.user_id, DANA))
    assert [entry.opted_out for entry in ledger] == [True, True, True, False, False]


async def test_start_from_somebody_who_never_stopped_is_a_word_like_others(bot: TalkingBot) -> None:
    await bot.start(Echo)
    assert await bot.say("start") == ["you said start"]
    assert await bot.say("STOP") == [STOPPED]
    assert await outcomes(bot) == {"start": "answered", "STOP": "consent"}


async def test_no_answer_is_sent_where_none_is_wanted(bot: TalkingBot) -> None:
    await bot.start(
        Echo, settings={"consent": {"confirmation": False, "welcome": {"en": "Hi!"}, "stop": ["hop"]}}
    )
    assert [await bot.say(word) for word in ("hop", "hello", "start")] == [[], [], ["Hi!"]]


async def test_what_was_said_long_ago_is_heeded_in_silence(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    his = await plan(bot)
    await session.hears("STOP", at=bot.clock.now() - timedelta(days=3))
    assert (await delivery_of(bot, his)).state is State.CANCELLED
    await bot.rest()
    assert session.sent == []


async def test_what_is_being_sent_may_leave_and_nothing_that_starts_later(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    session.gate.clear()
    first, second = await send(bot, "one"), await send(bot, "two")
    await session.sending.wait()
    await session.hears("STOP")
    assert (await delivery_of(bot, second)).state is State.CANCELLED
    session.gate.set()
    await becomes(bot, first, State.SENT)
    await bot.rest()
    assert said(session) == [(DANA, "one"), (DANA, STOPPED)]


async def test_whoever_writes_to_him_is_told(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    held = await plan(bot, text="held")
    which = (outbox.c.id == held.id,)
    at = bot.clock.now()
    await bot.running.ground.db.write(lambda conn: recovery.quarantine(conn, which, at, "unclear"))
    assert await bot.say("STOP") == [STOPPED]
    assert (await delivery_of(bot, held)).state is State.QUARANTINED  # it may have left: a person decides
    with pytest.raises(OptedOut, match="START"):
        await bot.running.hub.outbox.resend(bot.admin.user_id, held.id)
    with pytest.raises(OptedOut, match="wants no messages"):
        await send(bot, "an offer")
    await send(bot, "to another", NOAM)
    await bot.running.hub.queue.pause("admin", "so that nothing is taken from the queue")
    hello = await session.hears("hello?")  # and he is answered, as far as the plugin knows
    message = await stored(bot, hello.wa_id)
    reply = select(outbox.c.state, outbox.c.reason).where(outbox.c.cause == message.id)
    assert await bot.read(lambda conn: conn.execute(reply).one()) == (State.CANCELLED, consent.OPTED_OUT)


async def test_nothing_else_passes_for_the_confirmation(bot: TalkingBot) -> None:
    class Poses(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            return Outbound(to=message.chat, text=STOPPED, because="he said stop")

    await bot.start(Poses)
    session = await bot.connect()
    await session.hears("STOP")
    await session.hears("hello")
    await bot.rest()
    assert said(session) == [(DANA, STOPPED)]


async def test_a_hub_that_dies_after_it_heard_confirms_it_once(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    his = await plan(bot)
    await bot.running.hub.queue.pause("admin", "so that it dies in between")
    await session.hears("STOP", wa_id="SAME")
    assert (await delivery_of(bot, his)).state is State.CANCELLED
    await bot.stop()
    await bot.start()
    await bot.running.hub.queue.resume("admin")
    session = await bot.online()
    await session.hears("STOP", wa_id="SAME")  # the sweep brings it again
    await bot.rest()
    assert said(session) == [(DANA, STOPPED)]


async def test_a_name_learnt_later_ends_what_is_queued_under_it(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    other = await bot.connect("other")
    his = await plan(bot, LID, "other")
    await session.hears("STOP", DANA)
    assert (await delivery_of(bot, his)).state is State.QUEUED  # nobody knows yet that it is for him
    await other.hears("hello", DANA, lid=LID)
    assert (await delivery_of(bot, his)).state is State.CANCELLED


async def test_programs_that_say_stop_and_start_for_ever_are_not_told_for_ever(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    for n in range(20):
        await session.hears(("STOP", "START")[n % 2])
        await bot.rest()
        clock.advance(1)
    assert said(session) == [(DANA, STOPPED), (DANA, BACK)] * 2
    assert set((await outcomes(bot)).values()) == {"consent"}  # and no loop was cut for it


async def plan_thousands(bot: TalkingBot, count: int) -> None:
    way_out, tenant = bot.running.hub.outbox, bot.admin.user_id
    assert isinstance(way_out, Outbox)
    message = Outbound(to=DANA, text="later", send_at=bot.clock.now() + timedelta(days=1))
    made = [way_out.draft(tenant, "shop", message, source="test", lane=Lane.SEND) for _ in range(count)]
    await bot.running.ground.db.write(lambda conn: stored_outbox.add(conn, made))


async def test_thousands_end_in_parts_of_a_bounded_size(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    count = 2 * 1000 + 300
    await plan_thousands(bot, count)
    await session.hears("STOP")

    def by_time(conn: Connection) -> Sequence[int]:
        ended = select(func.count()).where(outbox.c.state == State.CANCELLED)
        return conn.execute(ended.group_by(outbox.c.updated_at).order_by(outbox.c.updated_at)).scalars().all()

    assert await bot.until(by_time, lambda parts: sum(parts) == count) == [1000, 1000, 300]
    await bot.rest()
    assert said(session) == [(DANA, STOPPED)]


async def test_a_bulk_send_whose_people_have_all_opted_out_is_completed(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    batch = await plan_bulk(bot, [DANA, DANA])
    await session.hears("STOP")
    done = await batch_becomes(bot, batch, BatchState.COMPLETED)
    assert (done.counts, done.percent) == ({"cancelled": 2}, 100.0)
