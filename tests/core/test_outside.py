"""Messages from outside go the way of all messages: once, answered over their connection, kept whole or not
at all."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from chatgrow_bot.errors import ConnectionNotFound, StoreUnavailable
from chatgrow_bot.hub import Entered, FromOutside, Use
from chatgrow_bot.messages import ConnectionState, Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal, places
from chatgrow_bot.store.account_tables import webhook_uses
from chatgrow_bot.store.tables import inbox, jobs
from chatgrow_bot.testing import FakeClock, TalkingBot

from .delivering import becomes, send

SENDER = "15551230042@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound:
        return Outbound(to=message.chat, text=f"you said {message.text}", about=message.id)


async def bring(bot: TalkingBot, words: str = "hello", use: str = "", age: float = 0) -> Entered:
    at = bot.clock.now() - timedelta(seconds=age)
    said = FromOutside(sender=SENDER, text=words, sent_at=at)
    hub = bot.running.hub
    return await hub.inbox.bring_in(bot.admin.user_id, "shop", said, Use(id=use) if use else None)


def counts(conn: Connection) -> list[int]:
    tables = (inbox, webhook_uses, jobs)
    return [conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


async def test_it_is_answered_over_its_connection(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    assert (await bring(bot)).unanswered == ""
    await bot.rest()
    (parcel,) = session.sent
    assert (parcel.chat, parcel.text) == (SENDER, "you said hello")
    assert parcel.about is None, "WhatsApp has nothing to quote"


async def test_what_was_answered_while_the_connection_was_away_leaves_when_it_is_back(
    bot: TalkingBot,
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    await bring(bot)
    await bot.until(lambda conn: counts(conn)[2] == 0)
    assert session.sent == []
    session.becomes(ConnectionState.ONLINE)
    back = await bot.online()
    await bot.rest()
    assert [parcel.text for parcel in (*session.sent, *(back.sent if back is not session else ()))] == [
        "you said hello"
    ]


async def test_a_thousand_under_ten_ids_are_ten(bot: TalkingBot) -> None:
    await bot.start(Echo, settings={"inbound": {"repliesPerHour": 1000}})
    session = await bot.connect()
    entered = await asyncio.gather(*(bring(bot, use=f"msg_{n % 10}") for n in range(1000)))
    assert sum(each.is_news for each in entered) == 10
    assert len({each.message_id for each in entered}) == 10
    assert (await bot.read(counts))[:2] == [10, 10]
    await bot.rest()
    assert len(session.sent) == 2, "the loop breaker counts these as it counts all"


async def test_a_failing_store_keeps_neither_the_message_nor_its_id(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    no = "CREATE TRIGGER no BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no'); END"
    await bot.running.ground.db.write(lambda conn: conn.execute(text(no)))
    with pytest.raises(Exception, match="no"):
        await bring(bot, use="msg_1")
    assert await bot.read(counts) == [0, 0, 0]
    await bot.running.ground.db.write(lambda conn: conn.execute(text("DROP TRIGGER no")))
    first = await bring(bot, use="msg_1")
    assert first.is_news
    await bot.stop()
    await bot.start()
    again = await bring(bot, use="msg_1")
    assert (again.is_news, again.message_id) == (False, first.message_id)


async def test_an_id_is_not_used_on_a_connection_that_is_gone(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    await bot.running.hub.connections.delete(bot.admin.user_id, "shop")
    with pytest.raises(ConnectionNotFound):
        await bring(bot, use="msg_1")
    assert await bot.read(counts) == [0, 0, 0]


async def test_what_is_left_unanswered_is_said_at_once(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Echo, settings={"inbound": {"flood": {"messages": 3, "window": 60}}})
    await bot.connect()
    assert (await bring(bot, age=120)).unanswered == ""
    assert (await bring(bot, age=121)).unanswered == "it was 121 s old when first seen"
    assert "heeded" in (await bring(bot, "STOP")).unanswered
    assert (await bring(bot)).unanswered == "its chat writes more than is answered"
    await bot.running.hub.queue.stop("admin", "")
    clock.advance(600)
    assert (await bring(bot)).unanswered == "everything was stopped; nobody is asked"


async def test_a_repeat_does_not_count_as_a_flood(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(settings={"inbound": {"flood": {"messages": 3, "window": 60}}})
    await bot.connect()
    for _ in range(20):
        await bring(bot, use="msg_1")
    assert [(await bring(bot)).unanswered for _ in range(2)] == ["", ""]
    assert (await bring(bot)).unanswered != ""


async def test_the_clock_of_whoever_writes_is_no_word_about_ours(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    await bot.connect()
    for _ in range(5):
        await bring(bot, age=1000)
        clock.advance(10)

    def faults(conn: Connection) -> list[str]:
        found = [fact.body["reason"] for fact in journal.read_after(conn, 0, 1000) if fact.hook == "on_fault"]
        return [str(reason) for reason in found]

    async with asyncio.timeout(20):
        while not any("left unanswered" in reason for reason in await bot.read(faults)):
            clock.advance(60)
    assert not any("timedatectl" in reason for reason in await bot.read(faults))


async def test_a_failure_behind_its_commit_is_nothing_to_whoever_brought_it_in(bot: TalkingBot) -> None:
    at_once = {"send": {"min": 0, "max": 0, "jitter": 0}, "firstContacts": {"perDay": 1}}
    await bot.start(settings={"pacing": at_once})
    await bot.connect()
    await becomes(bot, await send(bot, "an offer", to="15551230043@c.us"), State.SENT)
    held = await send(bot, "your parcel", to=SENDER)
    await bot.until(places.promised)
    inbox: Any = bot.running.hub.inbox
    met, inbox._met = inbox._met, fails
    first = await bring(bot, use="msg_1")
    assert first.is_news
    assert await bot.read(places.promised)

    inbox._met = met  # he comes again, and is known: what waits for his first word leaves
    again = await bring(bot, use="msg_1")
    assert (again.is_news, again.message_id) == (False, first.message_id)
    await becomes(bot, held, State.SENT)


async def fails(connection_id: str, chat: str) -> None:
    raise StoreUnavailable("a test")
