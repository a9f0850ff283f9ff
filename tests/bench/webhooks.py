"""Webhooks out: how many events a second reach a receiver that answers at once, a process of its own, with
one endpoint and with ten; and how long an event is on its way to a good endpoint, alone and beside a hundred
dead ones: a third refuses connections, a third accepts them and is silent, a third has unknown names."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from chatgrow_bot.messages import Fault
from chatgrow_bot.signatures import to_text
from chatgrow_bot.store import journal
from chatgrow_bot.testing import TalkingBot

from .product import part
from .runs import Figure

#: Events told at once; and one by one, so many a second.
_EVENTS, _ONES, _PACE = 1000, 150, 50
_DEAD = 100
_SECRET = to_text(b"bench" * 8)


async def measure(runs: int) -> Sequence[Figure]:
    """Deliveries a second, and the p99 of their delay."""
    figures = []
    for count in (1, 10):
        rates = [await _rate(count) for _ in range(runs)]
        name = f"webhooks, {count} endpoint{'s' if count > 1 else ''}"
        figures.append(Figure(name=name, unit="/s", samples=rates))
    pairs = [(await _p99(0), await _p99(_DEAD)) for _ in range(runs)]
    alone, beside = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    name = "webhook on its way: p99"
    return [
        *figures,
        Figure(name=name, unit="ms", samples=alone),
        Figure(name=f"{name}, beside {_DEAD} dead endpoints", unit="ms", samples=beside, aim="under 1000"),
    ]


async def _rate(count: int) -> float:
    async with _receiver() as url, _hub([f"{url}/fast{n}" for n in range(count)]) as bot:
        began = time.perf_counter()
        await _tell(bot, ["x"] * _EVENTS)
        while sum((await _got(url))["counts"].values()) < count * _EVENTS:  # noqa: ASYNC110 (of another program)
            await asyncio.sleep(0.02)
        return count * _EVENTS / (time.perf_counter() - began)


async def _p99(dead: int) -> float:
    """Milliseconds."""
    [closed] = part("simulator.demo.processes").free_ports(1)
    async with _receiver() as url:
        kinds = (f"http://127.0.0.1:{closed}/", f"{url}/silent", "https://nobody-{}.invalid/")
        urls = [kinds[n % len(kinds)].format(n) for n in range(dead)]
        async with _hub([*urls, f"{url}/good"]) as bot:
            for _ in range(_ONES):
                await _tell(bot, [str(time.monotonic())])
                await asyncio.sleep(1 / _PACE)
            while len(delays := (await _got(url))["delays"]) < _ONES:  # noqa: ASYNC110 (of another program)
                await asyncio.sleep(0.02)
    return 1000 * float(sorted(delays)[int(0.99 * len(delays))])


async def _tell(bot: TalkingBot, reasons: Sequence[str]) -> None:
    tenant, now = bot.admin.user_id, bot.clock.now()
    facts = [Fault(where="bench", reason=each, tenant=tenant, at=now) for each in reasons]
    await bot.running.ground.db.write(lambda conn: journal.tell(conn, *facts, at=now))


async def _got(url: str) -> Any:
    async with aiohttp.ClientSession() as http, http.get(f"{url}/got") as answer:
        return await answer.json()


@asynccontextmanager
async def _hub(urls: Sequence[str]) -> AsyncIterator[TalkingBot]:
    with TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        bot = TalkingBot(Path(folder))
        endpoints = [{"id": f"e{n}", "url": url, "secret": _SECRET} for n, url in enumerate(urls)]
        try:
            await bot.start(
                "webhooks",
                settings={"allowedHosts": ["127.0.0.1"]},
                webhooks={"admin": True, "endpoints": endpoints},
            )
            yield bot
        finally:
            await bot.stop()


@asynccontextmanager
async def _receiver() -> AsyncIterator[str]:
    processes = part("simulator.demo.processes")
    [port] = processes.free_ports(1)
    words = [sys.executable, "-m", "tests.bench.receives", str(port)]
    with TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        async with processes.running("receiver", words, Path(folder) / "log", port):
            yield f"http://127.0.0.1:{port}"
