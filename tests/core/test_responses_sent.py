"""What leaves because of a response: with its files, in its order, to somebody else, to one who opts out."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hooks import Limits
from chatgrow_bot.messages import FileNamed, Inbound, Lane, Outbound, Priority, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, OptOut, Response, Tag
from chatgrow_bot.store import consent, customers
from chatgrow_bot.store.tables import consent_ledger
from chatgrow_bot.testing import FakeClock, TalkingBot

from .answering import DANA, GROUP, LID, NOAM, OWNER, answers, ended, faults, results, sent_rows
from .delivering import send

PDF = b"%PDF-1.4 the menu"


@pytest.fixture
def menu(tmp_path: Path) -> Path:
    """A file in a folder that answers may be taken from."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "menu.pdf").write_bytes(PDF)
    return folder / "menu.pdf"


def roots(menu: Path) -> dict[str, Any]:
    return {"allowedMediaRoots": [str(menu.parent)]}


async def test_a_file_that_an_answer_names_is_sent_also_when_it_is_gone_by_then(
    bot: TalkingBot, menu: Path
) -> None:
    def give(message: Inbound, customer: Customer) -> Outbound:
        return Outbound(to=message.chat, text="here", file=FileNamed(path="menu.pdf", filename="Menu.pdf"))

    await bot.start(answers(give), settings=roots(menu))
    session = await bot.connect()
    await bot.running.hub.queue.pause("admin", "a look round")
    await session.hears("menu?")
    await ended(bot, "menu?")
    await asyncio.to_thread(menu.unlink)
    await bot.running.hub.queue.resume("admin")
    await bot.rest()
    [parcel] = session.sent
    assert parcel.media
    assert (parcel.text, parcel.media.filename, parcel.media.path.read_bytes()) == ("here", "Menu.pdf", PDF)


async def test_a_file_that_cannot_be_had_is_left_out_and_its_words_are_said(
    bot: TalkingBot, menu: Path
) -> None:
    def give(message: Inbound, customer: Customer) -> list[Outbound]:
        return [
            Outbound(to=message.chat, text="with words", file=FileNamed(path="/etc/passwd")),
            Outbound(to=message.chat, file=FileNamed(url="http://127.0.0.1:1/x.png")),
            Outbound(to=message.chat, file=FileNamed(upload_id="nobody-knows")),
            Outbound(to=message.chat, text="last"),
        ]

    await bot.start(answers(give), settings=roots(menu))
    assert await bot.say("menu?") == ["with words", "last"]
    said = await results(bot, "menu?", "file")
    assert len(said) == 3
    assert "not inside the allowed folders" in said[0]
    told = await bot.until(faults, lambda told: len(told) == 3)
    assert all("a file that 'answers' answers with cannot be had: " in each for each in told)


