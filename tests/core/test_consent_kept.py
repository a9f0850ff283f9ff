"""That a wish holds: whatever the clock of a phone says, after an erase, under a name learnt later, and
though the hub is killed while it ends what is queued."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from chatgrow_bot.consent.languages import LANGUAGES
from chatgrow_bot.inbox.wishes import Wishes
from chatgrow_bot.messages import Kind, Lane, Outbound, State
from chatgrow_bot.outbox import Outbox
from chatgrow_bot.payloads import Edit
from chatgrow_bot.responses import OptIn, Response
from chatgrow_bot.store import consent, explain, suppressions
from chatgrow_bot.store import outbox as stored_outbox
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, TalkingBot

from .answering import DANA, GROUP, LID, NOAM, answers
from .arriving import stored
from .delivering import becomes, send
from .test_consent import Echo, delivery_of, outcomes, plan, plan_bulk, said

STOPPED, BACK = LANGUAGES["en"].confirmation, LANGUAGES["en"].welcome
HOUR = timedelta(hours=1)


async def suppress(bot: TalkingBot, person: str) -> None:
    """What an erase leaves of somebody who wanted nothing."""
    tenant, at = bot.admin.user_id, bot.clock.now()
    await bot.running.ground.db.write(lambda conn: suppressions.keep(conn, tenant, {person}, at))


@pytest.mark.parametrize(
    "more", [{"kind": Kind.EDIT, "payload": Edit()}, {}], ids=["an edit", "a clock that was set"]
)
async def test_a_stop_after_a_word_with_a_time_to_come_is_heeded(
    bot: TalkingBot, clock: FakeClock, more: dict[str, Any]
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await session.hears("START", at=clock.now() + 3 * HOUR, **more)
    clock.advance(1)
    his = await plan(bot)
    await session.hears("STOP")
    assert (await delivery_of(bot, his)).state is State.CANCELLED
    await session.hears("hello")
    await bot.rest()
    assert said(session)[-1] == (DANA, STOPPED)


async def test_so_it_is_after_a_plugin_opted_somebody_in_for_a_message_from_the_future(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(answers(lambda message, customer: Response(deeds=(OptIn(),))))
    session = await bot.connect()
    await session.hears("yes please", at=clock.now() + 3 * HOUR)
    await bot.rest()
    clock.advance(1)
    his = await plan(bot)
    await session.hears("STOP")
    assert (await delivery_of(bot, his)).state is State.CANCELLED


async def test_a_word_that_is_older_than_the_opposite_says_so_where_somebody_asks_why(
    bot: TalkingBot,
) -> None:
    await bot.start()
    session = await bot.connect()
    await session.hears("STOP")
    old = await session.hears("START", at=bot.clock.now() - HOUR)  # the sweep brings it
    message = await stored(bot, old.wa_id)
    lines = await bot.read(lambda conn: explain.lines(conn, message.id, bot.clock.now()))
    assert any("consent: said start, and the opposite later: that holds" in line for line in lines)
    assert not any("opted in" in line for line in lines)


async def test_a_start_from_before_he_was_erased_lets_nothing_through(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await suppress(bot, DANA)
    await session.hears("START", at=clock.now() - timedelta(minutes=1))
    await session.hears("hello")
    await bot.rest()
    assert said(session) == []
    clock.advance(1)
    await session.hears("STOP")
    await bot.rest()
    assert said(session) == [], "he said so before, and was told"


async def test_a_start_of_somebody_who_was_erased_is_heeded_and_answered_at_once(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    await suppress(bot, DANA)
    clock.advance(1)
    await session.hears("START")
    await bot.until(lambda conn: conn.execute(select(outbox.c.id).where(outbox.c.state == "sent")).first())
    await session.hears("hello")
    await bot.rest()
    assert said(session) == [(DANA, BACK), (DANA, "you said hello")]
    assert (await outcomes(bot))["START"] == "consent"


@pytest.mark.parametrize("how", ["quotes us", "mentions us"])
async def test_in_a_group_it_holds_where_it_is_said_to_us_and_nobody_is_written_to_for_it(
    bot: TalkingBot, how: str
) -> None:
    await bot.start()
    session = await bot.connect()
    his, groups = await plan(bot), await plan(bot, GROUP)
    typed = await session.hears("typed on the phone", GROUP, from_me=True)
    ours = await becomes(bot, await send(bot, "an offer", GROUP), State.SENT)
    theirs = await session.hears("mine", GROUP, participant=NOAM)
    me = (await session.snapshot()).me
    for to_others in ({}, {"mentions": (NOAM,)}, {"about": theirs.wa_id}):
        await session.hears("STOP", GROUP, participant=DANA, **to_others)
    assert (await delivery_of(bot, his)).state is State.QUEUED, "it was said to the others there"
    assert await bot.read(lambda conn: consent.ledger(conn, bot.admin.user_id, DANA)) == []
    quotes = [{"about": ours.wa_id}, {"about": typed.wa_id}]
    for to_us in quotes if how == "quotes us" else [{"mentions": (me,)}]:
        await session.hears("START", GROUP, participant=DANA, **to_us)
        his = await plan(bot)
        await session.hears("STOP", GROUP, participant=DANA, **to_us)
        assert (await delivery_of(bot, his)).state is State.CANCELLED
    assert (await delivery_of(bot, groups)).state is State.QUEUED
    await bot.rest()
    assert said(session) == [(GROUP, "an offer")]


async def plan_many(bot: TalkingBot, count: int, to: str = DANA, connection: str = "shop") -> None:
    way_out, tenant = bot.running.hub.outbox, bot.admin.user_id
    assert isinstance(way_out, Outbox)
    message = Outbound(to=to, text="later", send_at=bot.clock.now() + timedelta(days=1))
    made = [way_out.draft(tenant, connection, message, source="test", lane=Lane.SEND) for _ in range(count)]
    await bot.running.ground.db.write(lambda conn: stored_outbox.add(conn, made))


def waiting(conn: Connection) -> int:
    waits = outbox.c.state.in_([State.QUEUED, State.RETRY])
    return conn.execute(select(func.count()).where(waits)).scalar_one()


@pytest.mark.parametrize("again", [False, True], ids=["news", "a repeat"])
async def test_all_that_is_queued_ends_of_whoever_becomes_known_under_a_second_name(
    bot: TalkingBot, again: bool
) -> None:
    await bot.start()
    session = await bot.connect()
    other = await bot.connect("other")
    await plan_many(bot, 1300, LID, "other")
    await session.hears("STOP", DANA)
    if again:
        await other.hears("hello", DANA, wa_id="SAME")
    assert await bot.read(waiting) >= 1300
    await other.hears("hello", DANA, lid=LID, wa_id="SAME")
    await bot.until(waiting, lambda count: count == 0, seconds=20)


async def test_a_hub_that_died_while_it_ended_thousands_ends_the_rest_when_it_starts(
    bot: TalkingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(*given: object) -> None:
        pass

    await bot.start()
    session = await bot.connect()
    await plan_many(bot, 1300)
    await plan_many(bot, 1, NOAM)
    batch = await plan_bulk(bot, [*[DANA] * 1100, NOAM])
    with monkeypatch.context() as patch:
        patch.setattr(Wishes, "finish", died)
        await session.hears("STOP")
        await bot.stop()
    await bot.start()
    await bot.until(waiting, lambda count: count == 1, seconds=20)

    rows = await bot.running.hub.bulk.results(bot.admin.user_id, batch, 2000)
    assert Counter(row.state for row in rows) == {"cancelled": 1100, "waiting": 1}
