"""A crash at any moment makes no conversation, and nothing that is said about one, double or lost."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from chatgrow_bot.store.conversation_tables import conversations, happenings, tallies
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeClock, TalkingBot

from ..answering import ended, told
from ..breakage import Breakage
from .talking import started

ONCE = {
    "conversations": 1,
    "happenings": ["given", "opened"],
    "facts": ["given", "opened"],
    "told": 1,
    "counted": 1,
}


def _count(conn: Connection) -> Mapping[str, Any]:
    """What there is of a conversation."""
    said = select(func.count()).where(outbox.c.source == "conversations")
    opened = select(func.coalesce(func.sum(tallies.c.count), 0)).where(tallies.c.what == "opened")
    return {
        "conversations": conn.execute(select(func.count()).select_from(conversations)).scalar(),
        "happenings": sorted(conn.execute(select(happenings.c.event)).scalars()),
        "facts": sorted(body["event"] for body in told(conn, "on_conversation")),
        "told": conn.execute(said).scalar(),
        "counted": conn.execute(opened).scalar(),
    }


@pytest.mark.parametrize("at", range(9))
async def test_a_hand_off_that_breaks_at_any_change_is_done_whole_and_once(
    bot: TalkingBot, clock: FakeClock, at: int
) -> None:
    await started(bot)
    session = await bot.connect()
    with Breakage(at).there() as breakage:
        await session.hears("person")
        ending = asyncio.create_task(ended(bot, "person"))
        happens = asyncio.create_task(breakage.happened.wait())
        await asyncio.wait({ending, happens}, return_when=asyncio.FIRST_COMPLETED)
        assert breakage.happened.is_set()
        done = await bot.read(_count)
        assert not any(done.values()), done
        breakage.mended = True
        while not ending.done():
            clock.advance(1)
            await bot.running.ground.db.write(lambda conn: None)
        happens.cancel()
    assert await bot.read(_count) == ONCE


async def test_a_stop_at_any_moment_opens_one_conversation(bot: TalkingBot) -> None:
    for number, turns in enumerate((6, 20, 60), 1):
        hub = await started(bot)
        session = await (bot.connect() if number == 1 else bot.online())
        who = f"1555123000{number}@c.us"
        arriving = asyncio.create_task(session.hears("person", who))
        for _ in range(turns):
            await asyncio.sleep(0)
        await bot.stop()
        await asyncio.wait([arriving])
        hub = await started(bot)
        session = await bot.online()
        if arriving.exception() or arriving.cancelled():
            await session.hears("person", who)
        await session.hears("still there?", who)
        await bot.rest()
        found = await bot.until(partial(_of, who=who), lambda rows: len(rows) == 1)
        heard = await hub.heard(bot.admin.user_id, found[0].id)
        assert "still there?" in [each.text for each in heard]
        await bot.stop()


def _of(conn: Connection, who: str) -> list[Any]:
    return [*conn.execute(select(conversations).where(conversations.c.chat == who))]
