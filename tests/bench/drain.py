"""How fast the queue empties when nothing waits: no pacing, and an engine that sends at once.

Every message is claimed, asked about, intended, handed over and acknowledged, each step on disk with its line
in the timeline and its fact before the next. Plain sqlite3 does the least that is the same: it moves a row
three times, a transaction for each move of as many rows as there are workers.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from chatgrow_bot.background import background
from chatgrow_bot.store import outbox as stored

from .runs import Figure, beside
from .yard import AT_ONCE, yard

#: Messages per run, by how many are sent at once; and the aim.
_MESSAGES = {5: (2_000, "2,000/s"), 50: (5_000, "10,000/s")}
_LINES = 200


async def measure(runs: int) -> Sequence[Figure]:
    """Messages sent a second, plain moves a second, and their ratio."""
    figures: list[Figure] = []
    for concurrency, (count, aim) in _MESSAGES.items():
        pairs = [(await drain(concurrency, count), await _plain(concurrency, count)) for _ in range(runs)]
        figures += beside(f"drain, concurrency {concurrency}", pairs, aim)
    return figures


async def drain(concurrency: int, count: int) -> float:
    """Messages a second, from the start of the dispatcher until the last one is sent."""
    queue = {"concurrency": concurrency}
    async with yard(_LINES, pacing=AT_ONCE, queue=queue) as core:
        rows = core.drafts(count)
        await core.db.write(lambda conn: stored.add(conn, rows))
        began = time.perf_counter()
        async with background(core.dispatcher.run(), "dispatcher"):
            for name in core.names:
                core.dispatcher.online(name)
            await core.session.has_sent(count)
            took = time.perf_counter() - began  # but for the last acks
        return count / took


async def _plain(together: int, count: int) -> float:
    def work() -> float:
        with (
            tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder,
            closing(sqlite3.connect(Path(folder) / "plain.db", isolation_level=None)) as conn,
        ):
            conn.execute("PRAGMA journal_mode=WAL")
            conn.execute("PRAGMA synchronous=FULL")
            conn.execute("CREATE TABLE message (id TEXT PRIMARY KEY, text TEXT, state TEXT)")
            keys = [(f"{n:032x}",) for n in range(count)]
            conn.execute("BEGIN")
            conn.executemany("INSERT INTO message VALUES (?, 'text', 'queued')", keys)
            conn.execute("COMMIT")
            began = time.perf_counter()
            for start in range(0, count, together):
                for state in ("claimed", "sending", "sent"):
                    conn.execute("BEGIN")
                    move = f"UPDATE message SET state = '{state}' WHERE id = ?"
                    conn.executemany(move, keys[start : start + together])
                    conn.execute("COMMIT")
            return count / (time.perf_counter() - began)

    return await asyncio.to_thread(work)
