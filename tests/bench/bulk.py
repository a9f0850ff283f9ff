"""Bulk sends: ten thousand people in one request, with one template, and how fast they leave when nothing
waits.

Taken in by the core alone, and over the REST API; beside it the worst lag of the loop meanwhile, for so long
others wait. They leave by one connection, one after another: beside it as many
messages that were in the queue from the start.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from chatgrow_bot.background import background
from chatgrow_bot.hub import BulkOrder, BulkRow, Content
from chatgrow_bot.store import outbox as stored

from .rest import CONNECTION, still
from .runs import Figure
from .yard import AT_ONCE, TENANT, Yard, yard

_ROWS, _LEAVE = 10_000, 1_000
_TEMPLATE = "Hello {{ name }}, your order {{ order }} is ready. Thank you for your patience!"
#: Seconds between two beats that lag is found by.
_BEAT = 0.002


async def measure(runs: int) -> Sequence[Figure]:
    """Seconds, milliseconds, messages a second."""
    took: list[float] = []
    lags: list[float] = []
    looks: list[float] = []
    async with yard(1, pacing=AT_ONCE) as core:
        for number in range(runs):
            async with _lag(lags):
                began = time.perf_counter()
                taken = await core.bulk.take(TENANT, _order(core, number, _ROWS))
                took.append(time.perf_counter() - began)
            began = time.perf_counter()
            await core.bulk.progress(TENANT, taken.batch.batch_id)
            looks.append(1000 * (time.perf_counter() - began))
            await core.bulk.cancel(TENANT, taken.batch.batch_id)
    rest, health = await _over_rest(runs)
    left = [await _drain() for _ in range(runs)]
    queued = [await _queued() for _ in range(runs)]
    return [
        Figure(name="bulk of 10,000 taken in", unit="s", samples=took, aim="1 s"),
        Figure(name="bulk of 10,000: worst lag of the loop", unit="ms", samples=lags),
        Figure(name="bulk of 10,000: its progress", unit="ms", samples=looks),
        Figure(name="bulk of 10,000 over REST", unit="s", samples=rest, aim="1 s"),
        Figure(name="bulk of 10,000 over REST: worst wait of others", unit="ms", samples=health),
        Figure(name="bulk leaves by one connection", unit="/s", samples=left),
        Figure(name="the same from the queue", unit="/s", samples=queued),
    ]


def _order(core: Yard, number: int, count: int) -> BulkOrder:
    rows = [
        BulkRow(number=n, to=f"+97254{number % 10}{n:06d}", fields={"name": f"Dana {n}", "order": n})
        for n in range(1, count + 1)
    ]
    return BulkOrder(connection_id=core.names[0], rows=rows, template=Content(text=_TEMPLATE))


@asynccontextmanager
async def _lag(lags: list[float]) -> AsyncIterator[None]:
    """How late the loop was at worst within the block, in milliseconds."""
    worst = [0.0]

    async def beat() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_BEAT)
            worst[0] = max(worst[0], time.perf_counter() - began - _BEAT)

    async with background(beat(), "beat"):
        yield
    lags.append(1000 * worst[0])


async def _over_rest(runs: int) -> tuple[Sequence[float], Sequence[float]]:
    """How long the answer takes; and what others wait at worst who ask for the health meanwhile."""
    took, waits = [], []
    async with still() as hub, aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json"}
        for number in range(runs):
            people = [
                {"to": f"+97254{number % 10}{n:06d}", "fields": {"name": f"Dana {n}", "order": n}}
                for n in range(_ROWS)
            ]
            asked = {"connectionId": CONNECTION, "messages": people, "content": _TEMPLATE}
            body = msgspec.json.encode(asked)
            worst = [0.0]

            async def others(worst: list[float] = worst) -> None:
                while True:
                    began = time.perf_counter()
                    async with session.get(f"{hub.url}/health") as answer:
                        await answer.read()
                    worst[0] = max(worst[0], time.perf_counter() - began)
                    await asyncio.sleep(_BEAT)

            async with background(others(), "others"):
                began = time.perf_counter()
                where = f"{hub.url}/api/whatsapp/bulk/send"
                async with session.post(where, data=body, headers=headers) as answer:
                    if answer.status != 202:
                        raise RuntimeError(await answer.text())
                    await answer.read()
                took.append(time.perf_counter() - began)
            waits.append(1000 * worst[0])
    return took, waits


async def _drain() -> float:
    async with (
        yard(1, pacing=AT_ONCE) as core,
        core.bulk.running(),
        background(core.dispatcher.run(), "dispatcher"),
    ):
        core.dispatcher.online(core.names[0])
        began = time.perf_counter()
        await core.bulk.take(TENANT, _order(core, 0, _LEAVE))
        await core.session.has_sent(_LEAVE)
        return _LEAVE / (time.perf_counter() - began)


async def _queued() -> float:
    async with yard(1, pacing=AT_ONCE) as core:
        rows = core.drafts(_LEAVE)
        await core.db.write(lambda conn: stored.add(conn, rows))
        began = time.perf_counter()
        async with background(core.dispatcher.run(), "dispatcher"):
            core.dispatcher.online(core.names[0])
            await core.session.has_sent(_LEAVE)
            return _LEAVE / (time.perf_counter() - began)
