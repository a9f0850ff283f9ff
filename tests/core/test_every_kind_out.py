"""What a message may carry on its way out, and what it may be about."""

from dataclasses import replace

import pytest

from chatgrow_bot.engine import Reference
from chatgrow_bot.errors import BadInput, IdempotencyMismatch, MessageNotFound, SendUnknown
from chatgrow_bot.messages import ConnectionState, Delivery, Inbound, Outbound, State
from chatgrow_bot.outbox.content import check
from chatgrow_bot.payloads import Contacts, Deletion, Edit, Location, Payload, Person, Poll, Reaction, Vote
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import contacts
from chatgrow_bot.testing import TalkingBot

from .delivering import becomes, send

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"
LUNCH = Poll(question="Lunch?", options=("pizza", "soup"))
CARD = Contacts(people=(Person(name="Noam", numbers=("+15551230002",)),))


@pytest.mark.parametrize(
    "payload",
    [Location(latitude=32.0853, longitude=34.7818, name="the shop", address="Dizengoff 1"), CARD, LUNCH],
)
async def test_what_a_message_carries_reaches_the_engine_and_outlives_a_restart(
    bot: TalkingBot, payload: Payload
) -> None:
    await bot.start()
    session = await bot.connect()
    session.becomes(ConnectionState.RECONNECTING)
    await bot.reaches("shop", ConnectionState.RECONNECTING)
    waiting = await send(bot, "", payload=payload)
    await bot.stop()
    await bot.start()
    session = await bot.online()
    await becomes(bot, waiting, State.SENT)
    assert [(parcel.payload, parcel.wa_id) for parcel in session.sent] == [(payload, waiting.wa_id)]


