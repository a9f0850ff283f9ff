"""A hub with plugins that misbehave and one that answers: how late its loop is, whom it leaves alone, and
what becomes of the messages."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, select

from chatgrow_bot.hooks import Limits
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store.tables import inbox
from chatgrow_bot.testing import TalkingBot

from .habits import Bad

#: Seconds between two looks at the clock.
_LOOK = 0.005
#: Messages after which each of them must be asleep: so many faults are enough.
UNTIL_ASLEEP = 5


class Echo(Plugin):
    """The last to be asked, and the only good one."""

    @hook
    async def answer(self, message: Inbound) -> Outbound:
        """Something."""
        return Outbound(to=message.chat, text=f"you said {message.text}")


@dataclass(slots=True)
class Lived:
    """What was seen of one hub, or of several."""

    stalls: list[float] = field(default_factory=list)  #: seconds by which the loop was late, all the while
    calm: list[float] = field(default_factory=list)  #: the same, once all are asleep
    awake: list[str] = field(default_factory=list)  #: bad plugins that were not put to sleep
    sent: int = 0
    lost: int = 0  #: messages that came in and were not answered

    def add(self, other: "Lived") -> None:
        """Take in what was seen of another one."""
        self.stalls += other.stalls
        self.calm += other.calm
        self.awake += other.awake
        self.sent += other.sent
        self.lost += other.lost


async def live_with(
    folder: Path, plugins: Sequence[Bad], after: int, until_asleep: int = UNTIL_ASLEEP
) -> Lived:
    """Write to a hub with these plugins until they are asleep, and then so many messages more."""
    own = folder / "own"
    own.mkdir(parents=True)
    for each in plugins:
        (own / f"{each.name}.py").write_text(each.code)
    bot, lived, known = TalkingBot(folder), Lived(), set(sys.modules)
    bot.patience = Limits(filter=0.1, answer=0.1)
    try:
        names = [each.name for each in plugins]
        await bot.start(*names, Echo, settings={"pluginFolders": [str(own)]})
        await bot.connect()
        async with _timed(lived.stalls):
            for number in range(until_asleep):
                await _write(bot, lived, number)
                if not _awake(bot, plugins):
                    break
        lived.awake = _awake(bot, plugins)
        async with _timed(lived.calm):
            for number in range(until_asleep, until_asleep + after):
                await _write(bot, lived, number)
    finally:
        await bot.stop()
        for name in sys.modules.keys() - known:
            if name.startswith("chatgrow_plugins."):
                del sys.modules[name]
    return lived


def _awake(bot: TalkingBot, plugins: Sequence[Bad]) -> list[str]:
    asleep = bot.running.ground.hooks.isolation.asleep
    return [each.name for each in plugins if not each.harmless and not asleep(each.name)]


async def _write(bot: TalkingBot, lived: Lived, number: int) -> None:
    """One more customer writes."""
    session = await bot.online()
    arrival = await session.hears(f"message {number}", f"1555123{number:04d}@c.us")

    def outcome(conn: Connection) -> str:
        return str(conn.execute(select(inbox.c.outcome).where(inbox.c.wa_id == arrival.wa_id)).scalar())

    lived.sent += 1
    lived.lost += await bot.until(outcome, bool, 60) != "answered"


@asynccontextmanager
async def _timed(late: list[float]) -> AsyncIterator[None]:
    """Note how late the loop is, for the time of the block."""
    loop = asyncio.get_running_loop()

    async def look() -> None:
        while True:
            began = loop.time()
            await asyncio.sleep(_LOOK)
            late.append(loop.time() - began - _LOOK)

    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(look())
        try:
            yield
        finally:
            looking.cancel()
