"""AC-15: who sends slowly, reads slowly or sends far too much costs the hub little, and the others nothing. A
hub in a process of its own; a crowd that comes again whenever it is cut off; and one good caller, measured.

The control is a hub without bounds: it must be seen to hold all who come, for as long as they like.
"""

import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from .checks import Check, Done, Figure, Size, Verdict
from .crowd.callers import Crowd, Good

_ROOT = Path(__file__).parents[2]
_HOW_MANY: Mapping[Size, Mapping[str, int]] = {
    Size.FULL: {"streams": 200, "readers": 200, "bodies": 500, "heads": 500, "bombs": 6},
    Size.SLICE: {"streams": 20, "readers": 20, "bodies": 40, "heads": 60, "bombs": 3},
}
#: Of a hub in the slice: the same, sooner and less.
_SMALL: Mapping[str, Any] = {
    "connections": 100, "per_address": 20, "head": 1.0, "idle": 3.0, "unread": 2.0, "body": 2.0,
}  # fmt: skip
#: No bounds at all, as it would be without them.
_NONE: Mapping[str, Any] = {
    "connections": 10**6, "per_address": 10**6, "head": 10**6, "idle": 10**6, "unread": 10**6, "body": 10**6,
}  # fmt: skip
_SECONDS = {Size.FULL: 50.0, Size.SLICE: 3.0}
_MOST = {Size.FULL: 1000, Size.SLICE: 100}
_P99, _MEMORY = 0.2, 100.0
_UNBOUND = 120  #: callers of the control, from one address
_PATIENCE = 60.0
#: Files that a hub at work may open and close of itself.
_STRAY = 10


class Seen:
    """What is seen of a hub from outside, beside how it was before the crowd came."""

    def __init__(self, process: psutil.Process, good: Good) -> None:
        self._process, self.good = process, good
        self._files, self._before = process.num_fds(), process.memory_info().rss
        self._work, self._began = sum(process.cpu_times()[:2]), time.monotonic()
        self.came: Mapping[str, int] = {}
        self.doors: list[str] = []  #: where it listens
        self.alone = 0.0  #: seconds that the slowest good call took before the crowd came
        self.memory = 0.0  #: megabytes more than before, at most
        self.sockets = 0  #: held at once, at most
        self.busy = 0.0  #: how much of a processor's time it took
        self.freed: float | None = None  #: seconds until all who left were forgotten; None: longer than that

    def held(self) -> int:
        """Sockets that it holds now."""
        return self._process.num_fds() - self._files

    async def watch(self) -> None:
        """Look again and again."""
        while True:
            self.memory = max(self.memory, (self._process.memory_info().rss - self._before) / 1e6)
            self.sockets = max(self.sockets, self.held())
            work = sum(self._process.cpu_times()[:2]) - self._work
            self.busy = work / (time.monotonic() - self._began)
            await asyncio.sleep(0.5)

    async def freeing(self) -> None:
        """Wait until those who have left are forgotten."""
        began = time.monotonic()
        while (waited := time.monotonic() - began) < _PATIENCE:
            if self.held() < _STRAY:
                self.freed = waited
                return
            await asyncio.sleep(0.2)