async def test_mentions_are_chats_and_a_forwarded_message_says_so(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    sent = await send(bot, "ask @15551230002", mentions=("+1 555 123 0002",), forwarded=True)
    await becomes(bot, sent, State.SENT)
    assert [(p.mentions, p.forwarded) for p in session.sent] == [((NOAM,), True)]


async def test_a_reply_quotes_the_message_that_came_in(bot: TalkingBot) -> None:
    class Quoting(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to=message.chat, text="yes", about=message.id)

    await bot.start(Quoting)
    session = await bot.connect()
    came = await session.hears("are you open?")
    await bot.rest()
    assert [p.about for p in session.sent] == [Reference(chat=DANA, wa_id=came.wa_id, from_me=False)]


async def test_an_edit_names_our_own_message_as_whatsapp_does(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    first = await send(bot, "helo")
    await becomes(bot, first, State.SENT)
    edit = await send(bot, "hello", payload=Edit(), about=first.id)
    await becomes(bot, edit, State.SENT)
    assert session.sent[-1].about == Reference(chat=DANA, wa_id=first.wa_id, from_me=True)
    assert (session.sent[-1].text, session.sent[-1].payload) == ("hello", Edit())


async def test_a_message_about_none_of_this_connection_is_refused(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    await bot.connect("other")
    first = await send(bot, "hello")
    message = Outbound(to=DANA, text="and?", about=first.id)
    with pytest.raises(MessageNotFound, match="'other' has no message"):
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, "other", message, source="test")
    with pytest.raises(MessageNotFound, match="'nowhere'"):
        await send(bot, "and?", about="nowhere")


async def test_a_remark_goes_to_the_chat_of_what_it_is_about(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    first = await send(bot, "hello")
    with pytest.raises(BadInput, match="goes to the chat"):
        await send(bot, "", to=NOAM, payload=Reaction(emoji="👍"), about=first.id)


async def test_only_messages_of_ones_own_are_edited(bot: TalkingBot) -> None:
    heard: list[Inbound] = []

    class Ear(Plugin):
        @hook
        async def answer(self, message: Inbound) -> None:
            heard.append(message)

    await bot.start(Ear)
    await (await bot.connect()).hears("hello")
    await bot.rest()
    with pytest.raises(BadInput, match="one's own"):
        await send(bot, "bye", payload=Edit(), about=heard[0].id)


async def test_a_plugins_remark_on_nothing_fails_with_the_reason_and_holds_up_nobody(
    bot: TalkingBot,
) -> None:
    class Wrong(Plugin):
        @hook
        async def answer(self, message: Inbound) -> list[Outbound]:
            remark = Outbound(to=message.chat, payload=Reaction(emoji="👍"), about="nothing")
            return [remark, Outbound(to=message.chat, text="hello", about="nothing")]

    await bot.start(Wrong)
    session = await bot.connect()
    await session.hears("hi")
    await bot.rest()
    assert [(p.text, p.about) for p in session.sent] == [("hello", None)]


WRONG = [
    {"payload": Contacts(people=(Person(name="Noam", numbers=(15551230002,)),))},  # type: ignore[arg-type]
    {"payload": {"latitude": 1.0, "longitude": 1.0}},
    {"text": 5},
]


@pytest.mark.parametrize("wrong", WRONG)
async def test_an_answer_in_a_wrong_form_is_no_answer_and_holds_up_nobody(
    bot: TalkingBot, wrong: dict[str, object]
) -> None:
    class Sloppy(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            said = {"text": "hello"} if message.text == "two" else wrong
            return Outbound(to=message.chat, **said)

    await bot.start(Sloppy)
    assert await bot.say("one") == []
    assert await bot.say("two") == ["hello"]


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_filter_that_gives_a_wrong_form_holds_that_message_alone(
    bot: TalkingBot, wrong: dict[str, object]
) -> None:
    class Sloppy(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound, delivery: Delivery) -> Outbound | None:
            return replace(message, **wrong) if message.text == "one" else None  # type: ignore[arg-type]

    await bot.start(Sloppy)
    session = await bot.connect()
    one, two = await send(bot, "one"), await send(bot, "two", to="15551230002@c.us")
    await becomes(bot, two, State.SENT)
    assert [parcel.text for parcel in session.sent] == ["two"]
    held = await bot.running.hub.outbox.get(bot.admin.user_id, one.id)
    assert (held.state, "not in its form" in held.reason) == (State.QUEUED, True)


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_asked_for_in_a_wrong_form_is_refused(
    bot: TalkingBot, wrong: dict[str, object]
) -> None:
    await bot.start()
    await bot.connect()
    message = Outbound(to=DANA, **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="not in its form"):
        await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")


async def test_an_unclear_remark_is_made_again_even_where_unclear_messages_are_held(bot: TalkingBot) -> None:
    await bot.start(settings={"queue": {"reconcileAfter": 0, "onUnknown": "hold"}})
    session = await bot.connect()
    first = await send(bot, "hello")
    await becomes(bot, first, State.SENT)
    session.outcomes = [SendUnknown("timeout")]
    liked = await send(bot, "", payload=Reaction(emoji="👍"), about=first.id)
    await becomes(bot, liked, State.SENT)
    assert [parcel.payload for parcel in session.sent[1:]] == [Reaction(emoji="👍")] * 2


async def test_the_same_key_with_another_payload_is_another_message(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    outbox, who = bot.running.hub.outbox, bot.admin.user_id
    here = Outbound(to=DANA, payload=Location(latitude=1, longitude=1))
    there = Outbound(to=DANA, payload=Location(latitude=1, longitude=2))
    first = await outbox.enqueue(who, "shop", here, source="test", key="k")
    assert await outbox.enqueue(who, "shop", here, source="test", key="k") == first
    with pytest.raises(IdempotencyMismatch):
        await outbox.enqueue(who, "shop", there, source="test", key="k")


async def test_a_voice_reply_is_seen_being_recorded_and_a_location_is_not(bot: TalkingBot) -> None:
    class Guide(Plugin):
        @hook
        async def answer(self, message: Inbound) -> list[Outbound]:
            place = Outbound(to=message.chat, payload=Location(latitude=1, longitude=1))
            return [Outbound(to=message.chat, text="here"), place]

    pacing = {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0.01, "max": 0.01, "typing": True}}
    await bot.start(Guide, settings={"pacing": pacing})
    session = await bot.connect()
    await session.hears("where?")
    await bot.rest()
    assert [parcel.typing > 0 for parcel in session.sent] == [True, False]


def poll(*options: str, question: str = "?", choices: int = 1) -> Poll:
    return Poll(question=question, options=options, choices=choices)


async def test_a_message_to_a_linked_id_goes_to_the_chat_of_the_number_once_that_is_known(
    bot: TalkingBot,
) -> None:
    await bot.start()
    session = await bot.connect()
    lid, who = "123456789012345@lid", bot.admin.user_id
    await bot.running.ground.db.write(lambda conn: contacts.learn(conn, who, "shop", lid, DANA))
    sent = await send(bot, "hello", to=lid)
    assert sent.chat == DANA
    await becomes(bot, sent, State.SENT)
    assert session.sent[-1].chat == DANA


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Outbound(to=DANA), "says nothing"),
        (Outbound(to=DANA, text="x" * 65_537), "65537 characters"),
        (Outbound(to=DANA, payload=Location(latitude=91, longitude=0)), "latitude"),
        (Outbound(to=DANA, payload=Location(latitude=float("nan"), longitude=0)), "latitude"),
        (Outbound(to=DANA, payload=poll("one")), "2 to 12 options"),
        (Outbound(to=DANA, payload=poll("a", "a")), "each another"),
        (Outbound(to=DANA, payload=poll(*map(str, range(13)))), "2 to 12 options"),
        (Outbound(to=DANA, payload=poll("a", " ")), "characters each"),
        (Outbound(to=DANA, payload=poll("a", "b", choices=3)), "'choices'"),
        (Outbound(to=DANA, payload=Contacts(people=())), "1 to 50"),
        (Outbound(to=DANA, payload=Contacts(people=(Person(name="", numbers=("1",)),))), "card"),
        (Outbound(to=DANA, payload=Reaction(emoji="👍")), "needs the id"),
        (Outbound(to=DANA, payload=Deletion()), "needs the id"),
        (Outbound(to=DANA, payload=Edit(), about="x"), "new text"),
        (Outbound(to=DANA, text="x", about="y" * 33), "id of a message"),
        (Outbound(to=DANA, text="x", about="\0"), "id of a message"),
        (Outbound(to=DANA, payload=Vote(options=("a",)), about="x"), "not sent"),
    ],
)
def test_what_cannot_be_sent_is_told_at_once(message: Outbound, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check(message)
