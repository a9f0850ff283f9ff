"""Everybody says his word in the midst of it: within a second nothing goes to him but what confirms it, and
whoever said nothing gets all that was meant for him."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Connection

from chatgrow_bot.consent import Wording
from chatgrow_bot.errors import OptedOut
from chatgrow_bot.messages import Outbound
from chatgrow_bot.store import queue, together, withdrawal
from chatgrow_bot.store.prepared import Asked

from ..checks import Figure, Size
from .shop import KILLED, WORDS, Person, Shop

_PATIENCE = 120.0
#: Messages for each, and how many say a word.
_COUNT, _SPOKEN = {Size.SLICE: 40, Size.FULL: 1000}, {Size.SLICE: 4, Size.FULL: len(WORDS)}
_FOR_A_FRIEND = {Size.SLICE: 8, Size.FULL: 40}
_FRIEND = Person(9_999)


def _told(person: Person) -> str:
    wording = Wording()
    said = wording.vocabulary.heard(person.word)
    return wording.answer(said) if said else ""


@asynccontextmanager
async def _open(folder: Path) -> AsyncIterator[Shop]:
    shop = Shop(folder)
    try:
        await shop.open()
        yield shop
    finally:
        await shop.bot.stop()


async def stopped(folder: Path, size: Size) -> tuple[Mapping[str, Figure], Sequence[str]]:
    """Figures, and what was promised and does not hold."""
    spoken, count = _SPOKEN[size], _COUNT[size]
    words = WORDS if size is Size.FULL else (*WORDS[:1], *WORDS[7:9], *WORDS[-1:])
    people = [Person(number, word) for number, word in enumerate(words[:spoken], 1)]
    figures: dict[str, Figure] = {"words": len(people), "queued for each": count}
    async with _open(folder) as shop:
        await shop.bot.running.hub.queue.pause("admin", "until all of it is there")
        await shop.meets(people)
        await shop.fills(people, count)
        await shop.fills([_FRIEND], _FOR_A_FRIEND[size])
        await shop.bot.running.hub.queue.resume("admin")
        broken: list[str] = []
        when: dict[str, float] = {}
        took: list[float] = []
        for person in people:
            began = when[person.word] = time.monotonic()
            await shop.bot.engine.opened["second"].hears(person.word, person.lid)
            took.append(time.monotonic() - began)
            if left := await shop.waiting(person):
                broken.append(f"after '{person.word}' there is still {dict(left)}")
        broken += await _friend(shop, size)
        await asyncio.sleep(max(0.0, max(when.values()) + 2 - time.monotonic()))
        broken += [each for person in people for each in _sent(shop, person, when[person.word])]
        broken += await _back(shop, people[0])
    figures["sent before"] = sum(text in ("an offer", "sale") for _, _, text in shop.left)
    figures["longest to heed, ms"] = round(1000 * max(took))
    return figures, broken


def _sent(shop: Shop, person: Person, at: float) -> Iterator[str]:
    """What is wrong with what went to somebody who spoke then."""
    his = [(when, text) for when, chat, text in shop.left if chat in person.names]
    if late := [text for when, text in his if when > at + 1 and text != _told(person)]:
        yield f"{len(late)} messages left later than a second after '{person.word}'"
    if (told := sum(text == _told(person) for _, text in his)) != 1:
        yield f"'{person.word}' was confirmed {told} times"


async def _friend(shop: Shop, size: Size) -> Sequence[str]:
    """All that is his comes, but for what is for later."""
    wanted = _FOR_A_FRIEND[size] * 3 // 4
    until = time.monotonic() + _PATIENCE
    while (came := sum(chat in _FRIEND.names for _, chat, _ in shop.left)) < wanted:
        if time.monotonic() > until:
            return [f"somebody who said nothing got {came} of {wanted}"]
        await asyncio.sleep(0.05)
    return []


async def _back(shop: Shop, person: Person) -> Sequence[str]:
    """Nothing can be queued for him until he says START; then new ones go, and old ones stay as they are."""
    hub, tenant = shop.bot.running.hub, shop.bot.admin.user_id
    message, broken = Outbound(to=person.chat, text="welcome back"), []
    try:
        await hub.outbox.enqueue(tenant, "shop", message, source="api")
        broken.append("a message to somebody who opted out was taken in")
    except OptedOut:
        pass
    await shop.bot.engine.opened["second"].hears("START", person.lid)
    sent = await hub.outbox.enqueue(tenant, "shop", message, source="api")
    ended = await hub.outbox.wait(tenant, sent.id, 20)
    if ended.state not in ("sent", "delivered", "read"):
        broken.append(f"after START a new message is {ended.state}")
    if left := await shop.waiting(person):
        broken.append(f"START brought back {dict(left)}")
    return broken


async def killed(folder: Path, size: Size) -> tuple[Mapping[str, Figure], Sequence[str]]:
    """The hub is killed right after the word is stored, and begins again."""
    count = _COUNT[size]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.accept.consent.life", str(folder), str(count), stdout=DEVNULL
    )
    broken = []
    if await asyncio.wait_for(process.wait(), _PATIENCE) != -signal.SIGKILL:
        broken.append("it was not killed")
    before = len(Shop(folder).ever_left(KILLED))
    async with _open(folder) as shop:
        await shop.bot.rest()
        await asyncio.sleep(1.5)
        left = Shop(folder).ever_left(KILLED)
    if sum(text == _told(KILLED) for text in left) != 1:
        broken.append(f"after a kill it was confirmed {left.count(_told(KILLED))} times")
    if wrong := [text for text in left[before:] if text != _told(KILLED)]:
        broken.append(f"after a kill {len(wrong)} messages left for somebody who had opted out")
    return {"queued at the kill": count}, broken


async def unaided(folder: Path) -> Sequence[str]:
    """What does not hold if nothing is ended when the word is heard, and only the look before each send is
    left."""
    with _not_withdrawn():
        return await _alone(folder)


class _Blind:
    """A statement that says of nobody that he wants nothing."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def rows(self, conn: Connection, **values: object) -> Sequence[Any]:
        """As the statement's own."""
        return [row._replace(refused=False) for row in self._asked.rows(conn, **values)]


async def ignored(folder: Path) -> str:
    """The control: consent is written down, and nobody looks at it; how that is seen, empty if it is not."""
    heads = {lane: _Blind(asked) for lane, asked in queue._HEADS.items()}
    with (
        _not_withdrawn(),
        mock.patch.object(queue, "_HEADS", heads),
        mock.patch.object(together, "_CLAIMED", _Blind(together._CLAIMED)),
    ):
        caught = await _alone(folder)
    late = [each for each in caught if "later than a second" in each]
    return f"with nobody looking at it: {late[0]}" if late else ""


@contextmanager
def _not_withdrawn() -> Iterator[None]:
    nothing = withdrawal.Withdrawn(frozenset(), more=False)
    with mock.patch.object(withdrawal, "withdraw", lambda *_: nothing):
        yield


async def _alone(folder: Path) -> Sequence[str]:
    """One person, who says STOP while two hundred are on their way."""
    person = Person(1, "STOP")
    async with _open(folder) as shop:
        await shop.meets([person])
        await shop.fills([person], 200)
        began = time.monotonic()
        await shop.bot.engine.opened["second"].hears(person.word, person.lid)
        await asyncio.sleep(1.5)
        return list(_sent(shop, person, began))
