"""Every kind of message that can come in: what is kept of it, whether anybody is asked to answer it."""

import asyncio
from dataclasses import replace
from typing import ClassVar

import pytest
from sqlalchemy import select

from chatgrow_bot.errors import MessageNotFound
from chatgrow_bot.messages import Inbound, Kind, Outbound
from chatgrow_bot.payloads import (
    Contacts,
    Deletion,
    Edit,
    Location,
    Payload,
    Person,
    Poll,
    Reaction,
    Vote,
)
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import consent, explain
from chatgrow_bot.store.tables import inbox, jobs, journal
from chatgrow_bot.testing import FakeSession, TalkingBot

from .arriving import stored

DANA, GROUP = "15551230001@c.us", "120363000000000001@g.us"


class Echo(Plugin):
    """Answers whatever it is asked about, and hears all facts."""

    told: ClassVar[list[Inbound]]

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        Echo.told = []

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"{message.kind} {message.text}".strip())

    @hook
    async def on_inbound(self, message: Inbound) -> None:
        Echo.told.append(message)


@pytest.fixture
async def session(bot: TalkingBot) -> FakeSession:
    await bot.start(Echo)
    return await bot.connect()


async def outcome(bot: TalkingBot, message: Inbound) -> str:
    return str(
        await bot.read(lambda c: c.execute(select(inbox.c.outcome).where(inbox.c.id == message.id)).scalar())
    )


async def opted_out(bot: TalkingBot, person: str = DANA) -> bool:
    return await bot.read(lambda conn: consent.opted_out(conn, bot.admin.user_id, person))


async def test_everything_about_a_message_is_kept(bot: TalkingBot, session: FakeSession) -> None:
    arrival = await session.hears(
        "@15551230002 look",
        GROUP,
        participant=DANA,
        mentions=("15551230002@c.us",),
        forwarded=True,
        name="Dana",
        chat_name="Family",
        payload=Location(latitude=32.1, longitude=34.8, name="Home", address="1 Main St"),
    )
    message = await stored(bot, arrival.wa_id)
    assert message == Inbound(
        id=message.id,
        tenant=bot.admin.user_id,
        connection_id="shop",
        chat=GROUP,
        participant=DANA,
        wa_id=arrival.wa_id,
        kind=Kind.LOCATION,
        text="@15551230002 look",
        payload=arrival.payload,
        mentions=("15551230002@c.us",),
        forwarded=True,
        name="Dana",
        chat_name="Family",
        sent_at=arrival.sent_at,
        received_at=message.received_at,
    )
    with pytest.raises(MessageNotFound):
        await bot.running.hub.inbox.get("somebody else", message.id)


@pytest.mark.parametrize(
    "payload",
    [
        Contacts(people=(Person(name="Noam", numbers=("+15551230002", "+15551230003")),)),
        Poll(question="Tea?", options=("yes", "no"), choices=0),
        Vote(options=("yes",)),
    ],
    ids=lambda payload: type(payload).__name__,
)
async def test_what_somebody_sends_or_chooses_is_kept_and_answered(
    bot: TalkingBot, session: FakeSession, payload: Payload
) -> None:
    message = await stored(bot, (await session.hears(payload=payload)).wa_id)
    assert message.payload == payload
    await bot.rest()
    assert [parcel.text for parcel in session.sent] == [message.kind]


@pytest.mark.parametrize(
    "payload", [Reaction(emoji="👍"), Edit(), Deletion()], ids=lambda payload: type(payload).__name__
)
async def test_a_remark_is_kept_and_told_and_nobody_is_asked_to_answer_it(
    bot: TalkingBot, session: FakeSession, payload: Payload
) -> None:
    first = await stored(bot, (await session.hears("hello")).wa_id)
    remark = await session.hears("hallo", payload=payload, about=first.wa_id)
    message = await stored(bot, remark.wa_id)
    assert (message.payload, message.about, message.about_wa_id) == (payload, first.id, first.wa_id)
    assert await outcome(bot, message) == "remark"
    trace = await bot.read(lambda conn: "\n".join(explain.lines(conn, message.id, message.received_at)))
    assert f"nobody expects an answer to a message of the kind '{message.kind}'" in trace
    await bot.rest()
    assert [parcel.text for parcel in session.sent] == ["text hello"]
    async with asyncio.timeout(10):
        while message not in Echo.told:  # noqa: ASYNC110 (told by the journal, which has no event)
            await asyncio.sleep(0.005)


