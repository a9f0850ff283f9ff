"""What a person has stopped stays stopped: one connection, the queue, everything."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from chatgrow_bot.engine import Activity
from chatgrow_bot.errors import Conflict, ConnectionNotReady
from chatgrow_bot.hub import Halt, Halting
from chatgrow_bot.messages import Delivery, Fault, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import halts, queue
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.testing import TalkingBot

from .delivering import becomes, send, states

DANA, NOAM = "15551230001@c.us", "15551230002@c.us"


class Listener(Plugin):
    heard: list[Fault] = []  # noqa: RUF012

    @hook
    async def on_fault(self, fault: Fault) -> None:
        self.heard.append(fault)


async def told(bot: TalkingBot, words: str) -> Fault:
    """The fact of these words, once it was heard."""
    async with asyncio.timeout(10):
        while True:
            for fault in Listener.heard:
                if words in fault.reason:
                    return fault
            await bot.running.ground.db.write(lambda conn: None)


async def test_what_is_in_flight_ends_and_nothing_else_leaves_until_it_is_let_go(bot: TalkingBot) -> None:
    Listener.heard.clear()
    await bot.start(Listener)
    session = await bot.connect()
    session.gate.clear()
    flying, waiting = await send(bot, "in flight"), await send(bot, "waits", to=NOAM)
    await session.sending.wait()
    valve = bot.running.hub.queue
    await valve.pause("rina", "the prices are wrong")
    session.gate.set()
    await becomes(bot, flying, State.SENT)
    late = await send(bot, "taken in all the same", to=NOAM)
    status = await valve.status(bot.admin.user_id)
    assert status.halt
    assert (status.halt.how, status.halt.by) == (Halting.PAUSE, "rina")
    assert status.by_state == {State.QUEUED: 2}
    assert "paused by rina" in await bot.running.hub.outbox.waits_for(waiting.tenant, waiting.id)
    assert [parcel.text for parcel in session.sent] == ["in flight"]
    await valve.resume("gil")
    await becomes(bot, waiting, State.SENT)
    await becomes(bot, late, State.SENT)
    assert (await told(bot, "paused by rina")).where == "queue"
    assert "the prices are wrong" in (await told(bot, "let go by gil")).reason


async def test_a_stop_outlives_a_restart_and_the_log_says_how_to_let_go(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    await bot.running.hub.queue.stop("rina", "it went wild")
    waiting = await send(bot, "waits")
    await bot.stop()
    with capture_logs() as logs:
        await bot.start()
    [loud] = [each for each in logs if "STANDS STILL" in each["event"]]
    assert "stopped by rina" in loud["because"]
    assert "/api/queue/resume" in loud["then"]
    session = await bot.online()
    await bot.running.ground.db.write(lambda conn: None)
    assert session.sent == []
    with pytest.raises(Conflict, match="not paused"):
        await bot.running.hub.queue.pause("gil", "less than a stop")
    await bot.running.hub.queue.resume("gil")
    await becomes(bot, waiting, State.SENT)


async def test_while_all_is_stopped_nothing_is_shown_in_chats_either(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    chats, tenant = bot.running.hub.chats, bot.admin.user_id
    await bot.running.hub.queue.pause("rina", "")
    await chats.mark_read(tenant, "shop", DANA)  # a pause is of the queue alone
    await bot.running.hub.queue.stop("rina", "")
    for work in (
        chats.mark_read(tenant, "shop", DANA),
        chats.show(tenant, "shop", DANA, Activity.TYPING, 1),
        chats.be_available(tenant, "shop", True),
    ):
        with pytest.raises(ConnectionNotReady, match="rina has stopped everything"):
            await work
    assert (session.read, session.shown, session.available) == ([DANA], [], None)


async def test_the_store_refuses_what_another_process_has_stopped(bot: TalkingBot) -> None:
    """This process's memory knows nothing of it."""
    asked, gate = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
            asked.set()
            await gate.wait()

    await bot.start(Slow)
    session = await bot.connect()
    taken = await send(bot, "taken before")
    await asked.wait()
    halt = Halt(how=Halting.PAUSE, by="another process", reason="", at=datetime.now(UTC))
    await bot.running.ground.db.write(lambda conn: halts.put(conn, halt))
    gate.set()
    await becomes(bot, taken, State.QUEUED)
    await send(bot, "asked after")
    claim = queue.Claim("shop", taken.lane, bot.running.ground.epoch, datetime.now(UTC))
    [row] = await bot.running.ground.db.write(lambda conn: queue.claim(conn, [claim]))
    assert not isinstance(row, Outgoing)
    assert session.sent == []
    assert (await states(bot, taken))[:3] == ["queued", "claimed", "queued"]
    assert (await bot.running.hub.outbox.get(taken.tenant, taken.id)).attempts == 0
    await bot.running.hub.queue.resume("rina")
    await becomes(bot, taken, State.SENT)


async def test_a_paused_connection_keeps_even_what_its_filters_are_asked_about(bot: TalkingBot) -> None:
    Listener.heard.clear()
    asked, gate = asyncio.Event(), asyncio.Event()

    class Slow(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
            asked.set()
            await gate.wait()

    await bot.start(Slow, Listener)
    session = await bot.connect()
    taken = await send(bot, "taken before")
    await asked.wait()
    connections, tenant = bot.running.hub.connections, bot.admin.user_id
    await connections.pause(tenant, "shop", "by rina: the prices are wrong")
    gate.set()
    kept = await becomes(bot, taken, State.QUEUED)
    assert session.sent == []
    assert "paused (by rina: the prices are wrong)" in await bot.running.hub.outbox.waits_for(tenant, kept.id)
    await connections.resume(tenant, "shop", "gil")
    await becomes(bot, taken, State.SENT)
    assert (await told(bot, "is paused: by rina")).connection_id == "shop"
    await told(bot, "let go by gil")


async def test_who_is_cancelled_while_he_lets_go_has_let_go_if_it_is_on_the_disk(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    valve, db = bot.running.hub.queue, bot.running.ground.db
    await valve.stop("rina", "")
    waits = await send(bot, "hello")
    write, written = db.write, asyncio.Event()

    async def never_answers(work: Any) -> None:
        db.write = write  # type: ignore[method-assign]
        await write(work)
        written.set()
        await asyncio.Event().wait()

    db.write = never_answers  # type: ignore[method-assign,assignment]
    letting_go = asyncio.create_task(valve.resume("gil"))
    await written.wait()
    letting_go.cancel()
    with pytest.raises(asyncio.CancelledError):
        await letting_go
    await becomes(bot, waits, State.SENT)


async def test_a_stop_that_comes_while_it_is_being_let_go_stays(bot: TalkingBot) -> None:
    await bot.start()
    session = await bot.connect()
    valve, tenant = bot.running.hub.queue, bot.admin.user_id
    await valve.pause("rina", "")
    await asyncio.gather(valve.resume("gil"), valve.resume("dan"), valve.stop("rina", "for good"))
    status = await valve.status()
    assert status.halt
    assert status.halt.how is Halting.STOP
    with pytest.raises(ConnectionNotReady, match="rina has stopped everything"):
        await bot.running.hub.chats.mark_read(tenant, "shop", DANA)
    await send(bot, "waits")
    await bot.running.ground.db.write(lambda conn: None)
    assert session.sent == []
