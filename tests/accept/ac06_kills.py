"""AC-06: kill -9 at any moment. What was accepted is sent once, by whoever starts next.

The hub is a process with true browsers against the stand-in for WhatsApp. In half of the lives the pages lose
at the kill what they wrote last, as browsers do. A kill cuts one send of each connection at most, so what the
hub hands over again is held against the number of kills, connection by connection. A page repeats by itself
what it has not heard of, as WhatsApp Web does: that is counted on the wire, and may come to as much again.
"""

import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .checks import Check, Size, Verdict
from .kills.judge import Findings, find, judged, too_late
from .kills.lives import Story, play
from .kills.town import Plan, town

_FULL = {
    "": Plan(seed=6, connections=5, chats=500, messages=10_000, kills=100),
    "hold": Plan(
        seed=7, connections=4, chats=40, messages=800, kills=12, on_unknown="hold", deduplicate=False
    ),
    "resend": Plan(seed=8, connections=4, chats=40, messages=800, kills=12, deduplicate=False),
}
_SLICE = {"": Plan(seed=6, connections=2, chats=8, messages=60, kills=2, forget=1.0)}
#: Small, for a single cut send under a new id is enough to be seen twice.
_BROKEN = Plan(seed=6, connections=1, chats=4, messages=40, kills=1, forget=1.0, broken=True)


async def run(size: Size) -> Verdict:
    """The plans one after another, and the control."""
    plans = _FULL if size is Size.FULL else _SLICE
    told = {name: await _played(plan) for name, plan in plans.items()}
    broken = [
        f"{name}: {each}" if name else each
        for name, (story, found) in told.items()
        for each in judged(story, found)
    ]
    late = [each for _, found in told.values() for each in too_late(found)]
    control = await _control() if size is Size.FULL else None
    figures: dict[str, int | float | str] = {}
    for name, (story, found) in told.items():
        figures |= {f"{name} {what}".strip(): value for what, value in _figures(story, found).items()}
    return Verdict(broken=tuple(broken), late=tuple(late), figures=figures, control=control)


async def _control() -> str:
    return ", ".join(each for each in judged(*await _played(_BROKEN)) if "doubled" in each)


async def _played(plan: Plan) -> tuple[Story, Findings]:
    with tempfile.TemporaryDirectory(prefix="chatgrow-kills-") as folder:
        async with town(plan, Path(folder) / "town") as settled:
            story = await play(settled)
            return story, await find(story)


def _figures(story: Story, found: Findings) -> Mapping[str, int | float | str]:
    figures: dict[str, int | float | str] = {
        "kills": story.town.plan.kills,
        "sent": len(found.accepted) - len(found.held) - len(found.lost),
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "held": len(found.held),
        "again on the wire": sum(found.repeats.values()),
        "by the hub": sum(found.again.values()),
    }
    if len(found.waits) > 1:
        p95 = statistics.quantiles(found.waits, n=20)[-1]
        figures["to resume p50/p95"] = f"{statistics.median(found.waits):.1f}/{p95:.1f} s"
        figures["first claim in sync"] = f"{max(found.claims) * 1000:.0f} ms at most"
    return figures


CHECK = Check(
    name="AC-06",
    promise="kill -9 at any moment of 10,000 sends: nothing lost, nothing sent twice, order kept",
    run=run,
)