async def run(size: Size) -> Verdict:
    """The crowd, and a good caller in its midst; then a hub without bounds and a part of the crowd."""
    seen = await _story(_HOW_MANY[size], {} if size is Size.FULL else _SMALL, _SECONDS[size])
    control = await _control()
    good = seen.good
    p99 = statistics.quantiles(good.took, n=100)[-1]
    figures: dict[str, Figure] = {
        "good calls": len(good.took),
        "p99, s": p99,
        "alone at most, s": seen.alone,
        "MB more": seen.memory,
        "sockets": seen.sockets,
        "of a processor": seen.busy,
        "freed after, s": "never" if seen.freed is None else seen.freed,
        **{f"{kind} served": count for kind, count in seen.came.items() if count},
    }
    broken = [f"a good call failed: {each}" for each in dict.fromkeys(good.failed)]
    if seen.memory > _MEMORY:
        broken.append(f"it takes {seen.memory:.0f} MB more, not {_MEMORY:.0f}")
    if seen.sockets > _MOST[size] + _STRAY:  # those that are being refused are counted too
        broken.append(f"it holds {seen.sockets} sockets, not {_MOST[size]}")
    if len(seen.doors) != 1 or not seen.doors[0].startswith("127.0.0.1:"):
        broken.append(f"it listens on {', '.join(seen.doors)}, not on one port of this machine")
    if seen.freed is None:
        broken.append("sockets of those who have left are still held")
    broken += [f"no {kind} came through" for kind in ("streams", "bombs") if not seen.came.get(kind)]
    late = [f"a good call takes {p99:.2f} s at p99, not {_P99:g}"] if p99 > _P99 else []
    what = f"{sum(_HOW_MANY[size].values()):,} slow or greedy callers"
    return Verdict(
        done=(Done(what=what, figures=figures),), broken=tuple(broken), late=tuple(late), control=control
    )


async def _story(many: Mapping[str, int], bounds: Mapping[str, Any], seconds: float) -> Seen:
    async with _hub({**bounds, "streams": many["streams"]}) as (process, told):
        crowd, good = Crowd(**told), Good(told["port"], told["token"])
        alone = Good(told["port"], told["token"])
        await alone.call(seconds / 10)  # its first calls load what it needs
        seen = Seen(process, good)
        seen.alone = max(alone.took)
        doors = [each.laddr for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        seen.doors = [f"{each.ip}:{each.port}" for each in doors]
        for number, (kind, count) in enumerate(many.items()):
            # from as few addresses as one may call from at once, and a good caller's own is another
            crowd.send(kind, count, itertools.cycle(_addresses(10 * (number + 1), 5)), seconds / 5)
        await asyncio.sleep(seconds / 5)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(seen.watch())
            await good.call(seconds)
            watching.cancel()
        await crowd.call_off()
        await seen.freeing()
    seen.came = crowd.came
    return seen


def _addresses(first: int, count: int) -> Iterator[str]:
    return (f"127.0.0.{first + number}" for number in range(count))


async def _control() -> str:
    """Those who never say what they want, from one address, at a hub that lets them all be."""
    async with _hub(_NONE) as (process, told):
        crowd, seen = Crowd(**told), Seen(process, Good(0, ""))
        crowd.send("heads", _UNBOUND, itertools.cycle(_addresses(10, 1)))
        async with asyncio.timeout(_PATIENCE):
            while seen.held() < _UNBOUND:  # noqa: ASYNC110 (a number has no event)
                await asyncio.sleep(0.05)
        await asyncio.sleep(2.5 * _SMALL["head"])  # more than a hub with bounds would give them
        held = seen.held()
        await crowd.call_off()
    return f"without bounds one address holds {held} sockets and says nothing" if held >= _UNBOUND else ""


@asynccontextmanager
async def _hub(bounds: Mapping[str, Any]) -> AsyncIterator[tuple[psutil.Process, dict[str, Any]]]:
    """A hub in a process of its own, and what it says of itself."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-crowd-") as folder:
        log = Path(folder) / "hub.log"
        with log.open("wb") as written:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(_ROOT / "tests/accept/crowd/hub.py"), folder, json.dumps(bounds),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=written,
                cwd=_ROOT, env={**os.environ, "PYTHONPATH": str(_ROOT)},
            )  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            async with asyncio.timeout(_PATIENCE):
                said = await process.stdout.readline()
            if not said:
                raise RuntimeError(log.read_text()[-2000:])
            yield psutil.Process(process.pid), json.loads(said)
        finally:
            process.stdin.close()
            try:
                async with asyncio.timeout(_PATIENCE):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


CHECK = Check(
    name="AC-15",
    promise="slow and greedy callers: a good one's p99 within 200 ms, 100 MB more at most, sockets freed",
    kept_in="chatgrow_bot/server/listening.py and bodies.py",
    run=run,
)
