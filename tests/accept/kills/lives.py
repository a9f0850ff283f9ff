"""The hub's lives, each ended by kill -9 at a moment that the seed chooses, and the last, which may finish.

A customer's program asks it to send all the while. What got no answer, because the hub died, is asked again
of the next one, under the same Idempotency-Key.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from random import Random
from typing import Any

import aiohttp

from chatgrow_bot.messages import State
from chatgrow_bot.store import outbox
from chatgrow_bot.store.database import open_database

from .town import Message, Town, demo

#: Seconds for the last life to send whatever is left.
_PATIENCE = 900.0
#: Seconds between two messages that are asked for.
_BREATH = 0.01


class Moment(StrEnum):
    """When a life ends."""

    LINKED = "linked"  #: the first one's: as CUT, a little after the accounts were linked
    STARTING = "starting"  #: so many seconds after it began
    SETTLING = "settling"  #: about when it looks up what is unclear
    SENDING = "sending"  #: while it sends
    CUT = "cut"  #: when WhatsApp has just taken messages and nobody has heard of it


_OFTEN = {Moment.STARTING: 2, Moment.SETTLING: 2, Moment.SENDING: 3, Moment.CUT: 3}


@dataclass(slots=True, kw_only=True)
class Life:
    """One run of the hub."""

    began: datetime
    moment: Moment | None  #: None: it was let finish
    died: bool = False  #: by itself, before it was killed


@dataclass(slots=True, kw_only=True)
class Story:
    """What happened."""

    town: Town
    accepted: dict[str, Message] = field(default_factory=dict)  #: what the hub said yes to, by its id
    lives: list[Life] = field(default_factory=list)
    clean: bool = False  #: the last life ended by SIGTERM with 0, and left no browser behind


async def play(town: Town) -> Story:
    """All lives."""
    plan, chance = town.plan, Random(town.plan.seed)
    story, errand = Story(town=town), _Errand(town)
    share = 1 + int(plan.messages / (plan.kills * 0.8 + 1))
    moments = chance.choices(list(_OFTEN), list(_OFTEN.values()), k=plan.kills)
    moments[0] = Moment.CUT if plan.linked else Moment.LINKED
    for number, moment in enumerate(moments):
        await _forgetting(town, chance.random() < 0.5 or number == 0)
        await _killed(story, errand, moment, chance, share)
    await _last(story, errand)
    return story


async def _forgetting(town: Town, forgets: bool) -> None:
    await town.phones.heal("forget")
    if forgets:
        await town.phones.order("forget", times=None, seconds=town.plan.forget)


async def _killed(story: Story, errand: "_Errand", moment: Moment, chance: Random, share: int) -> None:
    town = story.town
    life = Life(began=datetime.now(UTC), moment=moment)
    story.lives.append(life)
    async with _hub(town) as hub:
        if moment is Moment.STARTING:
            await asyncio.sleep(chance.uniform(0.1, 3.0))
        else:
            async with _api(town) as api:
                if moment is Moment.LINKED:
                    await town.link(api)
                asking = asyncio.create_task(errand.run(api, story.accepted, share), name="errand")
                await _some_online(api)
                await _until(moment, town, chance)
                if moment in (Moment.LINKED, Moment.CUT):
                    await asking
                    await _cut(town, errand.run(api, story.accepted, 2 * town.plan.connections))
                _kill(hub.pid, chance.random() < 0.5)
                await asking
        _kill(hub.pid, whole=False)
        life.died = await hub.wait() != -signal.SIGKILL
    await town.phones.heal("drop_acks")


async def _until(moment: Moment, town: Town, chance: Random) -> None:
    settles = town.plan.reconcile_after
    match moment:
        case Moment.SETTLING:
            await asyncio.sleep(chance.uniform(max(0.0, settles - 0.5), settles + 0.5))
        case Moment.SENDING:
            await asyncio.sleep(chance.uniform(0.1, 3.0))
        case Moment.CUT:
            await asyncio.sleep(chance.uniform(0.1, 2.0))
        case Moment.LINKED:  # a login as fresh as what is forgotten is forgotten too
            await asyncio.sleep(town.plan.forget + 0.5)


async def _cut(town: Town, asking: Awaitable[None]) -> None:
    """From now on WhatsApp takes messages and says nothing; it has taken one."""
    shops = [await town.phones.phone(number, name=name) for name, number in town.shops.items()]
    known = [max((each.seq for each in await shop.sent()), default=0) for shop in shops]
    await town.phones.order("drop_acks")
    await asking
    with suppress(TimeoutError):  # nothing was left to send
        async with asyncio.timeout(10):
            for shop, seq in zip(shops, known, strict=True):
                while not await shop.sent(after=seq):  # noqa: ASYNC110 (over HTTP)
                    await asyncio.sleep(0.05)


def _kill(pid: int, whole: bool) -> None:
    """The hub alone, or the driver of its browsers with it."""
    with suppress(ProcessLookupError):
        (os.killpg if whole else os.kill)(pid, signal.SIGKILL)


async def _last(story: Story, errand: "_Errand") -> None:
    town = story.town
    await _forgetting(town, forgets=False)
    story.lives.append(Life(began=datetime.now(UTC), moment=None))
    async with _hub(town) as hub:
        async with _api(town) as api:
            await errand.run(api, story.accepted, town.plan.messages)
        async with open_database(town.database, migrate=False) as db, asyncio.timeout(_PATIENCE):
            while set(await db.read(lambda conn: outbox.under_way(conn, None))) - {State.QUARANTINED}:  # noqa: ASYNC110 (another process)
                await asyncio.sleep(0.1)
        hub.send_signal(signal.SIGTERM)
        story.clean = await hub.wait() == 0


class _Errand:
    """What a customer's program wants sent, in order."""

    def __init__(self, town: Town) -> None:
        self._left = list(reversed(town.messages()))

    async def run(self, api: Any, accepted: dict[str, Message], most: int) -> None:
        """Ask for so many at most, and stop when nobody answers."""
        for _ in range(min(most, len(self._left))):
            message = self._left[-1]
            path = f"/api/whatsapp/connections/{message.connection_id}/send"
            body = {"to": message.to, "message": message.text}
            try:
                answer = await api.call("POST", path, body, key=message.text)
            except (aiohttp.ClientError, TimeoutError):
                return
            accepted[answer["messageId"]] = message
            self._left.pop()
            await asyncio.sleep(_BREATH)


async def _some_online(api: Any) -> None:
    async def look() -> Any:
        return await api.call("GET", "/api/whatsapp/connections")

    await demo("processes").until(
        look, lambda found: any(c["state"] == "online" for c in found["connections"])
    )


@asynccontextmanager
async def _hub(town: Town) -> AsyncIterator[asyncio.subprocess.Process]:
    with town.log.open("ab") as output:
        hub = await asyncio.create_subprocess_exec(
            *town.words, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield hub
    finally:
        if hub.returncode is None:
            _kill(hub.pid, whole=True)
            await hub.wait()


@asynccontextmanager
async def _api(town: Town) -> AsyncIterator[Any]:
    """A caller, as soon as the hub listens."""
    api = await _patiently(lambda: town.stage.api().__aenter__())
    try:
        yield api
    finally:
        await api.__aexit__(None, None, None)


async def _patiently(ask: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
