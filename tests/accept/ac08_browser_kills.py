"""AC-08: browsers die in the middle of a send: by a kill, a crash of their page, leaving their locks behind.
The connection comes back by itself, nothing is lost or sent twice, and nothing of the dead is left.

With WhatsApp's deduplication off, and a page that forgets what it was sending, only an honest "it may have
left" keeps a message from being sent twice: the control is an engine that calls a dead page a sure failure.
"""

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendFailed, SendUnknown

from .browsers.blows import Blow, Plan, Story, play
from .browsers.shop import honestly
from .checks import Check, Done, Figure, Size, Verdict, p95

#: Seconds from a blow to being online again, for 19 of 20.
_BACK = 15.0
#: Descriptors more than after the first blow.
_SPARE = 5


async def hastily(session: Any, parcel: Parcel) -> Ack:
    """Send, and call a dead page a certain failure."""
    try:
        return await honestly(session, parcel)
    except SendUnknown as error:
        raise SendFailed(error.detail) from error


#: Where WhatsApp knows ids: true Chromium's whole life.
_KNOWN = Plan(seed=8, blows={Blow.KILL: 50, Blow.CRASH: 15, Blow.LOCKS: 10})
#: Where a repeat is seen: the honest engine, and the one that guesses, in the same shop.
_UNKNOWN = Plan(seed=9, blows={Blow.KILL: 8}, on_unknown="hold", deduplicate=False, forget=1.0)
_SMALL = replace(_UNKNOWN, blows={Blow.LOCKS: 1})
_BROKEN = replace(_UNKNOWN, blows={Blow.KILL: 1}, deliver=hastily)


async def run(size: Size) -> Verdict:
    """The stories, and the control."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-blows-") as folder:
        stories = [*(await play(Path(folder) / "known", _KNOWN))] if size is Size.FULL else []
        honest = _UNKNOWN if size is Size.FULL else _SMALL
        unknown, hasty = await play(Path(folder) / "unknown", honest, _BROKEN)
    stories.append(unknown)
    return Verdict(
        done=tuple(Done(what=_what(story), figures=_figures(story)) for story in stories),
        broken=tuple(f"{_what(story)}: {each}" for story in stories for each in judged(story)),
        late=tuple(
            f"{_what(story)}: back only after {each:.1f} s"
            for story in stories
            if (each := p95(story.waits)) > _BACK
        ),
        control=", ".join(each for each in judged(hasty) if "doubled" in each),
    )


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
    if story.amid < len(story.waits):
        broken.append(f"only {story.amid} of {len(story.waits)} blows met a message half sent")
    if story.orphans:
        broken.append(f"{story.orphans} processes left")
    if story.descriptors[-1] > story.descriptors[0] + _SPARE:
        broken.append(f"descriptors grew from {story.descriptors[0]} to {story.descriptors[-1]}")
    return broken


def _what(story: Story) -> str:
    done = " ".join(f"{blow} x{times}" for blow, times in story.plan.blows.items())
    return f"browser: {done}" + ("" if story.plan.deduplicate else ", no dedup, hold")


def _figures(story: Story) -> dict[str, Figure]:
    return {
        "sent": len(story.asked) - len(story.held) - len(story.lost),
        "lost": len(story.lost),
        "doubled": len(story.doubled),
        "held": len(story.held),
        "again on the wire": story.repeats,
        "to resume": f"{p95(story.waits):.1f} s",
        "half of the time": f"{statistics.median(story.waits):.1f} s",
        "processes left": story.orphans,
        "descriptors": f"{story.descriptors[0]} to {story.descriptors[-1]}",
    }


CHECK = Check(
    name="AC-08",
    promise="browsers killed in the middle of a send: back within 15 s, nothing lost or doubled, none left",
    kept_in="plugins/engine_web/outcome.py and chatgrow_bot/connections/",
    run=run,
)
