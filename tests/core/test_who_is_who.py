"""Linked ids and phone numbers: one person, one chat, whichever of them WhatsApp uses."""

import asyncio

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.messages import ConnectionState, Inbound, Outbound, State
from chatgrow_bot.payloads import Reaction
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import consent, contacts
from chatgrow_bot.store.tables import consent_ledger, inbox, outbox
from chatgrow_bot.testing import FakeSession, TalkingBot

LID, DANA = "100000000000001@lid", "15551230001@c.us"
GROUP = "120363000000000001@g.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


@pytest.fixture
async def session(bot: TalkingBot) -> FakeSession:
    await bot.start(Echo)
    return await bot.connect()


async def chats(bot: TalkingBot, *, sent: bool = False) -> list[str]:
    table = outbox if sent else inbox
    return list(
        await bot.read(lambda c: c.execute(select(table.c.chat).order_by(table.c.id)).scalars().all())
    )


async def opted_out(bot: TalkingBot, person: str) -> bool:
    return await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, person))


async def test_once_the_number_is_known_the_chat_is_that_of_the_number(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("one", LID)
    await bot.rest()
    assert await chats(bot) == await chats(bot, sent=True) == [LID]
    await session.hears("two", DANA, lid=LID)
    await session.hears("three", LID)
    await bot.rest()
    assert await chats(bot) == await chats(bot, sent=True) == [DANA] * 3
    assert [parcel.chat for parcel in session.sent] == [LID, DANA, DANA]


async def test_the_same_message_under_both_names_is_stored_and_answered_once(
    bot: TalkingBot, session: FakeSession
) -> None:
    for sender, more in ((LID, {}), (DANA, {"lid": LID}), (LID, {})):
        await session.hears("hello", sender, wa_id="SAME", **more)
        await bot.rest()
    assert await chats(bot) == [DANA]
    assert len(session.sent) == 1


async def test_in_a_group_the_writer_is_known_by_his_number_also_for_what_he_wrote_before(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("one", GROUP, participant=LID, wa_id="SAME")
    await session.hears("one", GROUP, participant=DANA, wa_id="SAME", lid=LID)
    await session.hears("two", GROUP, participant=LID, mentions=(LID,))
    await bot.rest()
    rows = await bot.read(lambda conn: conn.execute(select(inbox).order_by(inbox.c.id)).all())
    assert [(row.chat, row.participant, row.text) for row in rows] == [
        (GROUP, DANA, "one"),
        (GROUP, DANA, "two"),
    ]
    assert rows[1].mentions == [DANA]


async def test_a_stop_said_under_the_linked_id_holds_for_the_number_and_a_later_start_wins(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("stop", LID)
    await session.hears("hello", DANA, lid=LID)
    assert await opted_out(bot, DANA)
    assert await opted_out(bot, LID)  # another connection may know this person by that alone
    ledger = await bot.read(lambda conn: conn.execute(select(consent_ledger.c.person)).scalars().all())
    assert ledger == [DANA]
    await session.hears("start", LID)
    assert not await opted_out(bot, DANA)


async def test_what_was_said_last_holds_when_both_names_come_together(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("stop", LID)
    await session.hears("start", DANA)
    await session.hears("hello", DANA, lid=LID)
    assert not await opted_out(bot, DANA)


async def test_a_word_said_on_one_connection_holds_on_another_that_knows_the_person_by_another_name(
    bot: TalkingBot, session: FakeSession
) -> None:
    other = await bot.connect("other")
    await session.hears("hello", DANA, lid=LID)
    await other.hears("stop", LID)
    assert await opted_out(bot, DANA)
    await session.hears("start", DANA)
    assert not await opted_out(bot, LID)
    await session.hears("stop", DANA)
    assert await opted_out(bot, LID)


async def test_a_stop_said_under_the_number_before_it_was_known_holds_for_the_linked_id(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("stop", DANA)
    await session.hears("hello", DANA, lid=LID)
    assert await opted_out(bot, LID)


async def test_a_remark_to_the_linked_id_still_finds_its_message_once_the_number_is_known(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("one", LID)
    await bot.rest()
    told = await bot.read(lambda conn: conn.execute(select(inbox.c.id)).scalar())
    await session.hears("two", DANA, lid=LID)
    liked = Outbound(to=LID, payload=Reaction(emoji="👍"), about=str(told))
    sent = await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", liked, source="test")
    assert sent.chat == DANA


async def test_what_waits_and_what_is_being_sent_under_the_linked_id_comes_along_and_stays_in_order(
    bot: TalkingBot, session: FakeSession
) -> None:
    send = bot.running.hub.outbox.enqueue
    session.gate.clear()
    for text in ("one", "two"):
        await send(bot.admin.user_id, "shop", Outbound(to=LID, text=text), source="test")
    await session.sending.wait()
    await session.hears("stop it, I said", DANA, lid=LID, from_me=True)  # of ourselves: teaches nothing
    assert set(await chats(bot, sent=True)) == {LID}
    await bot.running.ground.db.write(lambda c: contacts.learn(c, bot.admin.user_id, "shop", LID, DANA))
    await send(bot.admin.user_id, "shop", Outbound(to=DANA, text="three"), source="test")
    assert set(await chats(bot, sent=True)) == {DANA}
    assert len(session.sent) == 1  # the first still holds the chat, under whichever name
    session.gate.set()
    done = select(outbox.c.id).where(outbox.c.state == State.SENT)
    await bot.until(lambda conn: len(conn.execute(done).all()) == 3)
    assert [parcel.text for parcel in session.sent] == ["one", "two", "three"]


async def test_two_that_are_being_sent_under_both_names_stay_where_they_are(
    bot: TalkingBot, session: FakeSession
) -> None:
    session.gate.clear()
    await session.hears("hello", LID)  # answered in a lane of its own
    await session.sending.wait()
    for chat in (DANA, LID):
        await bot.running.hub.outbox.enqueue(
            bot.admin.user_id, "shop", Outbound(to=chat, text=chat), source="test"
        )
    async with asyncio.timeout(10):
        while len(session.sent) < 2:  # noqa: ASYNC110 (a list has no event)
            await asyncio.sleep(0.005)
    await session.hears(payload=Reaction(emoji="👍"), sender=DANA, lid=LID)  # so that nothing is added
    assert await chats(bot, sent=True) == [LID, DANA, DANA]
    session.gate.set()
    await bot.rest()


async def test_who_waits_under_the_linked_id_is_answered_in_the_chat_of_the_number_one_after_the_other(
    bot: TalkingBot,
) -> None:
    order: list[str] = []
    gate, begun = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound | None:
            order.append(f"{message.text} in {message.chat}")
            begun.set()
            await gate.wait()
            return Outbound(to=message.chat, text=message.text)

    await bot.start(Slow)
    session = await bot.connect()
    await session.hears("one", LID)
    await begun.wait()
    await session.hears("two", LID)
    await session.hears("three", DANA, lid=LID)
    assert order == [f"one in {LID}"]
    gate.set()
    await bot.rest()
    assert order == [f"one in {LID}", f"two in {DANA}", f"three in {DANA}"]
    assert [(parcel.chat, parcel.text) for parcel in session.sent] == [
        (DANA, "one"),
        (DANA, "two"),
        (DANA, "three"),
    ]


async def test_connections_learn_each_for_itself_and_a_deleted_one_forgets(
    bot: TalkingBot, session: FakeSession
) -> None:
    other = await bot.connect("other")
    await session.hears("hello", DANA, lid=LID)
    await other.hears("hello", LID)

    def known(conn: Connection) -> list[str]:
        return [contacts.canonical(conn, name, LID) for name in ("shop", "other")]

    assert await bot.read(known) == [DANA, LID]
    await bot.running.hub.connections.delete(bot.admin.user_id, "shop")
    assert await bot.read(known) == [LID, LID]
    await bot.reaches("other", ConnectionState.ONLINE)
