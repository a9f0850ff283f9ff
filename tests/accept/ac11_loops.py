"""AC-11: two bots do not talk for ever. Twelve ways to make a loop, side by side on one hub, over ten virtual
minutes with a restart in the middle; and a person who notices nothing of it.

The control is the same story with the limits off.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .checks import Check, Done, Figure, Size, Verdict
from .loops.partners import SHOP
from .loops.world import World

#: Virtual seconds.
_SECONDS = {Size.FULL: 600, Size.SLICE: 60}
_CONTROL = 40
_OFF: Mapping[str, Any] = {
    "repliesPerHour": 1_000_000,
    "loopBreaker": {"short": 100_000, "long": 100_000, "sameText": 100_000},
}
_SHORT, _SHORT_WINDOW = 6, timedelta(seconds=90)
_LONG, _LONG_WINDOW = 30, timedelta(seconds=600)


async def run(size: Size) -> Verdict:
    """Tell the story with the limits on, and a part of it with the limits off."""
    with tempfile.TemporaryDirectory() as folder:
        broken, figures = await _story(Path(folder), _SECONDS[size], {})
    with tempfile.TemporaryDirectory() as folder:
        caught, _ = await _story(Path(folder), _CONTROL, _OFF)
    control = f"with the limits off: {caught[0]}" if caught else ""
    what = f"{figures['scenarios']} reply loops for {_SECONDS[size]} virtual s"
    return Verdict(done=(Done(what=what, figures=figures),), broken=tuple(broken), control=control)


async def _story(
    folder: Path, seconds: int, limits: Mapping[str, Any]
) -> tuple[Sequence[str], Mapping[str, Figure]]:
    world = World(folder, limits)
    try:
        await world.run(seconds)
        cuts, alerts = await world.loops_cut(), await world.alerts()
        broken = [*_loops(world, cuts), *_promises(world)]
        if alerts != sum(cuts.values()):
            broken.append(f"{alerts} alerts for {sum(cuts.values())} loops that were cut")
    finally:
        await world.bot.stop()
    figures: Mapping[str, Figure] = {
        "scenarios": len(world.scenarios) + 1,
        "came in": sum(world.written.values()),
        "answered": sum(map(len, world.sent.values())),
        "most in 90 s": max(_most(times, _SHORT_WINDOW) for times in world.sent.values()),
        "loops cut": sum(cuts.values()),
        "alerts": alerts,
    }
    return broken, figures


def _loops(world: World, cuts: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """What is wrong with how much was said where."""
    for place, times in world.sent.items():
        for most, window in ((_SHORT, _SHORT_WINDOW), (_LONG, _LONG_WINDOW)):
            if (said := _most(times, window)) > most:
                yield f"{said} automatic replies within {window.total_seconds():g} s on {place[0]}"
    for place, count in cuts.items():
        if count > 1:
            yield f"a loop was cut {count} times within ten minutes on {place[0]}: it was not silent between"


def _promises(world: World) -> Iterator[str]:
    for scenario in world.scenarios:
        places = [(SHOP, chat) for chat in scenario.chats]
        written = sum(world.written.get(place, 0) for place in places)
        answered = sum(len(world.sent.get(place, ())) for place in places)
        wrong = {
            "all": answered != written,
            "some": not answered,
            "none": answered > 0,
        }[scenario.answered]
        if wrong:
            yield f"{scenario.name}: {answered} of {written} were answered, not {scenario.answered}"


def _most(times: Sequence[datetime], window: timedelta) -> int:
    """The most that were sent within any window of this length."""
    return max((sum(begin <= at < begin + window for at in times) for begin in times), default=0)


CHECK = Check(
    name="AC-11",
    promise="A reply loop ends after 6 automatic replies in 90 s, with one alert; people notice nothing",
    kept_in="chatgrow_bot/inbox/answers.py and floods.py",
    run=run,
)
