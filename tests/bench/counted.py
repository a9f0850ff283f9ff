"""What the figures by day cost: the work of this process, all of its threads, for one message of a customer
that is taken in and answered, with each of them counted (how it ended, on which connection, by which rule)
and with nothing counted. By turns in the same run, on the same kind of database; no engine is under it."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import DEFAULT, patch

from sqlalchemy import Connection

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.responses import Response, Tally
from chatgrow_bot.store import tallies
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.tables import jobs
from chatgrow_bot.testing import TalkingBot

from .runs import Figure

_MESSAGES, _ALONE = 300, 2_000
#: None of them is a loop.
_SETTINGS = {"inbound": {"repliesPerHour": 10**6, "ageGate": 3600}}


class Rules(Plugin):
    """Answers at once, and says by which of ten rules."""

    @hook
    async def answer(self, message: Inbound) -> Response:
        """The same words, other than those before."""
        rule = Tally(what="rule", name=f"rule-{message.text[-1]}")
        return Response(messages=(Outbound(to=message.chat, text=f"re {message.text}"),), deeds=(rule,))


async def measure(runs: int) -> Sequence[Figure]:
    """Counted, uncounted, and how one stands to the other."""
    await _answered()  # the first hub of a process pays for what all of them need
    pairs: list[tuple[float, float]] = []
    for _ in range(runs):
        counted = await _answered()
        with _uncounted():
            pairs.append((counted, await _answered()))
    name = "work for a message in, counted"
    return [
        Figure(name=f"{name}: ratio", unit="x", samples=[ours / less for ours, less in pairs], aim="1.1 x"),
        Figure(name=name, unit="ms", samples=[ours for ours, _ in pairs]),
        Figure(name=f"{name}: uncounted", unit="ms", samples=[less for _, less in pairs]),
        Figure(name="the counting of it alone", unit="ms", samples=[await _alone() for _ in range(runs)]),
    ]


@contextmanager
def _uncounted() -> Iterator[None]:
    with patch.multiple(tallies, add=DEFAULT, add_all=DEFAULT):
        yield


async def _alone() -> float:
    """Milliseconds of counting for a message, within a transaction that is there already."""

    def count(conn: Connection) -> float:
        began = time.process_time()
        for number in range(_ALONE):
            counts = (tallies.Count("received", "shop"), tallies.Count("answered", "rules", seconds=0.1))
            tallies.add_all(conn, "t1", "2026-03-05", counts)
            tallies.add(conn, "t1", "2026-03-05", "rule", f"rule-{number % 10}")
        return (time.process_time() - began) / _ALONE * 1000

    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        async with open_database(f"sqlite:///{folder}/chatgrow.db") as db:
            return await db.write(count)


async def _answered() -> float:
    """Milliseconds of work for a message."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        bot = TalkingBot(Path(folder))
        await bot.start(Rules, settings=_SETTINGS)
        try:
            session = await bot.connect()
            began = time.process_time()
            async with asyncio.TaskGroup() as group:
                for number in range(_MESSAGES):
                    group.create_task(session.hears(f"message {number}", f"1555123{number:04d}@c.us"))
            await bot.until(lambda conn: conn.execute(jobs.select().limit(1)).first() is None, seconds=300)
            return (time.process_time() - began) / _MESSAGES * 1000
        finally:
            await bot.stop()
