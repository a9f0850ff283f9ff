"""How fast messages are taken in, each on disk before its sender hears of it, beside plain sqlite3.

`hub.Outbox` in a hub of this process, for a connection that is linked and away, so that nothing leaves. A
message is a row, a step in its timeline and a fact in the journal; plain sqlite3 writes one row of like size
and commits, by one row (one producer) or by fifty (as many producers as wait together).
"""

import asyncio
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from chatgrow_bot.hub import Outbox
from chatgrow_bot.messages import ConnectionState, Outbound
from chatgrow_bot.testing import TalkingBot

from .runs import Figure, beside

#: Messages per run, by how many producers wait for each other.
_MESSAGES = {1: 500, 50: 10_000}
_TEXT = "Your order is ready. Thank you for your patience, and see you soon in our shop!"


async def measure(runs: int) -> Sequence[Figure]:
    """Enqueues a second, plain inserts a second, and their ratio."""
    figures: list[Figure] = []
    for producers, count in _MESSAGES.items():
        pairs = [await _pair(producers, count) for _ in range(runs)]
        name = f"enqueue, {producers} producer{'s' if producers > 1 else ''}"
        figures += beside(name, pairs, "20,000/s" if producers > 1 else "")
    return figures


async def _pair(producers: int, count: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        ours = await _enqueue(Path(folder), producers, count)
        return ours, await asyncio.to_thread(plain, Path(folder) / "plain.db", producers, count)


async def _enqueue(folder: Path, producers: int, count: int) -> float:
    bot = TalkingBot(folder)
    running = await bot.start()
    try:
        (await bot.connect()).becomes(ConnectionState.RECONNECTING)
        await bot.reaches("shop", ConnectionState.RECONNECTING)
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(producers):
                group.create_task(_produce(running.hub.outbox, bot.admin.user_id, number, count // producers))
        return count / (time.perf_counter() - began)
    finally:
        await bot.stop()


async def _produce(outbox: Outbox, tenant: str, number: int, count: int) -> None:
    message = Outbound(to=f"1555123{number:04d}@c.us", text=_TEXT)
    for _ in range(count):
        await outbox.enqueue(tenant, "shop", message, source="bench")


def plain(file: Path, together: int, count: int) -> float:
    """Rows a second into plain sqlite3, so many in a transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
        conn.execute("PRAGMA synchronous=FULL")
        conn.execute("CREATE TABLE message (id TEXT PRIMARY KEY, text TEXT, rest TEXT)")
        rows = [(secrets.token_hex(16), _TEXT, "x" * 200) for _ in range(count)]
        began = time.perf_counter()
        for start in range(0, count, together):
            conn.execute("BEGIN")
            conn.executemany("INSERT INTO message VALUES (?, ?, ?)", rows[start : start + together])
            conn.execute("COMMIT")
        return count / (time.perf_counter() - began)
