"""What must not depend on how many messages wait: a claim, fifty claims side by side, an enqueue among fifty
producers, and the looks that are taken at every start and every minute. Beside it, in bulk: ten thousand
messages in one transaction, and as many rows in plain sqlite3."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from chatgrow_bot.messages import Lane, Outbound
from chatgrow_bot.store import connections, queue, steps
from chatgrow_bot.store import outbox as stored

from .long_queue import lengthen
from .runs import Figure, beside
from .store import plain
from .yard import EPOCH, TENANT, TEXT, Yard, yard

_LENGTHS = {"10 thousand": 10_000, "1 million": 1_000_000}
_LINES, _BULK, _PRODUCERS, _EACH = 1_000, 10_000, 50, 40


async def measure(runs: int) -> Sequence[Figure]:
    """Milliseconds by the length of the queue, and rows a second."""
    figures = list(beside("bulk of 10,000", [await _bulk() for _ in range(runs)], "50,000/s"))
    for name, count in _LENGTHS.items():
        with TemporaryDirectory(prefix="chatgrow-bench-") as folder:
            took = await lengthen(Path(folder), count, _LINES)
            figures.append(Figure(name=f"{name} queued: made in", unit="s", samples=[took]))
            async with yard(_LINES, folder=Path(folder)) as core:
                figures += await _at(core, name, runs)
    return figures


async def _bulk() -> tuple[float, float]:
    async with yard(1) as core:
        rows = core.drafts(_BULK)
        began = time.perf_counter()
        await core.db.write(lambda conn: stored.add(conn, rows))
        ours = _BULK / (time.perf_counter() - began)
    with TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        return ours, await asyncio.to_thread(plain, Path(folder) / "plain.db", _BULK, _BULK)


async def _at(core: Yard, name: str, runs: int) -> Sequence[Figure]:
    now = datetime.now(UTC)
    claims = [queue.Claim(line, Lane.SEND, EPOCH, now) for line in core.names]

    def claim(some: Sequence[queue.Claim]) -> Awaitable[object]:
        return asyncio.gather(*(core.db.write_together(queue.claim, each) for each in some))

    one = [await _ms(claim([claims[n]])) for n in range(10 * runs)]
    fifty = [await _ms(claim(_some(claims, n))) for n in range(runs)]
    overdue = [await _ms(core.db.write(lambda conn: steps.expire(conn, now, 500))) for _ in range(runs)]
    looked = [await _ms(core.db.read(_look)) for _ in range(runs)]
    spent = await _enqueues(core)
    return [
        Figure(name=f"{name} queued: a claim", unit="ms", samples=one),
        Figure(name=f"{name} queued: 50 claims side by side", unit="ms", samples=fifty),
        Figure(name=f"{name} queued: enqueue of 50 producers, p99", unit="ms", samples=spent, aim="15 ms"),
        Figure(name=f"{name} queued: what ran out of time", unit="ms", samples=overdue),
        Figure(name=f"{name} queued: slots and backlogs", unit="ms", samples=looked),
    ]


def _some(claims: Sequence[queue.Claim], run: int) -> Sequence[queue.Claim]:
    return claims[500 + 50 * (run % 10) : 550 + 50 * (run % 10)]


async def _enqueues(core: Yard) -> Sequence[float]:
    spent: list[float] = []

    async def produce(number: int) -> None:
        for n in range(_EACH):
            message = Outbound(to=f"1555{number * 1000 + n:07d}@c.us", text=TEXT)
            line = core.names[number]
            spent.append(await _ms(core.outbox.enqueue(TENANT, line, message, source="bench")))

    async with asyncio.TaskGroup() as group:
        for number in range(_PRODUCERS):
            group.create_task(produce(number))
    return [quantiles(spent, n=100)[98]]


def _look(conn: Connection) -> None:
    connections.next_slots(conn)
    connections.backlogs(conn)


async def _ms(act: Awaitable[object]) -> float:
    began = time.perf_counter()
    await act
    return (time.perf_counter() - began) * 1000
