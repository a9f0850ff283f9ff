"""AC-12: no pattern and no message holds up the hub. A hundred evil patterns: what RE2 cannot do is refused
when the rules are loaded, each at its line; with all the others in force among a thousand rules, customers
write the longest messages that there are, made for these patterns.

The control is Python's `re` with the same patterns and texts.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..bench.product import part
from ..bench.rules_made import messages, rules, write
from .checks import Check, Done, Figure, Size, Verdict
from .patterns.evil import GROWING, HANGING, REFUSED, Evil
from .patterns.hub import Watched, answering, hears, refused_lines, write_evil
from .patterns.plain_re import hanging

_RULES = 1_000
#: Seconds: that the loop may be late, that 99 of 100 messages of 1 KB may take, that loading may take.
_LAG, _P99, _LOAD = 0.05, 0.01, 10.0
_KILOBYTE = 1_000
#: Of an evil text, written once more: so much may be decided on the loop.
_SHORT = 2_000
#: Evil texts, messages of 1 KB, patterns for the control and how long each may try.
_EVIL = {Size.FULL: 62, Size.SLICE: 4}
_MESSAGES = {Size.FULL: 500, Size.SLICE: 20}
_CONTROLS = {Size.FULL: (len(HANGING), 2.0), Size.SLICE: (4, 0.5)}


async def run(size: Size) -> Verdict:
    """Load them, write to them, and see what `re` makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        write(rules(_RULES), Path(folder))
        async with answering(Path(folder)) as (bot, calm):
            await hears(bot, messages(_MESSAGES[size], _KILOBYTE), together=False)
        write_evil(Path(folder))
        took, refused = _load(Path(folder))
        evil = await _attacked(Path(folder), _some(_EVIL[size]))
    tried, seconds = _CONTROLS[size]
    hung = await hanging(HANGING[:tried], seconds)
    figures: dict[str, Figure] = {
        "refused": len(refused),
        "load s": round(took, 2),
        "p99 of 1 KB ms": round(1_000 * _p99(calm.times), 1),
        "longest of 64 KB ms": round(1_000 * max(evil.times, default=0)),
        "most lag ms": round(1_000 * max(evil.lags)),
    }
    return Verdict(
        done=(Done(what=f"{len(REFUSED) + len(HANGING) + len(GROWING)} evil patterns", figures=figures),),
        broken=tuple(_broken(refused, calm, evil, size)),
        late=tuple(_late(took, calm, evil)),
        control=f"with `re` {hung} of {tried} are not done after {seconds:g} s" if hung == tried else "",
    )


def _load(folder: Path) -> tuple[float, set[int]]:
    """Seconds that loading takes, and the lines at which a pattern is refused."""
    began = time.perf_counter()
    book = part("auto_reply.loading").load_folder(folder)
    _ = book.index
    took = time.perf_counter() - began
    return took, {
        problem.position.line for problem in book.problems if problem.position.file.endswith("1-refused.yaml")
    }


async def _attacked(folder: Path, patterns: Sequence[Evil]) -> Watched:
    """What was seen while the longest messages came at once, and then their beginnings one by one."""
    async with answering(folder) as (bot, watched):
        await hears(bot, [each.text for each in patterns], together=True)
        await hears(bot, [each.text[:_SHORT] for each in patterns], together=False)
    return watched


def _some(count: int) -> Sequence[Evil]:
    """Of both kinds, the growing ones first."""
    return (*GROWING[: max(1, count - len(HANGING))], *HANGING)[:count]


def _broken(refused: set[int], calm: Watched, evil: Watched, size: Size) -> Iterator[str]:
    if missing := refused_lines() - refused:
        yield f"not refused at their lines: {', '.join(map(str, sorted(missing)))} of 1-refused.yaml"
    for watched, wanted in ((calm, _MESSAGES[size]), (evil, 2 * _EVIL[size])):
        yield from dict.fromkeys(f"a message was not decided: {failure}" for failure in watched.failures)
        if len(watched.times) < wanted:
            yield f"{wanted - len(watched.times)} of {wanted} messages were not decided"


def _late(took: float, calm: Watched, evil: Watched) -> Iterator[str]:
    if took > _LOAD:
        yield f"loading took {took:.1f} s"
    if (slow := _p99(calm.times)) > _P99:
        yield f"{_RULES:,} rules on 1 KB take {1_000 * slow:.0f} ms, 99 times of 100 less"
    if (lag := max(evil.lags)) > _LAG:
        yield f"the loop stood still for {1_000 * lag:.0f} ms"


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)] if seconds else 0.0


CHECK = Check(
    name="AC-12",
    promise="100 evil patterns on 64 KB: refused at load or linear, the loop late by 50 ms at most; 1 KB by "
    "1,000 rules in 10 ms",
    kept_in="chatgrow_bot/safety/patterns.py and plugins/auto_reply/",
    run=run,
)
