"""How long until it works: the program, the QR code, the link. Each run has a hub and a folder of its own."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from .product import Linked, hub, link, staged
from .runs import Figure

if TYPE_CHECKING:
    from plugins.simulator.demo.stage import Stage

_PATIENCE = 60.0


async def measure(runs: int) -> Sequence[Figure]:
    """Start to healthy, create to QR, scan to online."""
    first, again, links = [], [], []
    for _ in range(runs):
        async with staged() as (stage, simulator):
            first.append(await _start(stage, await asyncio.to_thread(_empty, stage)))
            again.append(await _start(stage))
            phone = await simulator.phone("+972501234567", name="Shop")
            async with hub(stage), stage.api() as api:
                links.append(await link(api, phone, "shop"))
    return [
        Figure(name="start to healthy, very first", unit="s", samples=first, note="makes database and admin"),
        Figure(name="start to healthy", unit="s", samples=again, aim="1.5 s"),
        *_figures(links),
    ]


def _figures(links: Sequence[Linked]) -> Sequence[Figure]:
    create, scan = [each.create_to_qr for each in links], [each.scan_to_online for each in links]
    return [
        Figure(name="create to QR", unit="s", samples=create, aim="4 s", note="the hub's first browser"),
        Figure(name="scan to online", unit="s", samples=scan, aim="3 s"),
    ]


async def _start(stage: "Stage", config: Path | None = None) -> float:
    """Seconds from the spawn of `chatgrow run` until /health says that all is well."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        healthy = group.create_task(_healthy(f"{stage.places.hub}/health"))
        async with hub(stage, config):
            return await healthy - began


async def _healthy(url: str) -> float:
    """When, by the performance counter, it first said so."""
    async with asyncio.timeout(_PATIENCE), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as response:
                    if response.status == 200:
                        return time.perf_counter()
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.005)


def _empty(stage: "Stage") -> Path:
    """The stage's configuration, for a session folder in which nobody has been yet."""
    config = stage.places.config.with_name("first.yaml")
    config.write_text(f"{stage.places.config.read_text()}\nsessionDir: first\n")
    return config
