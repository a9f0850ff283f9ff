"""The hub looks after what is stored: it notices trouble and its end, keeps room, makes copies, lets go of
what is old."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from chatgrow_bot.errors import StoreDamaged, StoreFull, StoreUnavailable
from chatgrow_bot.messages import Inbound, Outbound, State
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Page, Response, Trace
from chatgrow_bot.store import backup, damage, journal
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.customer_tables import trace_pages
from chatgrow_bot.store.customer_tables import traces as kept
from chatgrow_bot.store.tables import bookmarks, outbox
from chatgrow_bot.testing import FakeClock, TalkingBot
from chatgrow_bot.upkeep.ballast import Ballast

from .weather import Disk

DANA = "15551230001@c.us"
DAY = 86_400


class Ponders(Plugin):
    """Says why it does not answer."""

    @hook
    async def answer(self, message: Inbound) -> Response:
        is_dull = message.text == "boring"
        return Response(trace=Trace(page=Page((message.text,)), asked=1, is_dull=is_dull))


async def turned(bot: TalkingBot, clock: FakeClock, done: Callable[[], object], step: float = 1) -> None:
    """Turn the hands until something is so; the hub has its turn each time."""
    async with asyncio.timeout(20):
        while not done():
            clock.advance(step)
            try:
                await bot.running.ground.db.write(lambda conn: None)
            except StoreUnavailable:
                await asyncio.sleep(0)


async def faults(bot: TalkingBot, where: str) -> list[str]:
    entries = await bot.read(lambda conn: journal.read_after(conn, 0, 10_000))
    found = [fact for fact in (entry.body for entry in entries if entry.hook == "on_fault")]
    return [str(fact["reason"]) for fact in found if fact["where"] == where]


async def told(bot: TalkingBot, where: str, clock: FakeClock | None = None) -> list[str]:
    """Wait until faults of a place are in the journal."""
    async with asyncio.timeout(20):
        while not (found := await faults(bot, where)):
            if clock:
                clock.advance(1)
            with suppress(StoreUnavailable):  # that is what the fault may be about
                await bot.running.ground.db.write(lambda conn: None)
            await asyncio.sleep(0)
    return found


async def enqueue(bot: TalkingBot) -> str:
    message = Outbound(to=DANA, text="hello")
    return (await bot.running.hub.outbox.enqueue(bot.admin.user_id, "shop", message, source="test")).id


async def test_while_the_disk_is_full_nothing_new_is_promised_the_reserve_is_given_up_and_made_again(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(settings={"diskReserve": "1MB"})
    await bot.connect()
    reserve = bot.folder / "sessions" / "ballast"
    await turned(bot, clock, lambda: reserve.exists() and reserve.stat().st_size == 1 << 20, 30)
    assert reserve.stat().st_blocks * 512 == 1 << 20  # its room is taken, not only written down
    assert reserve.stat().st_mode & 0o777 == 0o600
    disk = Disk(bot)
    disk.full = True
    with pytest.raises(StoreFull):
        await enqueue(bot)
    await turned(bot, clock, lambda: not reserve.exists())
    disk.full = False
    await bot.running.ground.db.write(lambda conn: None)  # what is under way is written down
    with pytest.raises(StoreFull):  # what is new waits until the room is there again
        await enqueue(bot)
    await turned(bot, clock, reserve.exists)
    reasons = await told(bot, "store", clock)
    await enqueue(bot)
    [reason] = reasons
    assert "the reserve was given up" in reason and "MB are free" in reason


def test_a_disk_without_room_for_two_keeps_no_reserve(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)
    assert Ballast(tmp_path, free.f_blocks * free.f_frsize // 7).ensure()  # not wanted on so small a disk
    assert list(tmp_path.iterdir()) == []
    big = Ballast(tmp_path, free.f_bavail * free.f_frsize // 2 + (1 << 30))
    assert big.ensure() is not big._wanted()
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_page_is_told_with_what_to_do_and_the_next_start_refuses(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    for _ in range(3):
        await enqueue(bot)
    await bot.until(lambda conn: stored.in_state(conn, State.SENT), lambda sent: len(sent) == 3)
    await bot.stop()
    file = bot.folder / "sessions" / "chatgrow.db"
    with closing(sqlite3.connect(file)) as database:
        [(page,)] = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name LIKE '%autoindex_consent_1'"
        )
        [(size,)] = database.execute("PRAGMA page_size")
    good = file.read_bytes()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * size)
        opened.write(b"\xff" * size)
    await bot.start()
    await bot.online()
    with pytest.raises(StoreDamaged):  # consent is looked up before it is taken in
        await enqueue(bot)
    word = damage.word_of(file)
    [reason] = await told(bot, "store")
    assert "chatgrow restore" in reason
    assert word.exists()
    with pytest.raises(StoreDamaged, match="chatgrow restore"):
        await enqueue(bot)
    assert bot.engine.opened["shop"].sent == []  # nothing leaves
    await bot.stop()
    with pytest.raises(StoreDamaged, match="is damaged"):
        await bot.start()
    file.write_bytes(good)
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    await bot.start()  # all of it was looked at, and found whole
    assert not word.exists()


async def test_copies_are_made_when_they_are_due_and_the_oldest_go(bot: TalkingBot, clock: FakeClock) -> None:
    await bot.start(settings={"backups": {"every": "1h", "keep": 2}})
    await bot.connect()
    await enqueue(bot)
    folder = bot.folder / "sessions" / "backups"
    seen: set[str] = set()

    def made() -> bool:
        seen.update(path.name for path in backup.regular(folder))
        return len(seen) >= 4 and len(backup.regular(folder)) == 2

    await turned(bot, clock, made, 300)
    assert {path.name for path in folder.iterdir()} == set(sorted(seen)[-2:])
    newest = backup.checked(backup.regular(folder)[-1])
    assert newest.rows["outbox"] == 1
    assert newest.file.stat().st_mode & 0o777 == 0o600


async def test_what_is_old_goes_by_itself_and_a_reader_that_misses_facts_is_told_of(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(settings={"backups": {"every": 0}})
    await bot.connect()
    await enqueue(bot)
    await bot.until(lambda conn: stored.in_state(conn, State.SENT))
    await bot.running.ground.db.write(
        lambda conn: conn.execute(insert(bookmarks).values(reader="gone", position=1))
    )
    clock.advance(31 * DAY)
    young = await enqueue(bot)

    async def left() -> set[str]:
        return set(await bot.read(lambda conn: [row.id for row in conn.execute(outbox.select())]))

    tidying = asyncio.create_task(bot.running.hub.health.tidy())  # type: ignore[attr-defined]
    await turned(bot, clock, tidying.done)
    assert await left() == {young}
    assert "'gone' has not read" in (await told(bot, "retention"))[0]


async def test_dull_traces_go_after_their_own_time_and_the_others_with_their_message(
    bot: TalkingBot, clock: FakeClock
) -> None:
    await bot.start(Ponders, settings={"backups": {"every": 0}, "inbound": {"dullTraces": "2h"}})
    await bot.say("boring")
    await bot.say("exciting")

    async def left(hours: float) -> tuple[int, int]:
        """How many traces and pages there are so much later."""
        clock.advance(hours * 3600)
        tidying = asyncio.create_task(bot.running.hub.health.tidy())  # type: ignore[attr-defined]
        await turned(bot, clock, tidying.done)

        def count(conn: Connection) -> tuple[int, int]:
            traces, pages = (len(conn.execute(table.select()).all()) for table in (kept, trace_pages))
            return traces, pages

        return await bot.read(count)

    assert await left(1.9) == (2, 2)
    assert await left(0.2) == (1, 2)
    assert await left(24) == (1, 1)
    assert await left(29 * 24) == (0, 1)  # its message has gone
    assert await left(1) == (0, 0)


async def test_a_file_that_is_named_again_while_the_old_ones_go_stays(bot: TalkingBot) -> None:
    await bot.start()
    spool, tenant = bot.running.hub.spool, bot.admin.user_id

    async def content() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7 the same file"

    media = await spool.from_stream(tenant, content())
    month = bot.clock.now() - timedelta(days=30)
    os.utime(media.path, (0, 0))

    async def named_meanwhile(tenant: str, hashes: Collection[str]) -> Collection[str]:
        await spool.from_stream(tenant, content())
        return ()

    async def by_nobody(tenant: str, hashes: Collection[str]) -> Collection[str]:
        return ()

    forget: Any = spool.forget  # type: ignore[attr-defined]
    assert await forget(month, named_meanwhile) == 0
    assert media.path.exists()
    os.utime(media.path, (0, 0))
    assert await forget(month, by_nobody, rehearse=True) == 1
    assert media.path.exists()
    assert await forget(month, by_nobody) == 1
    assert not media.path.exists()


async def test_a_file_stays_as_long_as_a_message_names_it(bot: TalkingBot) -> None:
    await bot.start()
    await bot.connect()
    spool, tenant = bot.running.hub.spool, bot.admin.user_id

    async def content() -> AsyncIterator[bytes]:
        yield b"%PDF-1.7 a file"

    media = await spool.from_stream(tenant, content())
    later = bot.clock.now() + timedelta(days=60)
    message = Outbound(to=DANA, media=media, send_at=later)
    planned = await bot.running.hub.outbox.enqueue(tenant, "shop", message, source="test")
    os.utime(media.path, (0, 0))
    tidy: Any = bot.running.hub.health.tidy  # type: ignore[attr-defined]
    await tidy()
    assert media.path.exists()
    gone = outbox.delete().where(outbox.c.id == planned.id)
    await bot.running.ground.db.write(lambda conn: conn.execute(gone))
    await tidy()
    assert not media.path.exists()
