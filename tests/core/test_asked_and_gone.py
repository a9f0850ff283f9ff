"""Who asks for something may go away before it is done. What is on disk and what the hub knows stay one."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from chatgrow_bot.hub import Connections, Identity
from chatgrow_bot.store import connections as stored
from chatgrow_bot.testing import TalkingBot

from .keeping import connections
from .weather import Disk

ASKS: Mapping[str, Callable[[Connections, Identity], Awaitable[object]]] = {
    "pause": lambda all_, who: all_.pause(who.user_id, "open", "lunch"),
    "resume": lambda all_, who: all_.resume(who.user_id, "shut"),
    "change": lambda all_, who: all_.change(who.user_id, "open", {"name": "Bakery"}),
    "create": lambda all_, who: all_.create(who, "new", "New", "", {}),
    "delete": lambda all_, who: all_.delete(who.user_id, "open"),
}


async def known(bot: TalkingBot) -> dict[str, Any]:
    views = await connections(bot).list(bot.admin.user_id)
    return {view.connection_id: (view.name, view.paused, view.paused_because) for view in views}


async def on_disk(bot: TalkingBot) -> dict[str, Any]:
    views = await bot.read(stored.every)
    return {view.connection_id: (view.name, view.paused, view.paused_because) for view in views}


@pytest.mark.parametrize("ask", ASKS)
async def test_what_was_asked_for_is_done_whole_though_who_asked_has_gone(bot: TalkingBot, ask: str) -> None:
    await bot.start()
    for name in ("open", "shut"):
        await bot.connect(name)
    await connections(bot).pause(bot.admin.user_id, "shut", "lunch")
    before, disk = await on_disk(bot), Disk(bot)
    disk.gate.clear()
    asking = asyncio.ensure_future(ASKS[ask](connections(bot), bot.admin))
    await asyncio.wait_for(disk.asked.wait(), 10)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    disk.gate.set()
    async with asyncio.timeout(10):
        while (now := await on_disk(bot)) == before or now != await known(bot):
            await bot.running.ground.db.write(lambda conn: None)
    if ask == "create":
        await bot.online("new")
