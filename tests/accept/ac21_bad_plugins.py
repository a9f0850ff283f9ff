"""AC-21: a plugin that misbehaves is interrupted, put to sleep and named, and no message is lost by it. Those
that block are interrupted by the watchdog; the control is a machine on which its signal does not arrive.
"""

import asyncio
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatgrow_bot.hooks.watchdog import PluginStalled

from .bad_plugins.habits import Bad, bad_plugins
from .bad_plugins.hub import Lived, live_with
from .checks import Check, Done, Figure, Size, Verdict

_BATCH = 10
#: Seconds that the loop may stand still; and that it may be late 99 times of 100, once they are asleep.
_STALL, _LAG = 1.0, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many."""

    plugins: int
    after: int  #: messages to each hub once they are asleep


_PLANS = {
    Size.FULL: Plan(plugins=100, after=20),
    Size.SLICE: Plan(plugins=4, after=5),
}


async def run(size: Size) -> Verdict:
    """Live with all of them, ten at a time; then with one that cannot be interrupted."""
    asyncio.get_running_loop().set_exception_handler(_told)
    plan, lived = _PLANS[size], Lived()
    plugins = list(bad_plugins(plan.plugins))
    for at in range(0, len(plugins), _BATCH):
        with tempfile.TemporaryDirectory() as folder:
            lived.add(await live_with(Path(folder), plugins[at : at + _BATCH], plan.after))
    figures: dict[str, Figure] = {
        "messages": lived.sent,
        "lost": lived.lost,
        "awake": len(lived.awake),
        "longest stall ms": round(1000 * max(lived.stalls)),
        "lag p99 ms": round(1000 * _p99(lived.calm), 1),
    }
    return Verdict(
        done=(Done(what=f"{plan.plugins} bad plugins", figures=figures),),
        broken=tuple(_broken(lived)),
        late=tuple(_late(lived)),
        control=await _without_watchdog(),
    )


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What became of a task that a plugin leaked and the watchdog ended is no news here."""
    if not isinstance(context.get("exception"), PluginStalled):
        loop.default_exception_handler(context)


def _late(lived: Lived) -> Iterator[str]:
    if (longest := max(lived.stalls)) > _STALL:
        yield f"the loop stood still for {longest:.1f} s"
    if (late := _p99(lived.calm)) > _LAG:
        yield f"with all of them asleep the loop was {1000 * late:.0f} ms late"


def _broken(lived: Lived) -> Iterator[str]:
    if lived.lost:
        yield f"{lived.lost} messages were not answered"
    for name in lived.awake:
        yield f"{name} was not put to sleep"


def _p99(late: Sequence[float]) -> float:
    return sorted(late)[int(len(late) * 0.99)] if late else 0.0


async def _without_watchdog() -> str:
    """How the check noticed that nobody interrupts; empty if it did not."""
    [blocks] = [each for each in bad_plugins(8) if "answer_blocks" in each.name]
    one = Bad(blocks.name, blocks.code.replace("time.sleep(60)", f"time.sleep({_STALL + 1})"))
    set_signal = signal.signal

    def deaf(number: int, handler: object) -> object:
        return set_signal(number, signal.SIG_IGN if number == signal.SIGURG else handler)  # type: ignore[arg-type]

    signal.signal = deaf  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory() as folder:
            lived = await live_with(Path(folder), [one], after=0, until_asleep=1)
    finally:
        signal.signal = set_signal
        signal.signal(signal.SIGURG, signal.SIG_DFL)
    caught = [each for each in _late(lived) if "stood still" in each]
    return f"with nobody to interrupt: {caught[0]}" if caught else ""


CHECK = Check(
    name="AC-21",
    promise="A bad plugin stalls the loop for 1 s at most, is put to sleep, and loses no message",
    kept_in="chatgrow_bot/hooks/: watchdog.py, isolation.py and breaker.py",
    run=run,
)
