"""What a plan allows is counted with what is stored: exactly, whoever asks at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from chatgrow_bot.errors import ChatgrowError, FileTooLarge, IdempotencyMismatch, RateLimitExceeded
from chatgrow_bot.hub import Span
from chatgrow_bot.limits import Quota
from chatgrow_bot.messages import Delivery, Kind, Media
from chatgrow_bot.outbox.counting import Counting
from chatgrow_bot.outbox.intake import Ask, Intake
from chatgrow_bot.store import retention, usage
from chatgrow_bot.store.account_tables import usage as usage_table
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.store.tables import connections, journal, outbox
from chatgrow_bot.store.usage import Count

from .conftest import ready
from .test_outbox import NOW, ground, message

LIMIT = 40
QUOTAS = {
    "free": Quota(messages={Span.DAY: LIMIT, Span.MONTH: 100}, media_size=1000),
    "enterprise": Quota(messages={Span.DAY: None, Span.MONTH: None}),
}
TOMORROW = NOW + timedelta(days=1)


def linked(conn: Connection) -> None:
    ground(conn)
    conn.execute(update(connections).values(me="1@c.us"))


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with open_database(await ready(url)) as db:
        await db.write(linked)
        yield db


def ask(n: int = 0, key: str | None = None, said: str = "", **more: Any) -> Ask:
    return Ask(message(n, **more), key, said)


async def put(db: Database, asks: Sequence[Ask], intake: Intake | None = None) -> list[Any]:
    """Ask for all of these at the same time."""
    take_in = (intake or Intake(Counting(QUOTAS))).take_in
    return list(await asyncio.gather(*(db.write_together(take_in, each) for each in asks)))


async def counted(db: Database, at: datetime = NOW, tenant: str = "u") -> tuple[Count, Count]:
    counts = await db.read(lambda conn: usage.of(conn, tenant, at))
    return counts[Span.DAY], counts[Span.MONTH]


async def rows(db: Database) -> int:
    return await db.read(lambda conn: conn.execute(select(func.count()).select_from(outbox)).scalar_one())


async def told(db: Database) -> list[str]:
    query = select(journal.c.body, journal.c.tenant).where(journal.c.hook == "on_fault")
    found = await db.read(lambda conn: conn.execute(query.order_by(journal.c.position)).all())
    assert {row.tenant for row in found} <= {"u"}
    return [row.body["reason"] for row in found]


async def test_of_many_that_ask_at_once_exactly_the_limit_is_taken_in(db: Database) -> None:
    answers = await put(db, [ask(n) for n in range(LIMIT + 25)])

    assert Counter(map(type, answers)) == {Delivery: LIMIT, RateLimitExceeded: 25}
    assert await rows(db) == LIMIT
    assert [each.used for each in await counted(db)] == [LIMIT, LIMIT]
    assert [each.refused for each in await counted(db)] == [25, 0]
    refusal = answers[-1]
    assert refusal.detail == (
        "40 of 40 messages of the plan 'free' are used today; it renews at 2026-01-02 00:00 UTC"
    )
    assert refusal.facts == {
        "retry_after": 12 * 3600,
        "limit": 40,
        "used": 40,
        "resetsAt": "2026-01-02T00:00:00Z",
    }


async def test_who_is_no_user_any_more_has_what_free_allows(db: Database) -> None:
    rows = [message(n) for n in range(LIMIT + 5)]
    rows = [replace(row, delivery=replace(row.delivery, tenant="nobody")) for row in rows]
    refused = await db.write(lambda conn: Counting(QUOTAS).take(conn, rows))
    assert [*refused] == [row.delivery.id for row in rows[LIMIT:]]
    assert {each.detail.partition(" are")[0] for each in refused.values()} == {
        f"{LIMIT} of {LIMIT} messages of the plan 'free'"
    }


async def test_several_writers_of_one_database_share_one_limit(db: Database, url: str) -> None:
    """Whose transactions overlap: what one has read is not what the other finds."""
    async with (
        open_database(url, migrate=False) as second,
        open_database(url, migrate=False) as third,
    ):

        async def write(writer: Database) -> list[Any]:
            return [(await put(writer, [ask(n)]))[0] for n in range(20)]

        answers = await asyncio.gather(*(write(each) for each in (db, second, third)))

    kinds = Counter(type(each) for some in answers for each in some)
    assert kinds == {Delivery: LIMIT, RateLimitExceeded: 60 - LIMIT}
    assert await rows(db) == LIMIT
    assert (await counted(db))[0] == Count(used=LIMIT, refused=60 - LIMIT, warned=True)


async def test_each_user_has_a_count_of_his_own_in_one_batch(db: Database) -> None:
    await db.write(
        lambda conn: conn.execute(
            connections.insert().values(
                id="theirs",
                tenant="other",
                name="",
                phone_number="",
                settings={},
                state="online",
                me="2@c.us",
                state_since=NOW,
                created_at=NOW,
            )
        )
    )
    mine = [ask(n) for n in range(LIMIT + 5)]
    theirs = [ask(n, tenant="other", connection_id="theirs") for n in range(5)]

    answers = await put(db, [each for pair in zip(mine, theirs, strict=False) for each in pair] + mine[5:])

    refused = [each for each in answers if isinstance(each, RateLimitExceeded)]
    assert len(refused) == 5
    assert (await counted(db))[0].used == LIMIT
    assert (await counted(db, tenant="other"))[0] == Count(used=5)


async def test_a_day_ends_at_midnight_and_a_month_goes_on(db: Database) -> None:
    late, early = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    answers = await put(db, [ask(n, created_at=late) for n in range(LIMIT + 1)] + [ask(99, created_at=early)])

    assert isinstance(answers[LIMIT], RateLimitExceeded)
    assert answers[LIMIT].facts["retry_after"] == 1
    assert isinstance(answers[-1], Delivery)
    assert [each.used for each in await counted(db, early)] == [1, LIMIT + 1]


async def test_the_month_has_the_last_word(db: Database) -> None:
    for day in range(3):
        answers = await put(db, [ask(n, created_at=NOW + timedelta(days=day)) for n in range(LIMIT)])

    assert sum(isinstance(each, Delivery) for each in answers) == 100 - 2 * LIMIT
    today, month = await counted(db, NOW + timedelta(days=2))
    assert (today.used, today.refused) == (20, 0)
    assert (month.used, month.refused) == (100, 20)
    assert answers[-1].facts["resetsAt"] == "2026-02-01T00:00:00Z"
    assert "this month" in answers[-1].detail


async def test_a_repeat_counts_nothing(db: Database) -> None:
    first = ask(1, "key", "one")
    await put(db, [first])
    answers = await put(db, [*(ask(1, "key", "one") for _ in range(5)), ask(1, "key", "another")])

    assert {each.id for each in answers[:5]} == {first.row.delivery.id}
    assert isinstance(answers[5], IdempotencyMismatch)
    assert (await counted(db))[0].used == 1


async def test_of_one_key_asked_twice_at_once_both_are_refused_when_nothing_is_left(db: Database) -> None:
    await put(db, [ask(n) for n in range(LIMIT)])
    answers = await put(db, [ask(1, "key", "one"), ask(1, "key", "one")])

    assert [type(each) for each in answers] == [RateLimitExceeded] * 2
    assert isinstance((await put(db, [ask(1, "key", "one", created_at=TOMORROW)]))[0], Delivery)


async def test_what_is_refused_for_another_reason_counts_nothing(db: Database) -> None:
    answers = await put(db, [ask(1, connection_id="gone"), ask(2, about="nothing"), ask(3)])

    assert [isinstance(each, ChatgrowError) for each in answers] == [True, True, False]
    assert await counted(db) == (Count(used=1), Count(used=1))


async def test_what_is_rolled_back_counts_nothing(db: Database) -> None:
    def breaks(conn: Connection) -> None:
        Intake(Counting(QUOTAS)).take_in(conn, [ask(1)])
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        await db.write(breaks)

    assert await counted(db) == (Count(), Count())
    assert await rows(db) == 0


async def test_without_a_limit_it_is_counted_all_the_same(db: Database) -> None:
    await db.write(lambda conn: conn.execute(update(users).values(plan="enterprise")))
    answers = await put(db, [ask(n) for n in range(150)])

    assert all(isinstance(each, Delivery) for each in answers)
    assert await counted(db) == (Count(used=150), Count(used=150))
    assert await told(db) == []


async def test_a_plan_that_is_changed_counts_at_once(db: Database) -> None:
    await put(db, [ask(n) for n in range(LIMIT)])
    assert isinstance((await put(db, [ask(1)]))[0], RateLimitExceeded)
    await db.write(lambda conn: conn.execute(update(users).values(plan="enterprise")))
    assert isinstance((await put(db, [ask(1)]))[0], Delivery)
    await put(db, [ask(n) for n in range(20)])
    await db.write(lambda conn: conn.execute(update(users).values(plan="free")))
    [refused] = await put(db, [ask(1)])
    assert refused.detail.startswith("61 of 40 messages")


async def test_automatic_replies_count_and_are_never_refused(db: Database) -> None:
    counting = Counting(QUOTAS)
    replies = [message(n) for n in range(LIMIT + 3)]
    await db.write(lambda conn: counting.note(conn, replies))

    assert await counted(db) == (
        Count(used=LIMIT + 3, warned=True),
        Count(used=LIMIT + 3),
    )
    assert isinstance((await put(db, [ask(1)]))[0], RateLimitExceeded)
    await db.write(lambda conn: counting.note(conn, replies[:1]))
    assert (await counted(db))[0] == Count(used=LIMIT + 4, refused=1, warned=True)
    assert len(await told(db)) == 1


async def test_the_user_is_told_once_when_the_end_is_near_and_once_when_it_is_there(db: Database) -> None:
    for n in range(31):
        await put(db, [ask(n)])
    assert await told(db) == []
    for n in range(LIMIT):
        await put(db, [ask(100 + n)])

    near, over = await told(db)
    assert near.startswith("32 of 40 messages of the plan 'free' are used today")
    assert over.startswith("40 of 40 messages of the plan 'free' are used today")


async def test_a_file_larger_than_the_plan_allows_is_refused_and_counts_nothing(db: Database) -> None:
    def carrying(size: int) -> Ask:
        file = Media(
            path=Path("x"), sha256="0", mimetype="image/png", filename="x", size=size, kind=Kind.IMAGE
        )
        row = message(size)
        return Ask(Outgoing(delivery=row.delivery, text="", media=file), None, "")

    answers = await put(db, [carrying(1001), carrying(1000)])

    assert [type(each) for each in answers] == [FileTooLarge, Delivery]
    assert (await counted(db))[0].used == 1


async def test_counts_of_days_and_months_long_gone_go(db: Database) -> None:
    for at in (NOW - timedelta(days=40), NOW - timedelta(days=31), NOW - timedelta(days=29), NOW):
        await put(db, [ask(1, created_at=at)])
    before = NOW - timedelta(days=30)

    def let_go(conn: Connection) -> int:
        return retention.USAGE.remove(conn, retention.USAGE.find(conn, before, 100), before)

    assert await db.write(let_go) == 3
    left = await db.read(lambda conn: set(conn.execute(select(usage_table.c.span)).scalars()))
    assert left == {"day:2025-12-03", "day:2026-01-01", "month:2025-12", "month:2026-01"}
