"""The way in, over a real database and a real hub; only WhatsApp itself is played."""

import asyncio
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import Connection, func, select

from chatgrow_bot.messages import ConnectionState, Drop, Fault, Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import explain
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


class Listener(Plugin):
    faults: ClassVar[list[Fault]]
    heard: ClassVar[asyncio.Event]

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        Listener.faults = []
        Listener.heard = asyncio.Event()

    @hook
    async def on_fault(self, fault: Fault) -> None:
        Listener.faults.append(fault)
        Listener.heard.set()


def stored_count(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(inbox)).scalar_one())


async def outcome(bot: TalkingBot, wa_id: str) -> str:
    return str(
        await bot.until(
            lambda conn: conn.execute(select(inbox.c.outcome).where(inbox.c.wa_id == wa_id)).scalar(), bool
        )
    )


async def test_a_message_that_the_page_shows_many_times_is_stored_and_answered_once(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    arrival = session.arrival("hello", DANA)
    await asyncio.gather(*(session.inlet.arrived(arrival) for _ in range(20)))
    await bot.rest()
    assert [parcel.text for parcel in session.sent] == ["you said hello"]
    assert await bot.read(stored_count) == 1


async def test_our_own_message_coming_back_is_no_news(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    assert await bot.say("hello") == ["you said hello"]
    parcel = session.sent[0]
    echo = session.arrival(parcel.text, DANA, wa_id=parcel.wa_id, from_me=True)
    await session.inlet.arrived(echo)
    assert await bot.read(stored_count) == 1


async def test_what_a_person_types_on_the_phone_is_stored_and_not_answered(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    typed = session.arrival("I will do it", DANA, from_me=True)
    await session.inlet.arrived(typed)
    assert await outcome(bot, typed.wa_id) == "from me"
    assert session.sent == []


async def test_an_old_message_is_stored_left_unanswered_and_somebody_is_told(bot: TalkingBot) -> None:
    await bot.start(Echo, Listener)
    session = await bot.connect()
    old = session.arrival("anybody?", DANA, at=bot.clock.now() - timedelta(minutes=3))
    await session.inlet.arrived(old)
    assert await outcome(bot, old.wa_id) == "unanswered"
    await asyncio.wait_for(Listener.heard.wait(), 10)
    assert "unanswered" in Listener.faults[0].reason
    assert session.sent == []


async def test_what_came_while_nobody_looked_is_found_and_answered_once(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await bot.say("before")
    missed = session.arrival("meanwhile", DANA)
    bot.engine.on_open = lambda new: new.waiting.append(missed)
    session.dead = True  # the next look finds it dead, and it is opened again
    session.inlet.changed()
    assert await outcome(bot, missed.wa_id) == "answered"
    await bot.rest()
    again = bot.engine.opened["shop"]
    assert again is not session
    assert [parcel.text for parcel in again.sent] == ["you said meanwhile"]


async def test_messages_of_a_chat_are_answered_one_after_the_other_and_chats_side_by_side(
    bot: TalkingBot,
) -> None:
    order: list[str] = []
    gate, begun = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            order.append(f"begin {message.text}")
            if message.text == "first":
                begun.set()
                await gate.wait()
            order.append(f"end {message.text}")
            return None

    await bot.start(Slow)
    session = await bot.connect()
    await session.hears("first", DANA)
    await begun.wait()
    second = await session.hears("second", DANA)
    other = await session.hears("elsewhere", NOAM)
    await outcome(bot, other.wa_id)
    assert order == ["begin first", "begin elsewhere", "end elsewhere"]
    gate.set()
    await outcome(bot, second.wa_id)
    assert order[3:] == ["end first", "begin second", "end second"]


async def test_a_stop_in_the_middle_of_answering_asks_again_and_answers_once(bot: TalkingBot) -> None:
    asked = asyncio.Event()

    class Stuck(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            asked.set()
            await asyncio.Event().wait()
            return None

    await bot.start(Stuck)
    session = await bot.connect()
    arrival = await session.hears("hello")
    await asked.wait()
    await bot.stop()
    bot.engine = FakeEngine(bot.clock.now)
    await bot.start(Echo)
    again = await bot.online()
    assert await outcome(bot, arrival.wa_id) == "answered"
    await bot.rest()
    assert [parcel.text for parcel in again.sent] == ["you said hello"]


async def test_two_bots_do_not_talk_for_ever(bot: TalkingBot) -> None:
    await bot.start(Echo, Listener)
    session = await bot.connect()
    text = "hello"
    for _ in range(20):
        answers = await bot.say(text)
        if not answers:
            break
        text = answers[-1]
    assert len(session.sent) == 6
    await asyncio.wait_for(Listener.heard.wait(), 10)
    assert "loop" in Listener.faults[0].reason
    assert await bot.say("I am another person", NOAM) == ["you said I am another person"]


async def test_a_dropped_message_is_kept_with_the_reason_and_not_answered(bot: TalkingBot) -> None:
    class Doorman(Plugin):
        @hook
        async def filter_inbound(self, message: Inbound) -> Drop:
            return Drop("not today")

    await bot.start(Doorman, Echo)
    session = await bot.connect()
    arrival = await session.hears("hello")
    assert await outcome(bot, arrival.wa_id) == "dropped"
    message_id = await bot.read(
        lambda conn: str(conn.execute(select(inbox.c.id).where(inbox.c.wa_id == arrival.wa_id)).scalar())
    )
    told = await bot.read(lambda conn: explain.lines(conn, message_id, bot.clock.now()))
    assert any("not today" in line for line in told)


async def test_an_answer_that_cannot_be_sent_is_a_fault_of_its_plugin_and_not_the_end(
    bot: TalkingBot,
) -> None:
    class Wrong(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to="nobody", text="hi")

    await bot.start(Wrong, Listener)
    session = await bot.connect()
    arrival = await session.hears("hello")
    assert await outcome(bot, arrival.wa_id) == "no answer"
    await asyncio.wait_for(Listener.heard.wait(), 10)
    assert "wrong" in Listener.faults[0].reason
    await bot.reaches("shop", ConnectionState.ONLINE)


async def test_half_an_emoji_and_a_nul_are_no_reason_to_lose_a_message(bot: TalkingBot) -> None:
    await bot.start(Echo)
    assert await bot.say("hi \ud83d and \0") == ["you said hi ? and \ufffd"]


async def test_a_chat_in_which_a_loop_was_cut_is_left_alone_for_a_while(bot: TalkingBot) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo)
    said = [await bot.say(f"message {number}") for number in range(7)]
    assert [len(each) for each in said] == [1, 1, 1, 1, 1, 1, 0]
    clock.advance(800)
    assert await bot.say("still there?") == []
    clock.advance(101)
    assert await bot.say("and now?") == ["you said and now?"]
