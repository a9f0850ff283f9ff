"""AC-08: browsers die in the middle of a send: by a kill, a crash of their page, leaving their locks behind.
The connection comes back by itself, nothing is lost or sent twice, and nothing of the dead is left.

With WhatsApp's deduplication off, and a page that forgets what it was sending, only an honest "it may have
left" keeps a message from being sent twice: the control is an engine that calls a dead page a sure failure.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendFailed, SendUnknown

from .browsers.blows import Blow, Plan, Story, play
from .browsers.shop import WatchedEngine
from .checks import Check, Size, Verdict

#: Seconds from a blow to being online again, for 19 of 20.
_BACK = 15.0
#: Descriptors more than after the first blow.
_SPARE = 5


class Hasty(WatchedEngine):
    """Calls a dead page a certain failure."""

    async def deliver(self, session: Any, parcel: Parcel) -> Ack:
        """Send, and guess."""
        try:
            return await super().deliver(session, parcel)
        except SendUnknown as error:
            raise SendFailed(error.detail) from error


_FULL = (
    Plan(seed=8, blows={Blow.KILL: 50, Blow.CRASH: 15, Blow.LOCKS: 10}),
    Plan(seed=9, blows={Blow.KILL: 8}, on_unknown="hold", deduplicate=False, forget=1.0),
)
_SLICE = (Plan(seed=8, blows={Blow.LOCKS: 1, Blow.CRASH: 1}),)
_BROKEN = Plan(seed=8, blows={Blow.KILL: 1}, engine=Hasty, on_unknown="hold", deduplicate=False, forget=1.0)


async def run(size: Size) -> Verdict:
    """The stories, and the control."""
    plans = _FULL if size is Size.FULL else _SLICE
    with tempfile.TemporaryDirectory(prefix="chatgrow-blows-") as folder:
        stories = [await play(plan, Path(folder) / f"{at}") for at, plan in enumerate(plans)]
        control = await _control(Path(folder) / "control") if size is Size.FULL else None
    broken = [f"{story.plan.on_unknown}: {each}" for story in stories for each in judged(story)]
    late = [f"back only after {each:.1f} s" for story in stories if (each := _p95(story.waits)) > _BACK]
    return Verdict(broken=tuple(broken), late=tuple(late), figures=_figures(stories), control=control)


async def _control(folder: Path) -> str:
    return ", ".join(each for each in judged(await play(_BROKEN, folder)) if "doubled" in each)


def judged(story: Story) -> list[str]:
    """What was promised and did not hold, a sentence each."""
    broken = []
    if story.lost:
        broken.append(f"{len(story.lost)} lost: {[story.states[key] for key in story.lost]}")
    if story.doubled:
        broken.append(f"{len(story.doubled)} doubled")
    if story.disordered:
        broken.append(f"{len(story.disordered)} chats out of order")
    if story.held and story.plan.on_unknown != "hold":
        broken.append(f"{len(story.held)} held, though nothing says so")
    if story.orphans:
        broken.append(f"{story.orphans} processes left")
    if story.descriptors[-1] > story.descriptors[0] + _SPARE:
        broken.append(f"descriptors grew from {story.descriptors[0]} to {story.descriptors[-1]}")
    return broken


def _p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1] if len(waits) > 19 else max(waits)


def _figures(stories: Sequence[Story]) -> dict[str, int | float | str]:
    waits = [each for story in stories for each in story.waits]
    first = stories[0]
    return {
        "kills": len(waits),
        "sent": sum(len(story.asked) - len(story.held) - len(story.lost) for story in stories),
        "lost": sum(len(story.lost) for story in stories),
        "doubled": sum(len(story.doubled) for story in stories),
        "held": sum(len(story.held) for story in stories),
        "again on the wire": sum(story.repeats for story in stories),
        "to resume p50/p95": f"{statistics.median(waits):.1f}/{_p95(waits):.1f} s",
        "processes left": sum(story.orphans for story in stories),
        "descriptors": f"{first.descriptors[0]} to {first.descriptors[-1]}",
    }


CHECK = Check(
    name="AC-08",
    promise="browsers killed in the middle of a send: back within 15 s, nothing lost or doubled, none left",
    run=run,
)
