"""AC-06: kill -9 at any moment. What was accepted is sent once, by whoever starts next.

The hub is a process with true browsers against the stand-in for WhatsApp. In half of the lives the pages lose
at the kill what they wrote last, as browsers do. A kill cuts one send of each connection at most, so what the
hub hands over again is held against the number of kills, connection by connection. A page repeats by itself
what it has not heard of, as WhatsApp Web does: that is counted on the wire, and may come to as much again.
"""

import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from .checks import Check, Done, Figure, Size, Verdict, p95
from .kills.judge import Findings, find, judged, too_late
from .kills.lives import Story, play
from .kills.town import Plan, Town, town

_FULL = (
    Plan(seed=6, connections=5, chats=500, messages=10_000, kills=100),
    Plan(seed=7, connections=4, chats=40, messages=800, kills=12, on_unknown="hold", deduplicate=False),
    Plan(seed=8, connections=4, chats=40, messages=800, kills=12, deduplicate=False),
)
_SLICE = (Plan(seed=6, connections=1, chats=4, messages=30, kills=1, forget=1.0),)
#: Small, for a single cut send under a new id is enough to be seen twice; in the town of the first plan.
_BROKEN = Plan(
    seed=6, connections=1, chats=4, messages=20, kills=1, forget=1.0, broken=True, first=50_000, linked=True
)


async def run(size: Size) -> Verdict:
    """The plans one after another, and the control."""
    done, broken, late, caught = [], [], [], ""
    plans = _FULL if size is Size.FULL else _SLICE
    for plan in plans:
        async with _town(plan) as settled:
            story, found = await _played(settled)
            if plan is plans[0]:
                caught = await _control(settled)
        what = _what(plan)
        done.append(Done(what=what, figures=_figures(story, found)))
        broken += [f"{what}: {each}" for each in judged(story, found)]
        late += [f"{what}: {each}" for each in too_late(found)]
    return Verdict(done=tuple(done), broken=tuple(broken), late=tuple(late), control=caught)


@asynccontextmanager
async def _town(plan: Plan) -> AsyncIterator[Town]:
    with tempfile.TemporaryDirectory(prefix="chatgrow-kills-") as folder:
        async with town(plan, Path(folder) / "town") as settled:
            yield settled


async def _played(settled: Town) -> tuple[Story, Findings]:
    story = await play(settled)
    return story, await find(story)


async def _control(settled: Town) -> str:
    found = judged(*await _played(settled.again(_BROKEN)))
    return ", ".join(each for each in found if "doubled" in each)


def _what(plan: Plan) -> str:
    if plan.deduplicate:
        return f"kill -9 x{plan.kills} in {plan.messages:,} sends"
    return f"kill -9 x{plan.kills}, no dedup, {plan.on_unknown}"


def _figures(story: Story, found: Findings) -> Mapping[str, Figure]:
    figures: dict[str, Figure] = {
        "sent": len(found.accepted) - len(found.held) - len(found.lost),
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "held": len(found.held),
        "cut": found.books.cut,
        "again on the wire": sum(found.repeats.values()),
        "by the hub": sum(found.again.values()),
    }
    if found.waits:
        figures["to resume"] = f"{p95(found.waits):.1f} s"
        figures["half of the time"] = f"{statistics.median(found.waits):.1f} s"
        figures["first claim in sync"] = f"{max(found.claims) * 1000:.0f} ms at most"
    return figures


CHECK = Check(
    name="AC-06",
    promise="kill -9 at any moment of 10,000 sends: nothing lost, nothing sent twice, order kept",
    kept_in="chatgrow_bot/store/recovery.py and outbox/reconcile.py",
    run=run,
)
