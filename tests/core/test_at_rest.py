"""A session that is closed between two messages: for whoever needs its folder, and because it has grown."""

import asyncio

import pytest
from sqlalchemy import Connection, select

from chatgrow_bot.connections import Connections
from chatgrow_bot.connections.listener import Bounds
from chatgrow_bot.engine import Usage
from chatgrow_bot.errors import ConnectionNotReady
from chatgrow_bot.health import Health
from chatgrow_bot.messages import ConnectionState, Outbound
from chatgrow_bot.store.tables import journal
from chatgrow_bot.testing import FakeClock, FakeEngine, FakeSession, TalkingBot

from .keeping import settled, view

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"
MB = 1 << 20


@pytest.fixture
def clock(bot: TalkingBot) -> FakeClock:
    clock = FakeClock()
    bot.clock, bot.engine = clock, FakeEngine(clock.now)
    return clock


def connections(bot: TalkingBot) -> Connections:
    found = bot.running.hub.connections
    assert isinstance(found, Connections)
    return found


def reasons(conn: Connection) -> list[str]:
    bodies = conn.execute(select(journal.c.body).where(journal.c.hook == "on_connection"))
    return [body["reason"] for body in bodies.scalars()]


async def look(bot: TalkingBot) -> None:
    health = bot.running.hub.health
    assert isinstance(health, Health)
    await health.look()


async def send(bot: TalkingBot, text: str, to: str = DANA) -> None:
    message = Outbound(to=to, text=text)
    await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")


async def test_what_is_being_sent_is_finished_and_what_waits_is_held_until_it_is_open_again(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    first = await bot.connect()
    first.gate.clear()
    await send(bot, "one")
    await first.sending.wait()
    resting, done = asyncio.Event(), asyncio.Event()

    async def rest() -> None:
        async with connections(bot).at_rest("shop", "it is copied"):
            resting.set()
            await done.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(rest())
        await send(bot, "two")
        await bot.running.ground.db.write(lambda conn: None)
        assert not resting.is_set()
        first.gate.set()
        first.inlet.changed()
        async with asyncio.timeout(10):
            while not resting.is_set():
                first.inlet.changed()
                await bot.running.ground.db.write(lambda conn: None)
        assert "shop" not in bot.engine.opened
        closed = await view(bot)
        assert (closed.state, closed.reason) == (
            ConnectionState.RECONNECTING,
            "it was closed for a moment: it is copied",
        )
        assert connections(bot).ready("shop") is None
        assert bot.engine.times == 1
        done.set()
    again = await bot.online()
    await settled(bot, lambda: again.sent)
    assert ([each.text for each in first.sent], [each.text for each in again.sent]) == (["one"], ["two"])


async def test_one_that_has_ended_stays_so_unless_somebody_starts_it_meanwhile(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    session = await bot.connect()
    session.becomes(ConnectionState.LOGGED_OUT)
    await bot.reaches("shop", ConnectionState.LOGGED_OUT)
    await settled(bot, lambda: "shop" not in bot.engine.opened)
    async with connections(bot).at_rest("shop", "it is restored"):
        pass
    clock.advance(60)
    await bot.running.ground.db.write(lambda conn: None)
    assert bot.engine.times == 1
    async with connections(bot).at_rest("shop", "it is restored"):
        await connections(bot).reconnect(bot.admin.user_id, "shop")
        await bot.running.ground.db.write(lambda conn: None)
        assert bot.engine.times == 1
    await bot.online()


async def test_two_who_need_the_folder_have_it_one_after_the_other(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    inside: list[int] = []

    async def rest() -> None:
        async with connections(bot).at_rest("shop", "it is copied"):
            assert "shop" not in bot.engine.opened
            inside.append(1)
            await asyncio.sleep(0)
            assert inside.pop() == 1
            assert not inside

    await asyncio.gather(rest(), rest())
    await bot.online()


async def test_who_cannot_have_it_is_told_and_the_queue_goes_on(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    connections(bot).keepers()["shop"].bounds = Bounds(rest=0.1)
    session.gate.clear()
    await send(bot, "one")
    await session.sending.wait()

    async def rest() -> None:
        async with connections(bot).at_rest("shop", "it is copied"):
            pass

    told: list[str] = []
    listener = connections(bot).keepers()["shop"]._listener
    listener.online = told.append  # type: ignore[assignment, method-assign]
    resting = asyncio.create_task(rest())
    await send(bot, "two", to=NOAM)
    with pytest.raises(ConnectionNotReady, match="still sending"):
        await resting
    assert told == ["shop"]  # what was passed over meanwhile is looked at again
    session.gate.set()
    await settled(bot, lambda: len(session.sent) == 2)
    assert bot.engine.times == 1


async def test_a_connection_can_be_deleted_while_it_rests(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    async with connections(bot).at_rest("shop", "it is copied"):
        await connections(bot).delete(bot.admin.user_id, "shop")
    await bot.connect()


async def test_a_session_past_its_budget_is_opened_anew_once_and_says_why(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()

    def heavy(session: FakeSession) -> None:
        session.used = Usage(memory=900 * MB, cpu=10.0, processes=5)

    bot.engine.on_open = heavy
    session = await bot.connect(memoryBudget=800 * MB)
    await look(bot)
    clock.advance(60)
    session.used = Usage(memory=900 * MB, cpu=25.0, processes=5)
    await look(bot)
    health = bot.running.hub.health
    assert isinstance(health, Health)
    [report] = await health.reports()
    assert (report.memory, report.cpu) == (900 * MB, 0.25)
    assert bot.engine.times == 1  # it was opened only just now: another would be no smaller
    clock.advance(1800)
    session.inlet.changed()
    await look(bot)
    await settled(bot, lambda: bot.engine.times == 2)
    await bot.online()
    changes = await bot.read(reasons)
    assert "it was closed for a moment: it takes 900 MB of memory, its budget is 800 MB" in changes, changes
    await look(bot)
    await look(bot)
    assert bot.engine.times == 2


async def test_sessions_that_have_come_of_age_are_opened_anew_one_at_a_time(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start()
    for name in ("a", "b", "c"):
        await bot.connect(name, recycleAfter=3600)
    clock.advance(3600 * 0.89)
    await look(bot)
    assert bot.engine.times == 3
    clock.advance(3600)
    bot.engine.closing.clear()
    for _ in range(3):
        await look(bot)
        await bot.running.ground.db.write(lambda conn: None)
    assert len(bot.engine.opened) == 2
    bot.engine.closing.set()
    await settled(bot, lambda: bot.engine.times == 4)
    for name in ("a", "b", "c"):
        await bot.online(name)
    for times in (5, 6):
        await look(bot)
        await settled(bot, lambda count=times: bot.engine.times == count)  # type: ignore[misc]
        for name in ("a", "b", "c"):
            await bot.online(name)
    await look(bot)
    assert bot.engine.times == 6


async def test_a_session_that_cannot_be_weighed_harms_nobody(bot: TalkingBot) -> None:
    await bot.start()
    session, other = await bot.connect(), await bot.connect("other")
    other.used = Usage(memory=MB, cpu=1.0, processes=1)

    async def broken() -> Usage | None:
        raise RuntimeError("no such process")

    session.usage = broken  # type: ignore[method-assign]
    await look(bot)
    health = bot.running.hub.health
    assert isinstance(health, Health)
    assert {each.connection_id: each.memory for each in await health.reports()} == {"shop": None, "other": MB}
