"""Waiting for a message to leave: told at once, whatever it comes to, and cheap however many wait."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert

from chatgrow_bot.errors import MessageNotFound, SendRefused
from chatgrow_bot.hub import Outbox
from chatgrow_bot.messages import Delivery, Outbound, State
from chatgrow_bot.outbox import Outbox as RealOutbox
from chatgrow_bot.store import journal, meta
from chatgrow_bot.store.tables import journal as facts
from chatgrow_bot.testing import FakeClock, TalkingBot

from .delivering import becomes, send

#: Of true time: what a busy machine may take.
PATIENCE = 20.0


@pytest.fixture
async def outbox(bot: TalkingBot, clock: FakeClock) -> Outbox:
    """Of a hub on whose clock no time passes by itself: whoever is not told waits for ever."""
    await bot.start()
    await bot.connect()
    return bot.running.hub.outbox


def waiting(outbox: Outbox) -> int:
    assert isinstance(outbox, RealOutbox)
    return len(outbox._waiting)


async def until_waiting(outbox: Outbox, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while waiting(outbox) != count:  # noqa: ASYNC110 (nobody tells it)
            await asyncio.sleep(0.005)


async def test_whoever_waits_is_told_when_it_has_left_whenever_he_comes(
    bot: TalkingBot, outbox: Outbox
) -> None:
    for number in range(40):
        delivery = await send(bot, f"{number}", to=f"1555000{number:04}@c.us")
        await asyncio.sleep(number % 8 / 1000)  # at each of its steps
        async with asyncio.timeout(PATIENCE):
            seen = await outbox.wait(delivery.tenant, delivery.id, 60)
        assert seen.state is State.SENT
    assert waiting(outbox) == 0


async def test_what_happens_between_his_look_and_his_wait_is_told_too(
    bot: TalkingBot, outbox: Outbox
) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    other, mine = await send(bot, "one"), await send(bot, "two")
    another = asyncio.create_task(outbox.wait(other.tenant, other.id, 60))
    await until_waiting(outbox, 1)
    db = bot.running.ground.db
    read = db.read

    async def looked(work: Any) -> Any:
        """The message is taken back, and the reader has heard of it, before what was seen is acted on."""
        if asyncio.current_task() is not late:  # the reader's own look
            return await read(work)
        seen, db.read = await read(work), read  # type: ignore[method-assign]
        await outbox.cancel(mine.tenant, mine.id)
        assert isinstance(outbox, RealOutbox)
        async with asyncio.timeout(PATIENCE):
            while outbox._waiting._position < await db.read(journal.head):  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0.005)
        return seen

    db.read = looked  # type: ignore[method-assign]
    late = asyncio.create_task(outbox.wait(mine.tenant, mine.id, 60))
    assert (await asyncio.wait_for(late, PATIENCE)).state is State.CANCELLED
    another.cancel()


async def test_a_message_that_fails_or_is_taken_back_ends_the_wait(bot: TalkingBot, outbox: Outbox) -> None:
    session = bot.engine.opened["shop"]
    session.outcomes = [SendRefused("not on WhatsApp")]
    refused = await send(bot, "one")
    failed = await asyncio.wait_for(outbox.wait(refused.tenant, refused.id, 60), PATIENCE)
    assert failed.state is State.FAILED
    assert "not on WhatsApp" in failed.reason

    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    held = await send(bot, "two")
    wait = asyncio.create_task(outbox.wait(held.tenant, held.id, 60))
    await until_waiting(outbox, 1)
    await outbox.cancel(held.tenant, held.id)
    assert (await asyncio.wait_for(wait, PATIENCE)).state is State.CANCELLED


async def test_after_its_time_it_is_told_as_it_is(bot: TalkingBot, clock: FakeClock, outbox: Outbox) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    held = await send(bot, "two")
    assert (await outbox.wait(held.tenant, held.id, 0)).state is State.QUEUED
    wait = asyncio.create_task(outbox.wait(held.tenant, held.id, 30))
    await until_waiting(outbox, 1)
    clock.advance(29)
    await asyncio.sleep(0.05)
    assert not wait.done()
    clock.advance(1)
    assert (await asyncio.wait_for(wait, PATIENCE)).state is State.QUEUED


async def test_nobody_waits_for_what_is_not_his(bot: TalkingBot, outbox: Outbox) -> None:
    delivery = await send(bot, "one")
    with pytest.raises(MessageNotFound):
        await outbox.wait("somebody", delivery.id, 60)
    assert waiting(outbox) == 0


async def test_whoever_goes_away_is_forgotten(bot: TalkingBot, outbox: Outbox) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    held = await send(bot, "two")
    waits = [asyncio.create_task(outbox.wait(held.tenant, held.id, 60)) for _ in range(3)]
    await until_waiting(outbox, 3)
    for wait in waits:
        wait.cancel()
    await until_waiting(outbox, 0)


@pytest.mark.slow
async def test_a_thousand_that_wait_cost_a_commit_no_more_looks_than_one(
    bot: TalkingBot, outbox: Outbox
) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    message = Outbound(to="15551230001@c.us", text="x")
    tenant, db = bot.admin.user_id, bot.running.ground.db
    rows: list[Delivery] = await asyncio.gather(
        *(outbox.enqueue(tenant, "shop", message, source="test") for _ in range(1000))
    )
    waits = [asyncio.create_task(outbox.wait(tenant, row.id, 60)) for row in rows]
    await until_waiting(outbox, 1000)
    looks, read = 0, db.read

    async def counted(work: Any) -> Any:
        nonlocal looks
        looks += 1
        return await read(work)

    db.read = counted  # type: ignore[method-assign]
    for number in range(50):
        await db.write(lambda conn, number=number: meta.put(conn, "test", number))  # type: ignore[misc]
    assert looks <= 150

    await outbox.cancel(tenant, rows[500].id)
    assert (await asyncio.wait_for(waits[500], PATIENCE)).state is State.CANCELLED
    assert sum(wait.done() for wait in waits) == 1
    for wait in waits:
        wait.cancel()
    await until_waiting(outbox, 0)


@pytest.mark.parametrize(
    "body", [{"id": "x", "state": "teleported", "ack": 0, "reason": ""}, {"id": "x"}, {"id": [], "state": []}]
)
async def test_a_fact_that_cannot_be_read_keeps_nobody_from_being_told(
    bot: TalkingBot, outbox: Outbox, body: dict[str, object]
) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    held = await send(bot, "one")
    wait = asyncio.create_task(outbox.wait(held.tenant, held.id, 60))
    await until_waiting(outbox, 1)
    fact = {"at": bot.clock.now(), "hook": "on_outbound", "tenant": held.tenant, "connection_id": "shop"}
    await bot.running.ground.db.write(lambda conn: conn.execute(insert(facts).values(**fact, body=body)))
    await outbox.cancel(held.tenant, held.id)
    assert (await asyncio.wait_for(wait, PATIENCE)).state is State.CANCELLED


async def test_a_look_that_fails_is_made_again(
    bot: TalkingBot, clock: FakeClock, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.running.hub.connections.pause(bot.admin.user_id, "shop", "a test")
    held = await send(bot, "one")
    failed = asyncio.Event()

    def fails(*_: object) -> None:
        failed.set()
        raise RuntimeError("a test")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "read_after", fails)
        wait = asyncio.create_task(outbox.wait(held.tenant, held.id, 60))
        await asyncio.wait_for(failed.wait(), PATIENCE)
    await outbox.cancel(held.tenant, held.id)
    async with asyncio.timeout(PATIENCE):
        while not wait.done():
            clock.advance(1)
            await asyncio.sleep(0.005)
    assert (await wait).state is State.CANCELLED


async def test_a_message_that_has_left_is_said_to_have_left_then(bot: TalkingBot, outbox: Outbox) -> None:
    sent = await becomes(bot, await send(bot, "one"), State.SENT)
    assert await outbox.estimate(sent) == sent.updated_at