async def test_a_file_that_does_not_come_holds_its_chat_up_no_longer_than_an_answer_may_take(
    bot: TalkingBot,
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    def give(message: Inbound, customer: Customer) -> Outbound:
        return Outbound(
            to=message.chat, text="sorry", file=FileNamed(url=f"http://127.0.0.1:{port}/menu.pdf")
        )

    bot.patience = Limits(answer=0.5)
    await bot.start(answers(give), settings={"allowedHosts": [f"127.0.0.1:{port}"]})
    async with server:
        assert await bot.say("menu?") == ["sorry"]
    assert await results(bot, "menu?", "file") == ["it did not come in the time that an answer may take"]


async def test_a_plugin_sends_a_file_by_its_name_and_others_are_told_to_take_it_in_first(
    bot: TalkingBot, menu: Path
) -> None:
    named = FileNamed(path="menu.pdf")

    class Sender(Plugin):
        @hook
        async def on_inbound(self, message: Inbound) -> None:
            await self.bot.send(message.tenant, Outbound(to=NOAM, file=named))

    class Filter(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound) -> Outbound | None:
            return Outbound(to=message.to, file=named) if message.text == "spoil" else None

    await bot.start(Sender, Filter, settings=roots(menu))
    session = await bot.connect()
    await session.hears("hello")
    await bot.until(lambda conn: session.sent)
    assert session.sent[0].media
    with pytest.raises(BadInput, match="a file is taken in first"):
        await bot.running.hub.outbox.enqueue(
            bot.admin.user_id, "shop", Outbound(to=NOAM, file=named), source="test"
        )
    await send(bot, "spoil", NOAM)
    assert await bot.until(lambda conn: [each for each in faults(conn) if "named a file" in each])


async def test_what_follows_a_delayed_message_never_overtakes_it(bot: TalkingBot, clock: FakeClock) -> None:
    def give(message: Inbound, customer: Customer) -> list[Outbound]:
        later = clock.now() + timedelta(seconds=3)
        if message.text != "go":
            return [Outbound(to=message.chat, text="another answer")]
        return [
            Outbound(to=message.chat, text="one"),
            Outbound(to=message.chat, text="two", send_at=later, priority=Priority.LOW),
            Outbound(to=message.chat, text="three", priority=Priority.HIGH),
            Outbound(to=OWNER, text="to the owner"),
            Outbound(to=message.chat, text="four", send_at=clock.now() + timedelta(seconds=1)),
            Outbound(to=message.chat, text="five", send_at=later + timedelta(seconds=7)),
        ]

    await bot.start(answers(give))
    session = await bot.connect()
    assert await bot.say("go") == ["one"]
    assert await bot.say("hello?") == ["another answer"], "what comes next is not held up by a plan"
    clock.advance(2.9)
    await bot.rest()
    assert len(session.sent) == 2
    clock.advance(0.2)
    await bot.until(lambda conn: len(session.sent) == 6)
    mine = [parcel.text for parcel in session.sent if parcel.chat == DANA]
    assert mine == ["one", "another answer", "two", "three", "four"]
    clock.advance(7)
    await bot.rest()
    assert session.sent[-1].text == "five"


async def test_a_delayed_message_does_not_overtake_those_that_wait_for_their_pace(
    bot: TalkingBot, clock: FakeClock
) -> None:
    def give(message: Inbound, customer: Customer) -> list[Outbound]:
        soon = clock.now() + timedelta(seconds=1)
        unplanned = (Outbound(to=message.chat, text=f"{n}") for n in range(4))
        return [*unplanned, Outbound(to=message.chat, text="4", send_at=soon)]

    await bot.start(answers(give), settings={"pacing": {"reply": {"min": 2, "max": 2, "typing": False}}})
    session = await bot.connect()
    await session.hears("go")
    await ended(bot, "go")
    rows = await sent_rows(bot)
    assert [row.text for row in sorted(rows, key=lambda row: (row.due, row.id))] == list("01234")


async def test_an_answer_to_somebody_else_goes_at_the_human_pace_and_is_caused_by_the_message(
    bot: TalkingBot,
) -> None:
    def give(message: Inbound, customer: Customer) -> list[Outbound]:
        return [Outbound(to="+1 555 123 0009", text="an order"), Outbound(to=LID, text="thank you")]

    await bot.start(answers(give))
    session = await bot.connect()
    await session.hears("hello", DANA, lid=LID)
    await bot.until(lambda conn: len(session.sent) == 2)
    told, answered = await sent_rows(bot)
    assert (told.chat, told.lane, told.cause) == (OWNER, Lane.SEND, (await ended(bot, "hello")).id)
    assert (answered.chat, answered.lane) == (DANA, Lane.REPLY), "another name of whoever wrote"


async def test_two_hubs_do_not_loop_through_a_third_chat(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(answers(lambda message, customer: Outbound(to=OWNER, text=f"fwd: {message.text}")))
    session = await bot.connect()
    for number in range(10):
        await session.hears(f"fwd: {number}", NOAM)
        await ended(bot, f"fwd: {number}")
    outcomes = [(await ended(bot, f"fwd: {number}")).outcome for number in range(10)]
    assert outcomes == [*["answered"] * 6, "loop", *["silent"] * 3]
    assert len(await sent_rows(bot)) == 6


async def test_a_chat_that_many_customers_cause_messages_to_gets_no_more_than_so_many_and_nobody_is_silenced(
    bot: TalkingBot, clock: FakeClock
) -> None:
    def give(message: Inbound, customer: Customer) -> list[Outbound]:
        return [Outbound(to=OWNER, text="an order"), Outbound(to=message.chat, text="thank you")]

    await bot.start(answers(give))
    session = await bot.connect()
    for number in range(8):
        await session.hears(f"order {number}", f"1555123{number:04}@c.us")
        await bot.rest()
    rows = await sent_rows(bot)
    assert [sum(row.lane == lane for row in rows) for lane in (Lane.SEND, Lane.REPLY)] == [6, 8]
    assert (await ended(bot, "order 7")).outcome == "answered"
    assert "another chat, which had 6 automatic" in (await results(bot, "order 7", "loop breaker"))[0]
    assert await bot.until(lambda conn: [each for each in faults(conn) if "not sent to another chat" in each])


def _states(rows: Any) -> dict[str, str]:
    return {row.text: row.state for row in rows}


async def test_the_reply_given_with_an_opt_out_still_leaves_and_nothing_else_does(
    bot: TalkingBot, clock: FakeClock
) -> None:
    def give(message: Inbound, customer: Customer) -> Response | None:
        if message.text == "leave me alone":
            says = ("as you wish", "one more thing")
            return Response(
                messages=tuple(Outbound(to=message.chat, text=each) for each in says), deeds=(OptOut(),)
            )
        return Response(messages=(Outbound(to=message.chat, text="I am a bot"),))

    await bot.start(answers(give))
    session = await bot.connect()
    await send(bot, "an offer", DANA, send_at=clock.now() + timedelta(hours=1))
    await send(bot, "for Noam", NOAM, send_at=clock.now() + timedelta(hours=1))
    assert await bot.say("leave me alone") == ["as you wish"]
    assert _states(await sent_rows(bot)) == {
        "an offer": State.CANCELLED,
        "for Noam": State.QUEUED,
        "as you wish": State.SENT,
        "one more thing": State.CANCELLED,
    }
    assert await bot.say("leave me alone") == [], "he knows it by now"
    assert await bot.say("hello?") == []
    assert len(session.sent) == 1
    sources = await bot.read(lambda conn: conn.execute(select(consent_ledger.c.source)).scalars().all())
    assert sources[0] == f"plugin answers, message {(await ended(bot, 'leave me alone')).id}"
    clock.advance(100)
    assert await bot.say("START") != []
    assert await bot.say("hello?") == ["I am a bot"]


async def test_an_opt_out_without_a_reply_is_confirmed_as_a_stop_is_and_in_a_group_nobody_is_written_to(
    bot: TalkingBot,
) -> None:
    await bot.start(answers(lambda message, customer: Response(deeds=(OptOut(),))))
    session = await bot.connect()
    [told] = await bot.say("leave me alone")
    assert "START" in told
    await session.hears("me too", GROUP, participant=NOAM)
    await ended(bot, "me too")
    assert await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, NOAM))
    assert len(await sent_rows(bot)) == 1


async def test_what_is_done_stays_done_where_a_loop_is_cut(bot: TalkingBot, clock: FakeClock) -> None:
    def give(message: Inbound, customer: Customer) -> Response:
        tag = Tag(add=frozenset({message.text}))
        return Response(messages=(Outbound(to=message.chat, text="the same"),), deeds=(tag,))

    await bot.start(answers(give))
    for text in ("one", "two", "three"):
        await bot.say(text)
    assert (await ended(bot, "three")).outcome == "loop"

    def tags(conn: Connection) -> frozenset[str]:
        return customers.kept(conn, bot.admin.user_id, DANA).tags

    assert await bot.read(tags) == {"one", "two", "three"}
