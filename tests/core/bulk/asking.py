"""What tests of bulk sends do again and again: ask for one, and wait for what becomes of it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from chatgrow_bot.hub import BatchState, BulkOrder, BulkRow, Content, Progress, Taken
from chatgrow_bot.testing import TalkingBot


def number(n: int) -> str:
    return f"97254{n:07d}"


def order(count: int, text: str = "Hello {{ name }}", connection: str = "shop", **more: Any) -> BulkOrder:
    rows = [BulkRow(number=n, to=number(n), fields={"name": f"row {n}"}) for n in range(1, count + 1)]
    return BulkOrder(connection_id=connection, rows=rows, template=Content(text=text), **more)


async def take(bot: TalkingBot, wanted: BulkOrder, **more: Any) -> Taken:
    return await bot.running.hub.bulk.take(bot.admin.user_id, wanted, **more)


async def progress(bot: TalkingBot, batch_id: str) -> Progress:
    return await bot.running.hub.bulk.progress(bot.admin.user_id, batch_id)


async def becomes(
    bot: TalkingBot,
    batch_id: str,
    good: BatchState | Callable[[Progress], object],
    turn: Callable[[], None] = lambda: None,
) -> Progress:
    """Wait until it is so, for 20 s at most; `turn` lets time pass."""
    async with asyncio.timeout(20):
        while True:
            found = await progress(bot, batch_id)
            if found.batch.state is good if isinstance(good, BatchState) else good(found):
                return found
            turn()
            await asyncio.sleep(0.01)


async def states(bot: TalkingBot, batch_id: str) -> Sequence[str]:
    rows = await bot.running.hub.bulk.results(bot.admin.user_id, batch_id, 1000)
    return [row.state for row in rows]


def sent(bot: TalkingBot, connection: str = "shop") -> Counter[str]:
    return Counter(parcel.text for parcel in bot.engine.opened[connection].sent)
