"""The disk fills, the page dies, the caller goes away: nothing is lost and the hub goes on."""

import asyncio
from datetime import timedelta

from sqlalchemy import Connection

from chatgrow_bot.messages import ConnectionState, Fault, Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.reporting import Reporter
from chatgrow_bot.store import connections as stored_connections
from chatgrow_bot.store import journal, queue
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.database import Database
from chatgrow_bot.testing import FakeClock, TalkingBot

from .weather import Disk

DANA = "15551230001@c.us"


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        return Outbound(to=message.chat, text=f"you said {message.text}")


async def turned(clock: FakeClock, event: asyncio.Event) -> None:
    """Turn the hands until something has happened."""
    async with asyncio.timeout(10):
        while not event.is_set():
            clock.advance(1)
            await asyncio.sleep(0.001)


async def test_a_full_disk_ends_neither_a_connection_nor_the_hub(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    disk = Disk(bot)
    disk.full = session.dead = True
    await turned(clock, disk.refused)
    disk.full = False
    await turned(clock, bot.engine.tried_again)
    await bot.online()


async def test_a_message_that_came_while_the_disk_was_full_is_swept_up_from_the_same_page(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    disk = Disk(bot)
    disk.full = True
    session.waiting.append(await session.hears("hello"))
    assert session.sent == []
    disk.refused.clear()
    await turned(clock, disk.refused)  # the sweep meets the full disk too
    disk.full = False
    await turned(clock, session.sending)
    assert [parcel.text for parcel in session.sent] == ["you said hello"]
    assert bot.engine.times == 1


async def test_a_message_stored_while_its_page_is_closed_is_answered(bot: TalkingBot) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    disk = Disk(bot)
    disk.gate.clear()
    arriving = asyncio.create_task(session.hears("hello"))
    await disk.asked.wait()
    arriving.cancel()
    await asyncio.wait([arriving])
    disk.gate.set()
    async with asyncio.timeout(10):
        await session.sending.wait()


async def test_a_message_queued_for_a_caller_who_went_away_leaves_at_once(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    await bot.until(queue.waiting_lanes, lambda lanes: not lanes)
    disk = Disk(bot)
    disk.watched = lambda item: getattr(item, "digest", None) is not None  # what somebody wants queued
    disk.gate.clear()
    message = Outbound(to=DANA, text="hello")
    sending = bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")
    asking = asyncio.create_task(sending)
    await disk.asked.wait()
    asking.cancel()
    await asyncio.wait([asking])
    disk.gate.set()
    async with asyncio.timeout(10):
        await session.sending.wait()


async def test_the_queue_goes_on_by_itself_after_a_full_disk(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start()
    session = await bot.connect()
    disk = Disk(bot)
    session.gate.clear()
    await bot.running.hub.outbox.enqueue(
        bot.admin.user_id, "shop", Outbound(to=DANA, text="hello"), source="test"
    )
    await session.sending.wait()
    disk.full = True
    session.gate.set()
    await turned(clock, disk.refused)
    disk.full = False

    def sent(conn: Connection) -> bool:
        return bool(stored.in_state(conn, State.SENT))

    async with asyncio.timeout(10):
        while not await bot.read(sent):
            clock.advance(1)
            await asyncio.sleep(0.001)
    assert len(session.sent) == 1


async def test_a_fact_that_no_database_takes_does_not_keep_the_others_out(db: Database) -> None:
    clock = FakeClock()
    reporter = Reporter(db, clock)
    told = asyncio.Event()
    db.on_commit(told.set)
    for tenant in ("\ud800", "fine"):
        reporter.report(Fault(where="test", reason="a test", tenant=tenant, at=clock.now()))
    running = asyncio.create_task(reporter.run())
    async with asyncio.timeout(10):
        await told.wait()
    running.cancel()
    await asyncio.wait([running])
    entries = await db.read(lambda conn: journal.read_after(conn, 0, 10))
    assert [entry.tenant for entry in entries] == ["fine"]


async def test_what_is_reported_at_the_very_end_is_in_the_journal(db: Database) -> None:
    clock = FakeClock()
    reporter = Reporter(db, clock)
    running = asyncio.create_task(reporter.run())
    await asyncio.sleep(0)
    reporter.report(Fault(where="test", reason="the last words", at=clock.now()))
    running.cancel()
    await asyncio.wait([running])
    assert len(await db.read(lambda conn: journal.read_after(conn, 0, 10))) == 1


async def test_a_page_that_is_online_is_swept_regularly_for_it_may_be_deaf(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Echo)
    session = await bot.connect()
    soon = clock.now() + timedelta(minutes=11)
    session.waiting.append(session.arrival("hello?", DANA, at=soon))
    clock.advance(11 * 60)
    await turned(clock, session.sending)
    assert [parcel.text for parcel in session.sent] == ["you said hello?"]
    session.dead = True
    await turned(clock, bot.engine.tried_again)
    again = await bot.online()
    assert again.swept[0] >= soon - timedelta(minutes=10)  # and not since it first came online


async def test_a_connection_says_why_it_is_only_half_online(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    session.reason = "WhatsApp Web has changed"
    session.inlet.changed()
    await bot.until(
        lambda conn: stored_connections.by_id(conn, {"shop"})["shop"].reason,
        lambda reason: reason == "WhatsApp Web has changed",
    )
    await bot.reaches("shop", ConnectionState.ONLINE)
