"""What came while nobody looked: swept up at a start, a reload, a gap; without keeping anybody waiting."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from chatgrow_bot.engine import Ack, Arrival
from chatgrow_bot.errors import EngineError, StoreUnavailable
from chatgrow_bot.messages import ConnectionState, Outbound, State
from chatgrow_bot.store import connections as stored
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import Faults, connections, settled, turned_until, view

DANA = "15551230001@c.us"


def texts(conn: Connection) -> list[str]:
    return list(conn.execute(inbox.select().with_only_columns(inbox.c.text)).scalars())


async def looked_at(session: FakeSession) -> None:
    session.looked.clear()
    session.inlet.changed()
    await asyncio.wait_for(session.looked.wait(), 10)


async def test_a_page_that_loaded_anew_is_swept_once(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    assert len(session.swept) == 1
    await looked_at(session)
    session.waiting.append(session.arrival("while it loaded"))
    session.listening += 1
    session.inlet.changed()
    await bot.until(texts, lambda found: found == ["while it loaded"])
    await looked_at(session)
    await looked_at(session)
    assert len(session.swept) == 2


async def test_a_hub_that_stood_still_sweeps(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    await looked_at(session)
    clock.advance(16)
    await settled(bot, lambda: len(session.swept) == 2)


async def test_a_sweep_that_does_not_end_keeps_sending_waiting_for_a_while_only(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    first = await bot.connect()
    mark = await bot.until(lambda conn: stored.swept_to(conn, "shop"))
    sessions: list[FakeSession] = []

    def hang(session: FakeSession) -> None:
        session.sweeping.clear()
        session.waiting.append(session.arrival("old and unread"))
        sessions.append(session)

    bot.engine.on_open = hang
    first.dead = True
    first.inlet.changed()
    await settled(bot, lambda: sessions and sessions[0].swept)
    message = Outbound(to=DANA, text="hello")
    sent = await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")
    began = clock.now()
    await turned_until(bot, clock, lambda: sessions[0].sent)
    assert clock.now() - began >= timedelta(seconds=20)
    assert (await bot.running.hub.outbox.get(sent.tenant, sent.id)).state in (State.SENDING, State.SENT)
    sessions[0].listening += 1  # something more to sweep for: after this one
    await looked_at(sessions[0])
    assert len(sessions[0].swept) == 1
    assert await bot.read(lambda conn: stored.swept_to(conn, "shop")) == mark
    sessions[0].sweeping.set()
    await bot.until(texts, lambda found: found == ["old and unread"])
    await settled(bot, lambda: len(sessions[0].swept) == 2)
    await bot.until(lambda conn: stored.swept_to(conn, "shop"), lambda now: now != mark)


async def test_a_page_that_cannot_be_swept_does_not_come_online_and_is_opened_anew(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    bot.engine.on_open = lambda session: session.sweep_failures.append(EngineError("no chats"))
    await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    away = await bot.reaches("shop", ConnectionState.RECONNECTING)
    assert away.reason.startswith("no chats.")
    bot.engine.on_open = lambda session: None
    await bot.online()


async def test_a_sweep_that_fails_later_closes_nothing_and_comes_again_ever_more_slowly(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    before = await bot.until(lambda conn: stored.swept_to(conn, "shop"))
    times: list[datetime] = []
    sweep = session.sweep

    def noted(since: datetime) -> AsyncIterator[Arrival]:
        times.append(clock.now())
        return sweep(since)

    session.sweep = noted  # type: ignore[method-assign]
    clock.advance(5)
    session.sweep_failures += [EngineError("no chats")] * 3
    session.listening += 1
    session.inlet.changed()
    await turned_until(bot, clock, lambda: len(times) == 4)
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    for gap, least in zip(gaps, (5, 10, 20), strict=True):
        assert gap >= least
    assert gaps[0] < 600
    assert (await view(bot)).state is ConnectionState.ONLINE
    assert bot.engine.times == 1
    after = await bot.until(lambda conn: stored.swept_to(conn, "shop"), lambda mark: mark != before)
    assert after is not None
    assert times[2] < after <= times[3]


async def test_sweeps_that_go_on_failing_are_told_once_and_again_only_after_one_that_did_not(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Faults)
    session = await bot.connect()

    async def fail(times: int) -> None:
        begun = len(session.swept)
        session.sweep_failures += [EngineError("no chats")] * times
        session.listening += 1
        session.inlet.changed()
        await turned_until(bot, clock, lambda: len(session.swept) == begun + times + 1, step=5)

    def told() -> int:
        return sum("3 times in a row" in each for each in Faults.heard)

    await fail(2)
    await fail(6)
    await Faults.heard_of("3 times in a row")
    await fail(3)
    await turned_until(bot, clock, lambda: told() == 2, step=0)


async def test_an_ear_set_up_anew_during_the_first_sweep_brings_another_one(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    bot.engine.on_open = lambda session: session.sweeping.clear()
    await connections(bot).create(bot.admin, "shop", "Shop", "", {})
    await settled(bot, lambda: "shop" in bot.engine.opened and bot.engine.opened["shop"].swept)
    session = bot.engine.opened["shop"]
    clock.advance(1)  # until then it waits for the sweep alone
    await looked_at(session)
    session.listening += 1
    await looked_at(session)
    await looked_at(session)  # so that the look before has been thought over
    session.sweeping.set()
    await settled(bot, lambda: len(session.swept) == 2)
    await bot.online()
    assert len(session.swept) == 2


async def test_acks_that_came_meanwhile_are_brought_in(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    message = Outbound(to=DANA, text="hello")
    outbox, tenant = bot.running.hub.outbox, bot.admin.user_id
    sent = await outbox.enqueue(tenant, "shop", message, source="test")
    await asyncio.wait_for(session.sending.wait(), 10)
    await settled(bot, lambda: session.page)
    page = {sent.wa_id: Ack(chat=DANA, wa_id=sent.wa_id, ack=3)}
    bot.engine.on_open = lambda session: session.page.update(page)
    session.dead = True
    session.inlet.changed()
    await settled(bot, lambda: bot.engine.times == 2)
    again = await bot.online()

    async def read() -> bool:
        return (await outbox.get(tenant, sent.id)).state is State.READ

    async with asyncio.timeout(10):
        while not await read():
            await bot.running.ground.db.write(lambda conn: None)
    assert again.asked_acks[0] <= clock.now() - timedelta(days=1)


async def test_acks_that_cannot_be_told_do_not_have_the_same_messages_swept_for_ever(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()

    def mute(session: FakeSession) -> None:
        session.progress = None  # type: ignore[assignment, method-assign]

    bot.engine.on_open = mute
    await bot.connect()
    assert await bot.until(lambda conn: stored.swept_to(conn, "shop")) == clock.now()


async def test_what_came_before_is_not_called_stored_while_one_message_of_it_is_not(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    mark = await bot.until(lambda conn: stored.swept_to(conn, "shop"))
    listener = bot.running.hub.connections.keepers()["shop"]._listener  # type: ignore[attr-defined]
    arrived, refused = listener.arrived, asyncio.Event()

    async def full(*args: object) -> None:
        refused.set()
        raise StoreUnavailable("the disk is full")

    listener.arrived = full
    session.waiting.append(session.arrival("hello"))
    clock.advance(5)
    session.listening += 1
    session.inlet.changed()
    await asyncio.wait_for(refused.wait(), 10)
    for _ in range(10):
        await bot.running.ground.db.write(lambda conn: None)
    assert await bot.read(lambda conn: stored.swept_to(conn, "shop")) == mark
    listener.arrived = arrived
    await turned_until(bot, clock, lambda: len(session.swept) > 2)
    await bot.until(texts, lambda found: found == ["hello"])
