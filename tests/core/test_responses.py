"""What a plugin may say and do about a message besides sending words, and what it knows of who wrote."""

import asyncio
from functools import partial

from sqlalchemy import Connection, select

from chatgrow_bot.messages import Inbound, Notice, Outbound
from chatgrow_bot.payloads import Reaction, Vote
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import (
    Customer,
    MarkRead,
    Notify,
    OptIn,
    OptOut,
    Page,
    Response,
    SetField,
    Tag,
    Trace,
)
from chatgrow_bot.store import customers
from chatgrow_bot.store import inbox as store
from chatgrow_bot.store.customer_tables import customers as kept
from chatgrow_bot.store.customer_tables import traces
from chatgrow_bot.store.inbox import Ended
from chatgrow_bot.store.tables import consent_ledger, inbox, outbox
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .answering import DANA, GROUP, LID, NOAM, Given, answers, ended, faults, results, told
from .breakage import Breakage

PAGE = Page(("rules/a.yaml:3 order  the text is another",))


def everything(message: Inbound, customer: Customer) -> Response:
    """A reply and one deed of each kind."""
    return Response(
        messages=(Outbound(to=message.chat, text=f"re {message.text}"),),
        deeds=(
            Tag(add=frozenset({"vip"}), remove=frozenset({"lead"})),
            SetField(name="last", value=message.text),
            OptOut(),
            OptIn(),
            Notify(topic="order", note="a new one", because="rules/a.yaml:3"),
            MarkRead(),
        ),
        trace=Trace(page=PAGE, asked=1, marks={0: "rules/a.yaml:3 order  matched"}, is_dull=False),
    )


async def test_all_of_a_response_is_done(bot: TalkingBot) -> None:
    heard: list[Notice] = []

    class Hears(Plugin):
        @hook
        async def on_notice(self, notice: Notice) -> None:
            heard.append(notice)

    seen: list[Customer] = []

    def give(message: Inbound, customer: Customer) -> Response:
        seen.append(customer)
        return everything(message, customer)

    await bot.start(answers(give), Hears)
    assert await bot.say("one") == ["re one"]
    assert await bot.say("two") == ["re two"]
    first, second = seen
    assert first == Customer(chat=DANA, is_new=True)
    assert (second.tags, second.fields) == (frozenset({"vip"}), {"last": "one"})
    assert not second.is_new
    assert await results(bot, "one", "answer") == [
        "tagged, set a field, opted out, opted in, told others, marked as read and answered"
    ]
    session = await bot.online()
    await bot.until(lambda conn: heard and session.read)
    assert session.read == [DANA] * len(session.read)
    assert (heard[0].topic, heard[0].note, heard[0].by) == ("order", "a new one", "answers")
    assert heard[0].because == "rules/a.yaml:3"
    assert heard[0].message_id == (await ended(bot, "one")).id


