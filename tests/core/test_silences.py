"""When nobody is asked to answer: a person took over, a loop was cut, the hour's replies are used up,
everything was stopped."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.payloads import Deletion, Edit, Reaction, Vote
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import explain, journal
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, TalkingBot

from .delivering import send

DANA, NOAM, GROUP = "15551230001@c.us", "15551230002@c.us", "120363000000000001@g.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


def outcomes(conn: Connection) -> dict[str, str]:
    return {row.text: row.outcome for row in conn.execute(select(inbox).order_by(inbox.c.id))}


def faults(conn: Connection) -> list[str]:
    facts = journal.read_after(conn, 0, 10_000)
    return [str(fact.body["reason"]) for fact in facts if fact.hook == "on_fault"]


async def told(bot: TalkingBot) -> list[str]:
    """Every fault so far; what was reported before this has been written."""
    await bot.running.ground.db.write(lambda conn: None)
    await asyncio.sleep(0)
    await bot.running.ground.db.write(lambda conn: None)
    return await bot.read(faults)


async def types(bot: TalkingBot, text: str = "I am here", chat: str = DANA, **more: Any) -> str:
    """A person writes from the phone itself; the id of the message."""
    session = await bot.online()
    arrival = session.arrival(text, chat, from_me=True, **more)
    await session.inlet.arrived(arrival)
    await bot.rest()
    return arrival.wa_id


async def test_a_person_who_types_on_the_phone_quiets_the_bot_in_that_chat_for_a_while(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo, settings={"inbound": {"takeOver": 600}})
    assert await bot.say("hello") == ["you said hello"]
    await types(bot)
    assert await bot.say("thank you") == []
    assert await bot.say("hello", NOAM) == ["you said hello"]
    clock.advance(599)
    assert await bot.say("are you there?") == []
    clock.advance(1)
    assert await bot.say("and now?") == ["you said and now?"]
    assert (await bot.read(outcomes))["thank you"] == "taken over"


async def test_it_says_why_nobody_answered(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo)
    await bot.connect()
    await types(bot)
    await bot.say("thank you")
    message_id = await bot.read(
        lambda conn: str(conn.execute(select(inbox.c.id).where(inbox.c.text == "thank you")).scalar())
    )
    told = await bot.read(lambda conn: "\n".join(explain.lines(conn, message_id, clock.now())))
    assert "guard: a person wrote from the phone at 12:00:00; left to him until 13:00:00 UTC" in told


async def test_the_next_word_of_the_person_prolongs_it_and_a_restart_does_not_end_it(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo, settings={"inbound": {"takeOver": 600}})
    await bot.connect()
    await types(bot, "first")
    clock.advance(500)
    await types(bot, "second")
    clock.advance(500)
    await bot.stop()
    await bot.start(Echo, settings={"inbound": {"takeOver": 600}})
    await bot.online()
    assert await bot.say("hello") == []
    clock.advance(100)
    assert await bot.say("hello") == ["you said hello"]


async def test_what_was_typed_long_ago_counts_by_when_it_was_typed(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo)
    await bot.connect()
    await types(bot, at=clock.now() - timedelta(minutes=61))
    assert await bot.say("hello") == ["you said hello"]
    await types(bot, at=clock.now() - timedelta(minutes=59))
    assert await bot.say("hello?") == []


async def test_what_was_typed_by_a_clock_that_is_ahead_does_not_quiet_for_longer(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo, settings={"inbound": {"takeOver": 600}})
    await bot.connect()
    await types(bot, at=clock.now() + timedelta(days=1))
    clock.advance(599)
    assert await bot.say("hello") == []
    clock.advance(1)
    assert await bot.say("hello?") == ["you said hello?"]


@pytest.mark.parametrize(
    "payload", [Reaction(emoji="\N{THUMBS UP SIGN}"), Edit(), Deletion(), Vote(options=("a",))]
)
async def test_a_reaction_an_edit_a_deletion_or_a_vote_takes_nothing_over(
    bot: TalkingBot, clock: FakeClock, payload: Reaction | Edit | Deletion | Vote
) -> None:
    await bot.start(Echo)
    await bot.connect()
    await types(bot, payload=payload, about="SOMETHING")
    assert await bot.say("hello") == ["you said hello"]


async def test_a_take_over_of_no_length_quiets_nobody(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo, settings={"inbound": {"takeOver": 0}})
    await bot.connect()
    await types(bot)
    assert await bot.say("hello") == ["you said hello"]


async def test_one_that_the_api_or_a_sister_connection_sent_takes_nothing_over(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    await bot.connect()
    other = await bot.connect("second")  # linked to the same account
    await bot.running.hub.connections.resume(bot.admin.user_id, "second")
    delivery = await send(bot, "from the API", DANA)
    for session in (bot.engine.opened["shop"], other):
        echo = session.arrival("from the API", DANA, wa_id=delivery.wa_id, from_me=True)
        await session.inlet.arrived(echo)
    assert await bot.read(outcomes) == {}
    assert "you said hello" in await bot.say("hello")


async def test_a_remark_of_our_own_that_the_page_tells_again_is_no_news(
    bot: TalkingBot, clock: FakeClock
) -> None:
    class Reacts(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to=message.chat, payload=Reaction(emoji="\N{PARTY POPPER}"), about=message.id)

    await bot.start(Reacts)
    await bot.connect()
    await bot.say("hooray")
    session = await bot.online()
    about = session.sent[0].about
    assert about
    for emoji in ("\N{PARTY POPPER}", "\N{THUMBS UP SIGN}"):
        echo = session.arrival(payload=Reaction(emoji=emoji), sender=DANA, about=about.wa_id, from_me=True)
        await session.inlet.arrived(echo)
    await bot.rest()
    kinds = await bot.read(
        lambda conn: conn.execute(select(inbox.c.kind).order_by(inbox.c.id)).scalars().all()
    )
    assert kinds == ["text", "reaction"], "the person's own is kept, ours is not"


async def test_a_loop_is_told_once_for_each_silence_and_the_second_silence_is_longer(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    assert [len(await bot.say(f"message {number}")) for number in range(8)] == [1, 1, 1, 1, 1, 1, 0, 0]
    clock.advance(900)
    assert [len(await bot.say(f"again {number}")) for number in range(8)] == [1, 1, 1, 1, 1, 1, 0, 0]
    assert len([each for each in await told(bot) if "loop" in each]) == 2
    clock.advance(3599)
    assert await bot.say("still?") == []
    clock.advance(1)
    assert await bot.say("and now?") == ["you said and now?"]


async def test_an_answer_of_several_is_cut_where_the_limit_is_and_silence_begins_there(
    bot: TalkingBot, clock: FakeClock
) -> None:
    class Chatty(Plugin):
        @hook
        async def answer(self, message: Inbound) -> list[Outbound]:
            return [Outbound(to=message.chat, text=f"{message.text} {n}") for n in range(4)]

    await bot.start(Chatty)
    assert [len(await bot.say(text)) for text in ("a", "b", "c")] == [4, 2, 0]
    assert list((await bot.read(outcomes)).values()) == ["answered", "loop", "silent"]
    assert len(await told(bot)) == 1


async def test_a_connection_falls_silent_when_its_replies_of_the_hour_are_used_up_and_says_so_once(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo, settings={"inbound": {"repliesPerHour": 5}})
    session = await bot.connect()
    people = [f"1555123{number:04d}@c.us" for number in range(20)]
    await asyncio.gather(*(session.hears("hello", each) for each in people))
    await bot.rest()
    assert len(session.sent) == 5
    said = list(await bot.read(lambda conn: conn.execute(select(inbox.c.outcome)).scalars().all()))
    assert (said.count("answered"), said.count("capped")) == (5, 15)
    assert await bot.say("hello?", DANA) == []
    assert len([each for each in await told(bot) if "fall silent" in each]) == 1
    clock.advance(3600)
    assert await bot.say("hello again") == ["you said hello again"]


async def test_a_persons_messages_are_never_counted(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo, settings={"inbound": {"repliesPerHour": 3}})
    await bot.connect()
    for number in range(10):
        await send(bot, f"by hand {number}", NOAM)
    assert await bot.say("hello") == ["you said hello"]


@pytest.mark.parametrize("chat", ["status@broadcast", "123456789012345@broadcast", "1203630000@newsletter"])
async def test_a_status_or_a_channel_is_not_written_to_us(
    bot: TalkingBot, clock: FakeClock, chat: str
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await session.hears("news for everybody", chat)
    await bot.rest()
    assert await bot.read(outcomes) == {}


async def test_nobody_is_asked_while_everything_is_stopped(bot: TalkingBot, clock: FakeClock) -> None:
    asked: list[str] = []

    class Curious(Plugin):
        @hook
        async def filter_inbound(self, message: Inbound) -> None:
            asked.append(message.text)

    await bot.start(Curious, Echo)
    session = await bot.connect()
    await bot.running.hub.queue.stop("admin", "a bad rule")
    await session.hears("hello")
    await bot.until(lambda conn: bool(outcomes(conn).get("hello")))
    assert await bot.read(outcomes) == {"hello": "stopped"}
    await session.hears("STOP")
    await bot.until(lambda conn: outcomes(conn).get("STOP") == "consent")
    await bot.running.hub.queue.resume("admin")
    assert await bot.say("hello again", NOAM) == ["you said hello again"]
    assert asked == ["hello again"]


async def test_while_the_queue_is_only_paused_answers_are_queued(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await bot.running.hub.queue.pause("admin", "a look round")
    await session.hears("hello")
    await bot.until(lambda conn: outcomes(conn).get("hello") == "answered")
    assert session.sent == []
    await bot.running.hub.queue.resume("admin")
    await bot.rest()
    assert [parcel.text for parcel in session.sent] == ["you said hello"]
