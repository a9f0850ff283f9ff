"""AC-08's story: messages leave, and in the middle of each handful the browser is struck down."""

import asyncio
import signal
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import psutil

from chatgrow_bot.messages import State

from .shop import Deliver, Shop, honestly, shop, until

#: Messages at a time, each in a chat of its own.
_CHATS = 3


class Blow(StrEnum):
    """What is done to the browser."""

    KILL = "kill"  #: SIGKILL to all of it
    CRASH = "crash"  #: SIGKILL to the processes that draw its pages
    LOCKS = "locks"  #: as KILL, and a lock of another machine's browser is left on the profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the story goes."""

    seed: int
    blows: Mapping[Blow, int]
    deliver: Deliver = honestly  #: what the engine makes of a send
    on_unknown: str = "resend"
    deduplicate: bool = True
    forget: float = 0.0  #: seconds that the page's store loses at each blow


@dataclass(slots=True, kw_only=True)
class Story:
    """What happened."""

    plan: Plan
    asked: dict[str, tuple[str, str]] = field(default_factory=dict)  #: number and text, by message id
    states: Mapping[str, State] = field(default_factory=dict)
    came: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: texts at the phones, by number
    handed: Counter[str] = field(default_factory=Counter)  #: how often each text's message was, by its text
    waits: list[float] = field(default_factory=list)  #: seconds from a blow to being online again
    repeats: int = 0
    descriptors: list[int] = field(default_factory=list)  #: of this process, online again after each blow
    amid: int = 0  #: blows that met a message half sent
    orphans: int = 0

    @property
    def held(self) -> set[str]:
        """Messages that a person judges."""
        return {key for key, state in self.states.items() if state is State.QUARANTINED}

    @property
    def lost(self) -> list[str]:
        """Asked for, and neither at a phone nor held."""
        return [
            key
            for key, (to, text) in self.asked.items()
            if text not in self.came.get(to, ()) and key not in self.held
        ]

    @property
    def doubled(self) -> list[str]:
        """At a phone more than once. Where ids are not known, the page's own repeats are its own: what it was
        handed once is left out."""
        seen = Counter(text for texts in self.came.values() for text in texts)
        most = 0 if self.plan.deduplicate else 1
        return [key for key, (_, text) in self.asked.items() if seen[text] > 1 and self.handed[text] > most]

    @property
    def disordered(self) -> list[str]:
        """Chats whose messages came in another order than they were asked for."""
        return [
            to for to, texts in self.came.items() if (first := list(dict.fromkeys(texts))) != sorted(first)
        ]


async def play(folder: Path, *plans: Plan) -> Sequence[Story]:
    """One story after another, in one shop that lives in a folder of its own. The first plan says how it is
    set up."""
    first = plans[0]
    settings = {"queue": {"reconcileAfter": 1, "retryDelays": [500], "onUnknown": first.on_unknown}}
    switches = {"deduplicate": first.deduplicate}
    async with shop(folder, settings=settings, switches=switches, close_seconds=5) as here:
        async with here.hub():
            await here.link()
            await here.settle_login()
            stories = [await _told(plan, here, name) for name, plan in zip("abc", plans, strict=False)]
        for story in stories:
            story.orphans = len(_browsers(here))
    return stories


async def _told(plan: Plan, here: Shop, name: str) -> Story:
    story, chance = Story(plan=plan), Random(plan.seed)
    blows = [blow for blow, times in plan.blows.items() for _ in range(times)]
    chance.shuffle(blows)
    here.engine.deliver = plan.deliver
    people = [here.customer() for _ in range(_CHATS)]
    for number, blow in enumerate(blows):
        handful = {f"{name}{number:04d} to {person.number}": person for person in people}
        await _struck(story, here, handful, blow, chance)
    story.states = dict(zip(story.asked, await here.settled(list(story.asked)), strict=True))
    await _looked(story, here)
    return story


async def _struck(story: Story, here: Shop, handful: Mapping[str, Any], blow: Blow, chance: Random) -> None:
    await here.sim.order("delay_acks")  # whoever sends now waits, so that the blow meets it in the middle
    here.engine.sending.clear()
    before = len(await here.phone.sent())
    ids = {await here.enqueue(person, text): (person.number, text) for text, person in handful.items()}
    story.asked |= ids
    await here.engine.sending.wait()
    if story.plan.forget or chance.random() < 0.5:  # WhatsApp has one, and nobody has heard of it
        await until(here.phone.sent, lambda sent: len(sent) > before, seconds=10)
    await asyncio.sleep(chance.uniform(0.0, 0.2))
    if story.plan.forget:
        await here.sim.order("forget", seconds=story.plan.forget)
    story.amid += State.SENDING in await here.states(list(ids))
    story.waits.append(await here.opens_again(lambda: _strike(here, blow)))
    await here.settled(list(ids))
    story.descriptors.append(psutil.Process().num_fds())


async def _strike(here: Shop, blow: Blow) -> None:
    for process in _browsers(here):
        with suppress(psutil.NoSuchProcess):
            if blow is not Blow.CRASH or "--type=renderer" in process.cmdline():
                process.send_signal(signal.SIGKILL)
    if blow is Blow.LOCKS:
        lock = here.profile / "SingletonLock"
        lock.unlink(missing_ok=True)
        lock.symlink_to("elsewhere-1")
    await here.sim.heal("delay_acks")


def _browsers(here: Shop) -> list[psutil.Process]:
    flag = f"--user-data-dir={here.profile}"
    return [each for each in psutil.process_iter(["cmdline"]) if flag in (each.info["cmdline"] or ())]


async def _looked(story: Story, here: Shop) -> None:
    mine = {text for _, text in story.asked.values()}
    came: defaultdict[str, list[str]] = defaultdict(list)
    for message in await here.phone.sent():
        if message.text in mine:
            came[message.recipient].append(message.text)
            story.handed[message.text] = here.engine.handed[message.id]
    story.came = came
    story.repeats = await here.sim.repeats(here.phone)
