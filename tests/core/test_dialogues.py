"""What a plugin waits for from a customer: kept on disk, given to whoever asked, ended in time."""

import asyncio
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.hooks.isolation import WrongAnswer
from chatgrow_bot.hooks.responding import checked
from chatgrow_bot.messages import Inbound, Kind, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Customer, Deed, Expect, Finish, HandOff, Response, Tally
from chatgrow_bot.store.conversation_tables import dialogues, tallies
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .answering import DANA, GROUP, LID, NOAM, ended, results, sent_rows
from .breakage import Breakage

HALF_AN_HOUR = 1800
BYE = "You may ask again any time."


class Cakes(Plugin):
    """Asks how many cakes, for which day, and repeats both."""

    @hook
    async def answer(self, message: Inbound, customer: Customer) -> Response | None:
        said = customer.dialogue
        if said is None:
            return self.asks(message, "How many?", {}) if message.text == "cake" else None
        if message.text == "leave it":
            return Response(messages=(_to(message, "All right."),), deeds=(Finish(),))
        if "count" not in said.state:
            return self.asks(message, "For which day?", {"count": message.text})
        text = f"{said.state['count']} on {message.text}"
        return Response(messages=(_to(message, text),), deeds=(Finish(),))

    def asks(self, message: Inbound, text: str, state: dict[str, Any]) -> Response:
        expect = Expect(state=state, seconds=HALF_AN_HOUR, farewell=BYE)
        return Response(messages=(_to(message, text),), deeds=(expect,))


class Echo(Plugin):
    """Answers everything, and tells whether it was told of a dialogue."""

    @hook
    async def answer(self, message: Inbound, customer: Customer) -> Outbound:
        return _to(message, f"{'a dialogue' if customer.dialogue else 'echo'}: {message.text}")


def _to(message: Inbound, text: str) -> Outbound:
    return Outbound(to=message.chat, text=text)


def waits(conn: Connection) -> list[Any]:
    """The dialogues that are open."""
    return list(conn.execute(select(dialogues)).all())