async def test_deeds_without_a_word_settle_a_message_and_an_empty_response_asks_the_next(
    bot: TalkingBot,
) -> None:
    class Explains(Plugin):
        @hook
        async def answer(self) -> Response:
            return Response(trace=Trace(page=PAGE, asked=1))

    def give(message: Inbound, customer: Customer) -> Given:
        match message.text:
            case "tag me":
                return Response(deeds=(Tag(add=frozenset({"vip"})),))
            case "hush":
                return Response(is_done=True)
        return None

    class Echo(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Outbound:
            return Outbound(to=message.chat, text=message.text)

    await bot.start(Explains, answers(give), Echo)
    assert [await bot.say(text) for text in ("tag me", "hush", "hello")] == [[], [], ["hello"]]
    assert [(await ended(bot, text)).outcome for text in ("tag me", "hush", "hello")] == [
        *("done", "done"),
        "answered",
    ]
    assert await results(bot, "tag me", "answer") == ["passed", "tagged"]
    assert await results(bot, "hush", "answer") == ["passed", "ended it"]
    assert await results(bot, "hello", "answer") == ["passed", "passed", "answered"]
    by = await bot.read(lambda conn: conn.execute(select(traces.c.plugin)).scalars().all())
    assert by == ["explains"] * 3


def _of(conn: Connection, text: str) -> dict[str, int]:
    """How often each thing was done because of the message of this text."""
    message_id = conn.execute(select(inbox.c.id).where(inbox.c.text == text)).scalar_one()
    sources = conn.execute(select(consent_ledger.c.source)).scalars().all()
    fields = [row.fields.get("last") for row in conn.execute(select(kept))]
    return {
        "replies": len(conn.execute(select(outbox.c.id).where(outbox.c.cause == message_id)).all()),
        "ledger": sum(message_id in source for source in sources),
        "notices": sum(body["message_id"] == message_id for body in told(conn, "on_notice")),
        "traces": len(conn.execute(select(traces).where(traces.c.message_id == message_id)).all()),
        "fields": fields.count(text),
    }


ONCE = {"replies": 1, "ledger": 2, "notices": 1, "traces": 1, "fields": 1}


async def test_broken_off_at_any_change_nothing_is_done_and_then_all_of_it_once(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(answers(everything))
    session = await bot.connect()
    for number in range(100):
        text = f"number {number}"
        with Breakage(number).there() as breakage:
            await session.hears(text)
            ending = asyncio.create_task(ended(bot, text))
            happens = asyncio.create_task(breakage.happened.wait())
            await asyncio.wait({ending, happens}, return_when=asyncio.FIRST_COMPLETED)
            if breakage.happened.is_set():
                done = await bot.read(partial(_of, text=text))
                assert not any(done.values()), (number, done)
                breakage.mended = True
            while not ending.done():
                clock.advance(1)
                await bot.running.ground.db.write(lambda conn: None)
            happens.cancel()
        assert await bot.read(partial(_of, text=text)) == ONCE, number
        clock.advance(3600)
        if not breakage.happened.is_set():
            break
    assert 6 < number < 99, "each of them was the one that broke"


async def test_a_stop_at_any_moment_leaves_everything_done_once(bot: TalkingBot) -> None:
    for turns in (6, 20, 60):
        await bot.start(answers(everything))
        session = await (bot.connect() if turns == 6 else bot.online())
        arriving = asyncio.create_task(session.hears(text := f"after {turns}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        await bot.stop()
        await asyncio.wait([arriving])
        bot.engine = FakeEngine(bot.clock.now)
        await bot.start(answers(everything))
        await (await bot.online()).inlet.arrived(arriving.result())  # as a sweep does
        await ended(bot, text)
        assert await bot.read(partial(_of, text=text)) == ONCE, turns
        await bot.stop()
        bot.engine = FakeEngine(bot.clock.now)


async def test_nothing_of_a_response_is_done_to_a_message_whose_way_in_has_ended_meanwhile(
    bot: TalkingBot,
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Response:
            asked.set()
            await go_on.wait()
            return everything(message, Customer(chat=message.chat))

    await bot.start(Slow)
    session = await bot.connect()
    await session.hears("first")
    await asked.wait()

    def end(conn: Connection) -> bool:
        return store.finish(conn, conn.execute(select(inbox.c.id)).scalar_one(), Ended("failed", []))

    assert await bot.running.ground.db.write(end)
    await session.hears("second")
    go_on.set()
    await ended(bot, "second")  # it is behind the first
    assert not any((await bot.read(partial(_of, text="first"))).values())
    assert await bot.read(partial(_of, text="second")) == ONCE
    assert (await ended(bot, "first")).outcome == "failed"


async def test_what_is_kept_of_a_person_is_found_under_each_of_his_names_and_no_other_tenant_sees_it(
    bot: TalkingBot,
) -> None:
    seen: list[Customer] = []

    def give(message: Inbound, customer: Customer) -> Given:
        seen.append(customer)
        if message.text.startswith("I am "):
            return Response(
                deeds=(
                    Tag(add=frozenset({message.text[5:]})),
                    SetField(name="name", value=message.text[5:]),
                )
            )
        return None

    await bot.start(answers(give))
    session = await bot.connect()
    await session.hears("I am lid", LID)
    await ended(bot, "I am lid")
    await session.hears("I am number", DANA)
    await ended(bot, "I am number")
    await session.hears("hello", DANA, lid=LID)
    await ended(bot, "hello")
    await session.hears("I am both", LID)
    await ended(bot, "I am both")
    await session.hears("in a group", GROUP, participant=LID)
    await ended(bot, "in a group")
    both, last = seen[2], seen[4]
    assert both.chat == last.chat == DANA
    assert both.tags == {"lid", "number"}
    assert last.tags == {"lid", "number", "both"}
    assert (both.fields["name"], last.fields["name"]) == ("number", "both")
    tenant = bot.admin.user_id
    assert (await bot.read(lambda conn: customers.kept(conn, tenant, LID))).fields == {"name": "both"}
    assert await bot.read(lambda conn: customers.kept(conn, "another", DANA)) == customers.Kept()


async def test_when_somebody_wrote_before_and_whether_it_is_about_ours(
    bot: TalkingBot, clock: FakeClock
) -> None:
    seen: dict[str, Customer] = {}

    def give(message: Inbound, customer: Customer) -> Given:
        seen[message.text or message.kind] = customer
        return Outbound(to=message.chat, text=f"re {message.text}")

    await bot.start(answers(give), settings={"inbound": {"takeOver": 0}})
    session = await bot.connect()
    typed = session.arrival("I typed this", DANA, from_me=True)
    await session.inlet.arrived(typed)
    began = clock.now()
    await bot.say("first")
    clock.advance(100)
    ours = session.sent[0]
    await session.hears(payload=Reaction(emoji="\N{THUMBS UP SIGN}"), about=ours.wa_id)
    await session.hears("second", about=ours.wa_id)
    await session.hears("third", about=typed.wa_id)
    await session.hears("fourth", about="NOBODY KNOWS")
    await session.hears(payload=Vote(options=("a",)), about=ours.wa_id)
    await session.hears("in a group", GROUP, participant=DANA)
    await session.hears("from Noam", GROUP, participant=NOAM)
    await session.hears("again", GROUP, participant=NOAM)
    await session.hears("privately", NOAM)
    await bot.rest()
    assert [seen[text].is_new for text in ("first", "second", "in a group", "from Noam", "again")] == [
        *(True, False, False),
        *(True, False),
    ]
    assert [seen[text].last_wrote for text in ("first", "second", "in a group", "from Noam")] == [
        *(None, began),
        *(None, None),
    ]
    assert seen["again"].last_wrote == clock.now()
    assert (seen["privately"].is_new, seen["privately"].last_wrote) == (False, None)
    assert [seen[text].about_ours for text in ("first", "second", "third", "fourth", "vote")] == [
        *(False, True, True),
        *(False, True),
    ]


async def test_a_customer_has_room_for_so_many_tags_and_fields_and_somebody_is_told_of_the_rest(
    bot: TalkingBot,
) -> None:
    def give(message: Inbound, customer: Customer) -> Response:
        fields = (SetField(name=f"field {n}", value=message.text) for n in range(65))
        return Response(deeds=(Tag(add=frozenset({f"{message.text} {n:02}" for n in range(40)})), *fields))

    await bot.start(answers(give))
    await bot.say("a")
    await bot.say("b")
    known = await bot.read(lambda conn: customers.kept(conn, bot.admin.user_id, DANA))
    assert len(known.tags) == len(known.fields) == 64
    assert {f"a {n:02}" for n in range(40)} < known.tags
    assert set(known.fields.values()) == {"b"}
    assert await results(bot, "b", "deed") == [
        "16 of the tags left out: a customer has 64 tags at most",
        "a field left out: a customer has 64 fields at most",
    ]
    assert await bot.until(lambda conn: [each for each in faults(conn) if "64 tags" in each])


async def test_marking_as_read_that_fails_or_hangs_holds_nothing_up(bot: TalkingBot) -> None:
    def give(message: Inbound, customer: Customer) -> Response:
        return Response(messages=(Outbound(to=message.chat, text="hi"),), deeds=(MarkRead(),))

    await bot.start(answers(give))
    session = await bot.connect()
    free, again, tried = asyncio.Event(), asyncio.Event(), []

    async def fails(chat: str) -> None:
        tried.append(chat)
        if len(tried) > 1:
            again.set()
        await free.wait()
        raise ValueError("the page is odd")

    session.mark_read = fails  # type: ignore[method-assign]
    assert await bot.say("one") == ["hi"]
    assert await bot.say("two") == ["hi"]
    assert tried == [DANA], "it hangs, and nobody waits for it"
    free.set()
    await again.wait()
    assert await bot.say("three", NOAM) == ["hi"]
