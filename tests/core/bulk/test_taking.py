"""What of a request for many is taken in, and what is told of the rest."""

import asyncio
from datetime import time, timedelta

import pytest
from sqlalchemy import func, select, update

from chatgrow_bot.errors import (
    BadInput,
    BulkNotAllowed,
    ConnectionNotFound,
    ConnectionNotReady,
    IdempotencyMismatch,
    NothingAccepted,
    RateLimitExceeded,
)
from chatgrow_bot.hub import BatchState, BulkOrder, BulkRow, Content, SendingHours
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.store import consent
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.bulk_tables import bulk_batches, bulk_rows
from chatgrow_bot.testing import TalkingBot

from .asking import becomes, number, order, sent, states, take


async def test_each_row_that_cannot_be_sent_is_told_by_its_number(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    tenant, now = bot.admin.user_id, bot.clock.now()
    out = f"{number(5)}@c.us"
    await bot.running.ground.db.write(lambda conn: consent.record(conn, tenant, out, True, "test", now))
    rows = [
        BulkRow(number=1, to=number(1), fields={"name": "Dana"}),
        BulkRow(number=2, to="12", fields={"name": "x"}),
        BulkRow(number=3, to=number(3)),
        BulkRow(number=4, to=f"+{number(1)}", fields={"name": "again"}),
        BulkRow(number=5, to=number(5), fields={"name": "out"}),
        BulkRow(number=6, to=number(6), content=Content(text="his own {{ name }}")),
        BulkRow(number=7, to=number(7), content=Content(text="x" * 65_537)),
        BulkRow(number=8, to=number(8), content=Content(text=" ")),
        BulkRow(number=9, to=number(9), fault="seen before"),
    ]
    asked = BulkOrder(connection_id="shop", rows=rows, template=Content(text="Hello {{ name }}"))
    taken = await take(bot, asked)

    assert (taken.batch.accepted, taken.batch.rejected) == (2, 7)
    reasons = {each.number: each.reason for each in taken.rejections}
    assert reasons.keys() == {2, 3, 4, 5, 7, 8, 9}
    assert "not a phone number" in reasons[2] or "cannot be a phone number" in reasons[2]
    assert "There is no 'name'" in reasons[3]
    assert reasons[4] == "The same person as in row 1"
    assert "opted out" in reasons[5]
    assert "65537 characters" in reasons[7]
    assert "empty" in reasons[8] and reasons[9] == "seen before"
    done = await becomes(bot, taken.batch.batch_id, BatchState.COMPLETED)
    assert (done.counts, done.percent) == ({"sent": 2, "rejected": 7}, 100.0)
    assert sent(bot) == {"Hello Dana": 1, "his own {{ name }}": 1}
    assert await states(bot, taken.batch.batch_id) == ["sent", *["rejected"] * 4, "sent", *["rejected"] * 3]


async def test_who_is_there_twice_gets_it_twice_where_that_is_asked_for(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    rows = [BulkRow(number=n, to=number(1), content=Content(text=f"{n}")) for n in (1, 2)]
    taken = await take(bot, BulkOrder(connection_id="shop", rows=rows, duplicates=True))
    await becomes(bot, taken.batch.batch_id, BatchState.COMPLETED)
    assert sent(bot) == {"1": 1, "2": 1}


async def stored(bot: TalkingBot) -> tuple[int, int]:
    return await bot.read(
        lambda conn: tuple(  # type: ignore[arg-type,return-value]
            conn.execute(select(func.count()).select_from(each)).scalar_one()
            for each in (bulk_batches, bulk_rows)
        )
    )


async def test_what_is_refused_as_a_whole_leaves_nothing_behind(bot: TalkingBot) -> None:
    await bot.start()
    await bot.running.hub.connections.create(bot.admin, "new", "New", "", {})
    await bot.connect()
    night = SendingHours(start=time(9), end=time(9))
    refusals: list[tuple[BulkOrder, type[Exception], str]] = [
        (order(1, connection="none"), ConnectionNotFound, "none"),
        (order(0), BadInput, "1 to 10,000 rows"),
        (order(10_001), BadInput, "10,001"),
        (order(2, text="Hello {{ name"), BadInput, "content: "),
        (order(2, text="Hello {{ name }}", hours=night), BadInput, "different times"),
        (order(2, hours=SendingHours(start=time(9), end=time(18), zone="Mars/Base")), BadInput, "time zone"),
        (order(2, text="Hello {{ other }}"), NothingAccepted, "None of 2 rows"),
        (order(600, text="x" * 65_000), BadInput, "32 MiB"),
    ]
    for asked, kind, said in refusals:
        with pytest.raises(kind, match=said):
            await take(bot, asked)
    await bot.engine.opened["shop"].logout()
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    with pytest.raises(ConnectionNotReady, match="unlinked"):
        await take(bot, order(1))
    assert await stored(bot) == (0, 0)


async def test_a_plan_without_bulk_sends_names_those_that_have_them(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    await bot.running.ground.db.write(lambda conn: conn.execute(update(users).values(plan="free")))
    with pytest.raises(BulkNotAllowed, match="'free' has no bulk sends; 'premium' and 'enterprise' have"):
        await take(bot, order(1))


async def test_more_than_the_plan_allows_is_refused_whole_with_the_figures(bot: TalkingBot) -> None:
    await bot.start(settings={"plans": {"premium": {"messagesPerDay": 10, "pacingFloor": 0}}})
    await bot.connect()
    await bot.running.ground.db.write(lambda conn: conn.execute(update(users).values(plan="premium")))
    tenant = bot.admin.user_id
    first = await take(bot, order(7))
    with pytest.raises(RateLimitExceeded, match=r"7 of 10 messages .* 4 more were asked for, and 3 are left"):
        await take(bot, order(4))
    assert (await bot.running.hub.plans.usage(tenant)).messages[0].used == 7
    await take(bot, order(3))
    assert (await bot.running.hub.plans.usage(tenant)).messages[0].used == 10
    assert (await stored(bot))[0] == 2
    await becomes(bot, first.batch.batch_id, BatchState.COMPLETED)


async def test_a_repeated_request_is_the_first_and_counts_once(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    asked = order(20)
    taken = await asyncio.gather(*(take(bot, asked, key="k", asked="a") for _ in range(5)))
    assert len({each.batch.batch_id for each in taken}) == 1
    with pytest.raises(IdempotencyMismatch):
        await take(bot, order(2), key="k", asked="b")
    await becomes(bot, taken[0].batch.batch_id, BatchState.COMPLETED)
    assert (await take(bot, asked, key="k", asked="a")).batch.batch_id == taken[0].batch.batch_id
    assert sum(sent(bot).values()) == 20
    usage = await bot.running.hub.plans.usage(bot.admin.user_id)
    assert usage.messages[0].used == 20


async def test_nothing_leaves_before_its_time_and_all_of_it_expires_together(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    later = bot.clock.now() + timedelta(hours=1)
    taken = await take(bot, order(3, send_at=later))
    assert taken.batch.state is BatchState.WAITING
    assert taken.batch.reason.startswith("it begins at ")
    assert taken.estimated_completion is not None and taken.estimated_completion >= later
    short = await take(bot, order(3, hours=await closed(bot), ttl=0.2))
    done = await becomes(bot, short.batch.batch_id, BatchState.COMPLETED)
    assert done.counts == {"expired": 3}
    assert sent(bot) == {}


async def closed(bot: TalkingBot) -> SendingHours:
    """Hours that are not now."""
    now = bot.clock.now()
    start = (now + timedelta(hours=3)).time().replace(second=0, microsecond=0, tzinfo=None)
    return SendingHours(start=start, end=(now + timedelta(hours=4)).time().replace(second=0, microsecond=0))
