"""The way in while things break: a stop at any moment, a row that cannot be read, a store that is away."""

import asyncio

from sqlalchemy import Connection, select, update

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.payloads import Location
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal
from chatgrow_bot.store.tables import inbox, jobs
from chatgrow_bot.testing import FakeClock, FakeEngine, TalkingBot

from .weather import Disk

DANA = "15551230001@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        await asyncio.sleep(0)
        return Outbound(to=message.chat, text=f"you said {message.text}")


async def test_a_stop_at_any_moment_leaves_exactly_one_answer(bot: TalkingBot) -> None:
    for turns in (1, 4, 16, 64, 256):
        await bot.start(Echo)
        session = await (bot.connect() if turns == 1 else bot.online())
        arrival = session.arrival(f"after {turns}", DANA)
        arriving = asyncio.create_task(session.inlet.arrived(arrival))
        for _ in range(turns):
            await asyncio.sleep(0)
        await bot.stop()
        await asyncio.wait([arriving])
        sent = list(session.sent)
        bot.engine = FakeEngine(bot.clock.now)
        await bot.start(Echo)
        again = await bot.online()
        await again.inlet.arrived(arrival)  # as a sweep does
        await bot.rest()
        ids = {parcel.wa_id for parcel in (*sent, *again.sent) if parcel.text == f"you said after {turns}"}
        assert len(ids) == 1, turns
        await bot.stop()
        bot.engine = FakeEngine(bot.clock.now)


async def test_a_message_that_can_never_be_read_ends_as_failed_and_does_not_hold_its_chat_up(
    bot: TalkingBot,
) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo)
    session = await bot.connect()
    bad = await session.hears(payload=Location(latitude=1.0, longitude=2.0))
    await bot.rest()
    await bot.stop()
    bot.engine = FakeEngine(clock.now)
    await bot.start()
    message = (inbox.c.wa_id == bad.wa_id,)

    def break_it(conn: Connection) -> None:
        conn.execute(update(inbox).where(*message).values(payload={"latitude": "north"}, outcome=""))
        row = conn.execute(select(inbox.c.id, inbox.c.chat).where(*message)).one()
        conn.execute(jobs.insert().values(message_id=row.id, connection_id="shop", chat=row.chat))

    await bot.running.ground.db.write(break_it)
    await bot.stop()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo)
    again = await bot.online()
    await again.hears("good")
    async with asyncio.timeout(20):
        while not any(parcel.text == "you said good" for parcel in again.sent):
            clock.advance(20)
            await bot.running.ground.db.write(lambda conn: None)
    assert (
        await bot.read(lambda conn: conn.execute(select(inbox.c.outcome).where(*message)).scalar())
        == "failed"
    )

    def blamed(conn: Connection) -> list[str]:
        facts = journal.read_after(conn, 0, 1000)
        return [fact.body["reason"] for fact in facts if fact.hook == "on_fault"]

    reasons = await bot.until(
        blamed, lambda reasons: any("left unanswered: Validation" in r for r in reasons)
    )
    assert reasons


async def test_what_arrives_while_the_store_is_away_is_refused_and_nothing_of_it_is_kept_in_memory(
    bot: TalkingBot,
) -> None:
    clock = bot.clock = FakeClock()
    bot.engine = FakeEngine(clock.now)
    await bot.start(Echo)
    session = await bot.connect()
    disk = Disk(bot)
    disk.full = True
    arrivals = [await session.hears(f"message {number}", f"1555123{number:04d}@c.us") for number in range(50)]
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "inbox:shop"]
    disk.full = False
    for arrival in arrivals:  # as the keeper's sweep does
        await session.inlet.arrived(arrival)

    def answered(conn: Connection) -> int:
        return len(conn.execute(select(inbox.c.id).where(inbox.c.outcome == "answered")).all())

    await bot.until(answered, lambda count: count == 50, 30)
