"""What tests of connections' lives share: who hears faults, and a clock turned until something is so."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from chatgrow_bot.hub import Connections, ConnectionView
from chatgrow_bot.messages import Fault
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.testing import FakeClock, TalkingBot


class Faults(Plugin):
    """Hears every fault of its hub."""

    heard: ClassVar[list[str]]
    news: ClassVar[asyncio.Event]

    def __init__(self, bot: object) -> None:
        super().__init__(bot)  # type: ignore[arg-type]
        Faults.heard, Faults.news = [], asyncio.Event()

    @hook
    async def on_fault(self, fault: Fault) -> None:
        Faults.heard.append(fault.reason)
        Faults.news.set()

    @classmethod
    async def heard_of(cls, words: str) -> str:
        """Wait for a fault with these words."""
        async with asyncio.timeout(10):
            while not (found := [each for each in cls.heard if words in each]):
                cls.news.clear()
                await cls.news.wait()
        return found[0]


def connections(bot: TalkingBot) -> Connections:
    return bot.running.hub.connections


async def view(bot: TalkingBot, connection_id: str = "shop") -> ConnectionView:
    return await connections(bot).get(bot.admin.user_id, connection_id)


async def turned_until(
    bot: TalkingBot, clock: FakeClock, so: Callable[[], object], step: float = 1.0
) -> None:
    """Turn the hands until something is so; between two turns everything that is under way may come on."""
    async with asyncio.timeout(20):
        while not so():
            clock.advance(step)
            await bot.running.ground.db.write(lambda conn: None)


async def settled(bot: TalkingBot, so: Callable[[], object]) -> None:
    """Wait, with the hands where they are, until something is so."""
    async with asyncio.timeout(10):
        while not so():
            await bot.running.ground.db.write(lambda conn: None)
