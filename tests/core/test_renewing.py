"""A session that is closed between two messages and opened anew, because it has grown or come of age."""

import asyncio

from sqlalchemy import Connection, select

from chatgrow_bot.connections import Connections
from chatgrow_bot.engine import Usage
from chatgrow_bot.health import Health
from chatgrow_bot.messages import ConnectionState, Outbound
from chatgrow_bot.store.tables import journal
from chatgrow_bot.testing import FakeClock, FakeSession, TalkingBot

from .keeping import settled, view

DANA = "15551230001@c.us"
MB = 1 << 20


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
    connections(bot).keepers()["shop"].renew("it has grown")
    await send(bot, "two")
    await bot.running.ground.db.write(lambda conn: None)
    assert bot.engine.opened["shop"] is first
    bot.engine.closing.clear()
    first.gate.set()
    async with asyncio.timeout(10):
        while "shop" in bot.engine.opened:
            first.inlet.changed()
            await bot.running.ground.db.write(lambda conn: None)
    closed = await view(bot)
    assert (closed.state, closed.reason) == (
        ConnectionState.RECONNECTING,
        "it was closed for a moment: it has grown",
    )
    assert connections(bot).ready("shop") is None
    bot.engine.closing.set()
    await settled(bot, lambda: bot.engine.times == 2)
    again = await bot.online()
    await settled(bot, lambda: again.sent)
    assert ([each.text for each in first.sent], [each.text for each in again.sent]) == (["one"], ["two"])


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
