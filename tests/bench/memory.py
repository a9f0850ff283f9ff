"""What linked connections cost in memory, beside the same browsers on the bare page.

Counted is the PSS of a whole tree of processes: Python, Playwright's driver, every process of the browsers.
The hub's tree has N connections, linked and idle. The bare one is a Python with nothing but Playwright
(`bare.py`) that holds N browsers, with the engine's own flags and a profile each, at the page's QR code: no
wa-js, no bridge, nobody logged in. So wa-js, what the page keeps of an account, and the whole hub are on the
hub's side.

In a PSS, pages shared with other processes count in part. So the two never run at the same time, and other
browsers on this machine make both look smaller: measure without them.
"""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import psutil

from .machine import browser
from .product import hub, link, part, staged
from .runs import Figure

if TYPE_CHECKING:
    from plugins.simulator import SimulatorClient
    from plugins.simulator.demo.stage import Stage

#: How many connections, on which of the engine's channels.
_CASES = ((1, "chromium"), (5, "chromium"), (10, "chromium"), (10, "headless-shell"))
#: A run of this takes as long as all runs of another topic, and differs little from the next.
_MOST_RUNS, _MANY, _MOST_RUNS_OF_MANY = 3, 10, 2
#: It is settled when so many readings in a row, so many seconds apart, differ by no more than this part.
_READINGS, _PAUSE, _STEADY = 3, 2.0, 0.01
_MOST_READINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """PSS of a tree of processes, in MB."""

    python: float
    driver: float
    browsers: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.python + self.driver + self.browsers


async def measure(runs: int) -> Sequence[Figure]:
    """The hub, the bare browsers and their ratio, with few and with more."""
    figures: list[Figure] = []
    for count, channel in _CASES:
        most = _MOST_RUNS_OF_MANY if count >= _MANY else _MOST_RUNS
        pairs = [await _pair(count, channel) for _ in range(min(runs, most))]
        ratios = [ours.total / bare.total for ours, bare in pairs]
        name = f"memory, {count} x {channel}"
        figures += [
            _figure(f"{name}: hub", [ours for ours, _ in pairs]),
            _figure(f"{name}: bare", [bare for _, bare in pairs]),
            Figure(name=f"{name}: hub / bare", unit="x", samples=ratios, aim="1.10"),
        ]
    return figures


def _figure(name: str, trees: Sequence[Tree]) -> Figure:
    python, driver, browsers = (
        median(getattr(tree, each) for tree in trees) for each in ("python", "driver", "browsers")
    )
    note = f"python {python:.0f} + driver {driver:.0f} + browsers {browsers:.0f}"
    return Figure(name=name, unit="MB", samples=[tree.total for tree in trees], note=note)


async def _pair(count: int, channel: str) -> tuple[Tree, Tree]:
    async with staged(engine_web={"channel": channel}) as (stage, simulator):
        async with hub(stage) as process:
            await _linked(stage, simulator, count)
            ours = await _settled(process.pid)
        async with _bare(stage, count, channel) as pid:
            return ours, await _settled(pid)


async def _linked(stage: "Stage", simulator: "SimulatorClient", count: int) -> None:
    async with stage.api() as api:
        for number in range(count):
            phone = await simulator.phone(f"+97250123456{number}", name=f"Shop {number}")
            await link(api, phone, f"shop{number}")


@asynccontextmanager
async def _bare(stage: "Stage", count: int, channel: str) -> AsyncIterator[int]:
    """The bare browsers' program; its pid once all pages are open."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        given = {
            "url": f"{part('engine_web.wajs').ORIGIN}/",
            "profiles": [str(Path(folder) / str(number)) for number in range(count)],
            "options": await _options(stage.places.page_port, channel),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("bare.py")),
            json.dumps(given),
            stdin=PIPE,
            stdout=PIPE,
        )
        assert process.stdout
        try:
            if await process.stdout.readline() != b"open\n":
                raise RuntimeError("the bare browsers did not start")  # and have said why
            yield process.pid
        finally:
            await process.communicate(b"")  # ends its input, and waits for its end


async def _options(page_port: int, channel: str) -> Mapping[str, Any]:
    """What the hub's engine would tell Playwright."""
    found, user_agent = await browser(channel)
    settings = part("engine_web.settings").WebSettings(channel=channel, simulator=f"127.0.0.1:{page_port}")
    options = part("engine_web.launch").launch_options(settings, found, user_agent, root=os.geteuid() == 0)
    return {**options, "executable_path": str(found)}


async def _settled(pid: int) -> Tree:
    """A tree once it neither grows nor shrinks; the middle one of the last readings."""
    last: deque[Tree] = deque(maxlen=_READINGS)
    for _ in range(_MOST_READINGS):
        last.append(await asyncio.to_thread(_read, pid))
        totals = [tree.total for tree in last]
        if len(last) == _READINGS and max(totals) - min(totals) <= _STEADY * max(totals):
            break
        await asyncio.sleep(_PAUSE)
    return sorted(last, key=lambda tree: tree.total)[len(last) // 2]


def _read(pid: int) -> Tree:
    root = psutil.Process(pid)
    parts = {"python": 0.0, "driver": 0.0, "browsers": 0.0}
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a browser ends helpers of its own as it likes
            kind = (
                "python" if process == root else "driver" if process.name().startswith("node") else "browsers"
            )
            parts[kind] += process.memory_full_info().pss / 1e6
    return Tree(**parts)