async def test_the_next_message_answers_what_was_asked(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    said = [await bot.say(text) for text in ("cake", "3", "Friday", "Friday")]
    assert said == [["How many?"], ["For which day?"], ["3 on Friday"], []]
    assert await results(bot, "cake", "answer") == ["asked something and answered"]
    assert await bot.read(waits) == []


async def test_what_was_asked_is_kept_over_a_stop(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    assert await bot.say("cake") == ["How many?"]
    for text, reply in (("3", "For which day?"), ("Friday", "3 on Friday")):
        await bot.stop()
        bot.engine = FakeEngine(bot.clock.now)
        await bot.start(Cakes)
        await bot.online()
        assert await bot.say(text) == [reply]


async def test_whoever_asked_is_asked_first_and_nobody_else_is_told(bot: TalkingBot) -> None:
    class Asks(Cakes):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Response | None:
            return None if message.text == "something else" else await Cakes.answer(self, message, customer)

    class Greets(Plugin):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Outbound | None:
            assert customer.dialogue is None
            return _to(message, "greeted") if message.text != "cake" else None

    await bot.start(Greets, Asks, Echo)
    assert await bot.say("cake") == ["How many?"]
    assert await bot.say("3") == ["For which day?"]
    assert await bot.say("something else") == ["greeted"]
    assert await bot.say("Friday") == ["3 on Friday"], "it goes on when the others have had their say"
    assert await bot.say("Saturday") == ["greeted"]


async def test_words_that_leave_a_menu_leave_it_and_words_that_mean_stop_stop(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    for number, (text, outcome) in enumerate(
        [("Cancel", "answered"), ("ביטול", "answered"), ("STOP", "consent"), ("cancel!", "consent")]
    ):
        sender = f"1555123100{number}@c.us"
        asked = await bot.say("cake", sender) if text != "cancel!" else []
        assert asked == (["How many?"] if text != "cancel!" else [])
        await bot.say(text, sender)
        assert (await ended(bot, text)).outcome == outcome, text
    left = await bot.read(waits)
    assert [row.state for row in left] == [{"count": "Cancel"}, {"count": "ביטול"}]


async def test_an_edit_a_reaction_or_the_owners_own_words_answer_nothing(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    session = await bot.connect()
    assert await bot.say("cake") == ["How many?"]
    await session.hears("3", kind=Kind.EDIT)
    await session.hears("+1", kind=Kind.REACTION)
    await session.hears("7", from_me=True)
    await bot.rest()
    assert [row.state for row in await bot.read(waits)] == [{}]


async def test_two_people_in_one_group_are_asked_apart(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    session = await bot.connect()

    async def says(text: str, who: str) -> list[str]:
        before = len(session.sent)
        await session.hears(text, GROUP, participant=who)
        await bot.rest()
        return [parcel.text for parcel in session.sent[before:]]

    assert await says("cake", DANA) == ["How many?"]
    assert await says("3", NOAM) == []
    assert await says("cake", NOAM) == ["How many?"]
    assert await bot.say("Friday", DANA) == [], "what is asked in a group is not asked in private"
    assert await says("2", DANA) == ["For which day?"]
    assert await says("5", NOAM) == ["For which day?"]
    assert await says("Friday", DANA) == ["2 on Friday"]
    assert [row.participant for row in await bot.read(waits)] == [NOAM]


async def test_what_is_asked_and_what_is_then_expected_are_one(bot: TalkingBot, clock: FakeClock) -> None:
    """Broken off at any change, neither is there; then both, once."""
    await bot.start(Cakes)
    session = await bot.connect()
    for number in range(30):
        sender = f"155512330{number:02}@c.us"
        with Breakage(number).there() as breakage:
            await session.hears("cake", sender)
            resting = asyncio.create_task(bot.rest())
            happens = asyncio.create_task(breakage.happened.wait())
            await asyncio.wait({resting, happens}, return_when=asyncio.FIRST_COMPLETED)
            if breakage.happened.is_set():
                assert len(await bot.read(waits)) == len(await sent_rows(bot)) == number
                breakage.mended = True
            while not resting.done():
                clock.advance(1)
                await bot.running.ground.db.write(lambda conn: None)
            happens.cancel()
        assert len(await bot.read(waits)) == len(await sent_rows(bot)) == number + 1
        if not breakage.happened.is_set():
            break
    assert 2 < number < 29, "each of them was the one that broke"


async def test_a_person_who_is_learnt_to_be_another_answers_the_later_question(bot: TalkingBot) -> None:
    await bot.start(Cakes)
    session = await bot.connect()
    assert await bot.say("cake", DANA) == ["How many?"]
    assert await bot.say("cake", LID) == ["How many?"]
    assert await bot.say("3", LID) == ["For which day?"]
    await bot.say("cake", NOAM)
    await session.hears("Friday", DANA, lid=LID)
    await bot.rest()
    assert [parcel.text for parcel in session.sent][-1] == "3 on Friday"
    assert [row.chat for row in await bot.read(waits)] == [NOAM]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (Expect(state={"at": datetime(2026, 11, 1, tzinfo=UTC)}, seconds=1), "state is not JSON"),
        (Expect(state={1: "one"}, seconds=1), "state is not JSON"),  # type: ignore[dict-item]
        (Expect(state={"x": math.nan}, seconds=1), "state is not JSON"),
        (Expect(state={"x": "y" * 16_000}, seconds=1), "16000 at most"),
        (Expect(state={}, seconds=0), "open for 1 to 2592000 seconds"),
        (Expect(state={}, seconds=math.inf), "open for 1 to 2592000 seconds"),
        (Expect(state={}, seconds=31 * 86_400), "open for 1 to 2592000 seconds"),
        (Expect(state={}, seconds=1, farewell="y" * 70_000), "a farewell that is not a text"),
        (HandOff(team=""), "a team that is not a text of 1 to 64"),
        (HandOff(team="sales", language="a language as it is spoken"), "a language that is not a text"),
        (Tally(what="rule", name="x" * 65), "what is counted that is not a text"),
        (Tally(what="", name="x"), "a kind of tally that is not a text"),
    ],
    ids=str,
)
def test_what_is_not_in_its_form_is_refused(given: Deed, fault: str) -> None:
    with pytest.raises(WrongAnswer, match=fault):
        checked(Response(deeds=(given,)), ())


def test_what_a_plugin_changes_later_changes_nothing() -> None:
    state: dict[str, Any] = {"counts": (1, 2)}
    [expect] = checked(Response(deeds=(Expect(state=state, seconds=1),)), ()).deeds
    state["counts"] = "another"
    assert expect == Expect(state={"counts": [1, 2]}, seconds=1)


async def test_words_that_databases_cannot_hold_are_kept_all_the_same(bot: TalkingBot) -> None:
    state = {"emoji \ud83d": "half \ud83d, nothing \0", "large": 1 << 62}

    class Odd(Plugin):
        @hook
        async def answer(self) -> Response:
            return Response(deeds=(Expect(state=state, seconds=60, farewell="half \ud83d, nothing \0"),))

    await bot.start(Odd)
    await bot.say("hello")
    [row] = await bot.read(waits)
    assert row.state == state


async def test_what_a_plugin_counts_is_counted_by_day(bot: TalkingBot, clock: FakeClock) -> None:
    class Counts(Plugin):
        @hook
        async def answer(self, message: Inbound) -> Response | None:
            tally = Tally(what="rule", name="prices")
            return Response(deeds=(tally,), messages=(_to(message, "Ten"),)) if message.text == "?" else None

    await bot.start(Counts, settings={"timeZone": "Asia/Jerusalem"})
    await bot.say("?")
    clock.advance(12 * 3600)
    await bot.say("?")
    query = select(tallies.c.day, tallies.c.name, tallies.c["count"]).where(tallies.c.what == "rule")
    rows = await bot.read(lambda conn: conn.execute(query.order_by(tallies.c.day)).all())
    assert [tuple(row) for row in rows] == [("2026-01-01", "prices", 1), ("2026-01-02", "prices", 1)]
    assert await results(bot, "?", "answer") == ["answered"]


async def test_whoever_answers_what_he_was_asked_is_no_loop_for_long(
    bot: TalkingBot, clock: FakeClock
) -> None:
    """A menu is walked through quickly, and comes again; two programs that ask each other are cut off."""

    class Menu(Plugin):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Response | None:
            if customer.dialogue is None and message.text != "menu":
                return None
            expect = Expect(state={}, seconds=60)
            return Response(messages=(_to(message, "1 Prices, 2 Hours"),), deeds=(expect,))

    await bot.start(Menu)
    assert [await bot.say(text) for text in ("menu", "1", "2", "1", "2", "1")] == [["1 Prices, 2 Hours"]] * 6
    assert await bot.say("3") == []
    assert (await ended(bot, "3")).outcome == "loop"


async def test_a_form_of_many_questions_may_be_filled_in_at_once(bot: TalkingBot, clock: FakeClock) -> None:
    class Form(Plugin):
        @hook
        async def answer(self, message: Inbound, customer: Customer) -> Response:
            number = customer.dialogue.state["number"] + 1 if customer.dialogue else 1
            expect = Expect(state={"number": number}, seconds=60)
            return Response(messages=(_to(message, f"Question {number}"),), deeds=(expect,))

    await bot.start(Form)
    answers = [await bot.say(f"answer {number}") for number in range(30)]
    assert answers == [[f"Question {number}"] for number in range(1, 31)]
    assert await bot.say("one more") == []
