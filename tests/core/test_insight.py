"""What happened day by day: every message of a customer counts once, for how it ended."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from chatgrow_bot.engine import Arrival
from chatgrow_bot.hub import Tallied
from chatgrow_bot.inbox import ends
from chatgrow_bot.messages import Drop, Inbound, Kind, Outbound
from chatgrow_bot.payloads import Reaction
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import HandOff, Response, SetField, Tally
from chatgrow_bot.store.tallies import day_of
from chatgrow_bot.testing import FakeClock, TalkingBot

from .answering import DANA, NOAM
from .breakage import Breakage

LONG_AGO, LATER = date(2026, 1, 1), date(2027, 12, 31)


class Desk(Plugin):
    """Answers what begins with `hi`, notes what begins with `note`, throws away what begins with `drop`."""

    @hook
    async def filter_inbound(self, message: Inbound) -> Inbound | Drop:
        return Drop("spam") if message.text.startswith("drop") else message

    @hook
    async def answer(self, message: Inbound) -> Outbound | Response | None:
        if message.text.startswith("hi"):
            return Outbound(to=message.chat, text=f"re {message.text}")
        if message.text.startswith("note"):
            return Response(deeds=(SetField(name="last", value=message.text),))
        return None


class Handing(Plugin):
    """Greets by a rule, and hands off who wants a person."""

    @hook
    async def answer(self, message: Inbound) -> Response:
        if message.text == "person":
            return Response(deeds=(HandOff(team="sales"),))
        hello = Outbound(to=message.chat, text=f"re {message.text}")
        return Response(messages=(hello,), deeds=(Tally(what="rule", name="greet"),))


async def figures(bot: TalkingBot, what: str = "") -> Sequence[Tallied]:
    return await bot.running.hub.insight.daily(bot.admin.user_id, LONG_AGO, LATER, what)


async def counted(bot: TalkingBot) -> dict[tuple[str, str], int]:
    return {(each.what, each.name): each.count for each in await figures(bot)}


def turn(clock: FakeClock, to: datetime) -> None:
    clock.advance((to - clock.now()).total_seconds())


async def test_every_message_of_a_customer_counts_once_for_how_it_ended(bot: TalkingBot) -> None:
    await bot.start(Desk)
    assert await bot.say("hi") == ["re hi"]
    assert await bot.say("hi again", NOAM) == ["re hi again"]
    for text in ("what?", "note this", "drop this", "STOP"):
        await bot.say(text)
    assert await counted(bot) == {
        ("received", "shop"): 6,
        ("answered", "desk"): 2,
        ("settled", "done"): 1,
        ("settled", "consent"): 1,
        ("unanswered", "no answer"): 1,
        ("unanswered", "dropped"): 1,
    }


async def test_what_no_customer_says_does_not_count(bot: TalkingBot) -> None:
    await bot.start(Desk)
    await bot.say("hi")
    session = await bot.online()
    now = datetime.now(UTC)
    mine = Arrival(chat=DANA, wa_id="m1", kind=Kind.TEXT, text="typed", from_me=True, sent_at=now)
    heart = Reaction(emoji="❤")
    about = session.sent[0].wa_id
    remark = Arrival(chat=DANA, wa_id="m2", kind=Kind.REACTION, payload=heart, about=about, sent_at=now)
    await session.inlet.arrived(mine)
    await session.inlet.arrived(remark)
    await bot.rest()
    assert await counted(bot) == {("received", "shop"): 1, ("answered", "desk"): 1}


async def test_what_nobody_is_asked_about_counts_as_unanswered(bot: TalkingBot) -> None:
    await bot.start(Desk, settings={"inbound": {"flood": {"messages": 2, "window": "1h"}}})
    session = await bot.connect()
    old = datetime.now(UTC) - timedelta(hours=1)
    await session.inlet.arrived(Arrival(chat=DANA, wa_id="w1", kind=Kind.TEXT, text="hi", sent_at=old))
    await bot.rest()
    for number in range(3):
        await bot.say(f"what {number}?")
    assert await counted(bot) == {
        ("received", "shop"): 4,
        ("unanswered", "unanswered"): 1,
        ("unanswered", "no answer"): 1,
        ("unanswered", "flood"): 2,
    }


async def test_an_answer_to_somebody_who_wants_none_is_no_answer(bot: TalkingBot) -> None:
    await bot.start(Desk)
    await bot.say("STOP")
    assert await bot.say("hi") == []
    assert await counted(bot) == {
        ("received", "shop"): 2,
        ("settled", "consent"): 1,
        ("unanswered", "opted out"): 1,
    }


async def test_a_message_that_is_asked_about_again_counts_once(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, tries = ends.count, list[str]()

    def count(conn: Connection, message: Inbound, *more: Any) -> None:
        counts(conn, message, *more)
        tries.append(message.id)
        if len(tries) < 3:
            raise RuntimeError("the transaction breaks just after it")

    monkeypatch.setattr(ends, "count", count)
    await bot.start(Desk)
    assert await bot.say("hi") == ["re hi"]
    assert len(tries) == 3
    assert await counted(bot) == {("received", "shop"): 1, ("answered", "desk"): 1}


async def test_the_same_message_seen_again_counts_once(bot: TalkingBot) -> None:
    await bot.start(Desk)
    session = await bot.connect()
    one = Arrival(chat=DANA, wa_id="w1", kind=Kind.TEXT, text="hi", sent_at=datetime.now(UTC))
    for _ in range(3):
        await session.inlet.arrived(one)
        await bot.rest()
    assert await counted(bot) == {("received", "shop"): 1, ("answered", "desk"): 1}


async def test_a_message_that_fails_for_good_counts_once(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Desk)
    session = await bot.connect()
    with Breakage(2).there():
        await session.hears("hi", DANA)
        async with asyncio.timeout(20):
            while not await counted(bot):
                clock.advance(20)
    assert await counted(bot) == {("received", "shop"): 1, ("unanswered", "failed"): 1}


async def test_a_day_is_one_of_the_business_s_own_clock(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Desk, settings={"timeZone": "Asia/Jerusalem"})
    for hour in (21, 23):  # in winter two hours later there: before midnight, and after it
        turn(clock, datetime(2026, 3, 5, hour, 30, tzinfo=UTC))
        await bot.say(f"hi {hour}")
    found = {(each.day, each.what): each.count for each in await figures(bot)}
    assert found == {
        (date(2026, 3, 5), "received"): 1,
        (date(2026, 3, 5), "answered"): 1,
        (date(2026, 3, 6), "received"): 1,
        (date(2026, 3, 6), "answered"): 1,
    }
    assert bot.running.hub.insight.today() == date(2026, 3, 6)


def test_a_moment_counts_for_the_day_that_it_is_there() -> None:
    moment = datetime(2026, 12, 31, 22, 0, tzinfo=UTC)
    zones = {"UTC": "2026-12-31", "Asia/Jerusalem": "2027-01-01", "America/New_York": "2026-12-31"}
    assert {name: day_of(moment, ZoneInfo(name)) for name in zones} == zones


async def test_figures_of_one_kind_and_of_some_days_are_told(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(Desk, settings={"timeZone": "UTC"})
    for day in (5, 6, 7):
        turn(clock, datetime(2026, 3, day, 12, tzinfo=UTC))
        await bot.say(f"hi {day}")
    insight, tenant = bot.running.hub.insight, bot.admin.user_id
    some = await insight.daily(tenant, date(2026, 3, 6), date(2026, 3, 7), "answered")
    assert [(each.day.day, each.what, each.count) for each in some] == [
        (6, "answered", 1),
        (7, "answered", 1),
    ]
    assert not await insight.daily("somebody else", LONG_AGO, LATER)


async def test_what_a_team_has_to_do_with_is_told_beside_what_the_bot_answers(bot: TalkingBot) -> None:
    settings = {
        "agents": {"dana": {"name": "Dana", "user": "dana"}},
        "teams": {"sales": {"members": ["dana"]}},
    }
    await bot.start(Handing, settings=settings)
    await bot.say("hi")
    await bot.say("person")
    await bot.say("is anybody there?")
    talks, tenant = bot.running.hub.conversations, bot.admin.user_id
    [talk] = await talks.list(tenant)
    await talks.say(tenant, talk.id, Outbound(to="", text="yes"), agent="dana", key="k1")
    await talks.say(tenant, talk.id, Outbound(to="", text="yes"), agent="dana", key="k1")
    await talks.close(tenant, talk.id, by="dana")
    await bot.say("hi again")
    assert await counted(bot) == {
        ("received", "shop"): 4,
        ("answered", "handing"): 2,
        ("handed", "handing"): 1,
        ("settled", "with a team"): 1,
        ("rule", "greet"): 2,
        ("opened", "sales"): 1,
        ("team answered", "sales"): 1,
        ("agent answered", "dana"): 1,
        ("team closed", "sales"): 1,
        ("agent closed", "dana"): 1,
    }


async def test_a_chat_that_no_team_can_take_was_not_handed_off(bot: TalkingBot) -> None:
    await bot.start(Handing)
    await bot.say("person")
    assert await counted(bot) == {("received", "shop"): 1, ("settled", "done"): 1}