async def test_what_a_message_is_about_is_found_among_what_was_sent_and_what_came_in_the_same_chat(
    bot: TalkingBot, session: FakeSession
) -> None:
    first = await stored(bot, (await session.hears("hello")).wa_id)
    await bot.rest()
    [answer] = session.sent
    delivery = await bot.running.hub.outbox.enqueue(
        bot.admin.user_id, "shop", Outbound(to=DANA, text="news"), source="test"
    )
    for wa_id, expected in (
        (first.wa_id, first.id),
        (delivery.wa_id, delivery.id),
        (answer.wa_id, None),
        ("UNKNOWN", ""),
    ):
        message = await stored(bot, (await session.hears("that one", about=wa_id)).wa_id)
        assert message.about_wa_id == wa_id
        assert message.about == expected or (expected is None and message.about)
    elsewhere = await session.hears("that one", "15551230002@c.us", about=first.wa_id)
    assert (await stored(bot, elsewhere.wa_id)).about == ""


async def test_stop_is_heard_in_an_edit_and_start_as_well(bot: TalkingBot, session: FakeSession) -> None:
    first = await session.hears("Shop by the sea")
    edit = await session.hears("Stop!", payload=Edit(), about=first.wa_id)
    assert await outcome(bot, await stored(bot, edit.wa_id)) == "consent"
    assert await opted_out(bot)
    await stored(bot, (await session.hears("start", payload=Edit(), about=first.wa_id)).wa_id)
    assert not await opted_out(bot)


async def test_stop_among_other_words_as_a_choice_in_a_poll_or_typed_by_ourselves_is_no_stop(
    bot: TalkingBot, session: FakeSession
) -> None:
    await session.hears("please stop by", file=b"%PDF-1.7", mimetype="application/pdf", forwarded=True)
    await session.hears(payload=Vote(options=("stop",)))
    last = await session.hears("stop", from_me=True)
    await stored(bot, last.wa_id)
    assert not await opted_out(bot)


async def test_different_pictures_are_not_the_same_reply_twice(bot: TalkingBot) -> None:
    class Shows(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            place = Location(latitude=float(message.text), longitude=0.0)
            return Outbound(to=message.chat, payload=place)

    await bot.start(Shows)
    for latitude in ("1", "2", "3", "3", "3"):
        await bot.say(latitude)
    sent = [parcel.payload for parcel in bot.engine.opened["shop"].sent]
    assert [place.latitude for place in sent if isinstance(place, Location)] == [1, 2, 3, 3]


async def test_nothing_waits_once_all_of_it_is_brought_in(bot: TalkingBot, session: FakeSession) -> None:
    for payload in (Reaction(emoji=""), Deletion(), Edit(), Vote(options=())):
        await session.hears(payload=payload)
    await bot.rest()
    assert await bot.read(lambda conn: conn.execute(select(jobs)).all()) == []


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Kind.TEXT, Reaction(emoji="👍")),
        (Kind.CONTACT, Contacts(people=(Person(name="Dana", numbers=(1,)),))),  # type: ignore[arg-type]
    ],
)
async def test_what_could_not_be_read_again_is_not_stored_and_a_person_is_told(
    bot: TalkingBot, session: FakeSession, kind: Kind, payload: Payload
) -> None:
    await session.inlet.arrived(replace(session.arrival(), kind=kind, payload=payload))
    await session.hears("hello")
    await bot.rest()
    assert [parcel.text for parcel in session.sent] == ["text hello"]
    fault = select(journal.c.body).where(journal.c.hook == "on_fault")
    told = await bot.until(lambda conn: conn.execute(fault).scalar())
    assert told and "could not be stored" in told["reason"]
    await bot.stop()
    await bot.start(Echo)
    assert await bot.say("still there?") == ["text still there?"]
