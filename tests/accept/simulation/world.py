"""WhatsApp as the simulation has it: servers that know every message by its id, phones that read, customers
who write, and the page of each connection, which may lose its last seconds."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chatgrow_bot.engine import Ack, Arrival, Inlet, Parcel
from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.messages import Kind

from .virtual import VirtualClock


@dataclass(slots=True)
class Weather:
    """How bad it is, as chances of each thing at each occasion."""

    lost: float = 0.0  #: a send ends unclear and never left
    unsure: float = 0.0  #: a send ends unclear and did leave
    failed: float = 0.0  #: a send certainly fails, for a passing cause
    refused: float = 0.0  #: a send is refused for good
    hung: float = 0.0  #: a send answers after half a minute, unclear
    page_dies: float = 0.0  #: the page dies in the middle of a send
    ear_fails: float = 0.0  #: a message that comes in is not told
    repeats: float = 0.0  #: a message that comes in is told again
    late: float = 0.0  #: seconds by which what comes in is delayed at most
    acks_lost: float = 0.0  #: an ack is not told


@dataclass(slots=True)
class Page:
    """What WhatsApp Web keeps of one connection, over restarts."""

    own: dict[str, tuple[float, Parcel]] = field(default_factory=dict)  #: our messages, and since when
    came: list[Arrival] = field(default_factory=list)

    def forget_since(self, when: float) -> None:
        """A kill in the middle of its writing: what is newer is not there."""
        self.own = {name: kept for name, kept in self.own.items() if kept[0] < when}


@dataclass(frozen=True, slots=True)
class Seen:
    """A message on somebody's phone."""

    connection: str
    parcel: Parcel
    at: float


class World:
    """Everything outside the process."""

    def __init__(self, clock: VirtualClock, chance: Random, *, dedup: bool, lossy: bool) -> None:
        self.clock = clock
        self.chance = chance
        self.weather = Weather()
        self.dedup = dedup  #: whether the servers know a message by its id
        self.lossy = lossy
        self.pages: defaultdict[str, Page] = defaultdict(Page)
        self.seen: list[Seen] = []  #: on the phones, in the order in which it came
        self.acks: dict[str, int] = {}  #: how far each of our messages is, by WhatsApp id
        self.calls: list[tuple[float, str, Parcel]] = []  #: every send that was asked for
        self.wrote: dict[str, tuple[float, Arrival]] = {}  #: what customers wrote, by text
        self.open: dict[str, Inlet] = {}  #: who listens, by connection
        self._arrived: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def now(self) -> float:
        """The loop's seconds."""
        return self.clock.monotonic()

    def happens(self, chance: float) -> bool:
        """Whether something does."""
        return self.chance.random() < chance

    def take(self, connection: str, parcel: Parcel) -> None:
        """The servers get a message of ours."""
        if self.dedup and parcel.wa_id in self._arrived:
            return
        self._arrived.add(parcel.wa_id)
        self.seen.append(Seen(connection=connection, parcel=parcel, at=self.now()))
        self.acks.setdefault(parcel.wa_id, 1)
        self._later(self._travels(connection, parcel), f"travels {parcel.wa_id}")

    async def _travels(self, connection: str, parcel: Parcel) -> None:
        for ack in (2, 3)[: self.chance.randint(0, 2)]:
            await asyncio.sleep(self.chance.uniform(0.1, 40))
            self.acks[parcel.wa_id] = max(ack, self.acks[parcel.wa_id])
            inlet = self.open.get(connection)
            if inlet and not self.happens(self.weather.acks_lost):
                old = self.chance.randint(1, ack)  # old news may come after new
                for told in (old, ack, old):
                    with suppress(StoreUnavailable):  # the page is asked again later
                        await inlet.acked(Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=told))

    def write(self, connection: str, chat: str, text: str) -> None:
        """A customer writes."""
        wa_id = f"IN{text}"
        sent_at = self.clock.true().replace(microsecond=0)
        arrival = Arrival(chat=chat, wa_id=wa_id, kind=Kind.TEXT, text=text, sent_at=sent_at)
        self.wrote[text] = (self.now(), arrival)
        self.pages[connection].came.append(arrival)
        if connection in self.open and not self.happens(self.weather.ear_fails):
            self._later(self._told(self.open[connection], arrival), f"told {text}")

    async def _told(self, inlet: Inlet, arrival: Arrival) -> None:
        await asyncio.sleep(self.chance.uniform(0, self.weather.late))
        await inlet.arrived(arrival)
        while self.happens(self.weather.repeats):
            await asyncio.sleep(self.chance.uniform(0, self.weather.late))
            await inlet.arrived(arrival)

    def killed(self) -> None:
        """The process is gone, and its pages with it."""
        self.open.clear()
        for task in self._tasks:
            task.cancel()
        if self.lossy:
            for page in self.pages.values():
                page.forget_since(self.now() - self.chance.uniform(0, 3))

    def since(self, connection: str, since: datetime) -> list[Arrival]:
        """What the page of a connection holds."""
        whole = since - timedelta(seconds=1)
        return [each for each in self.pages[connection].came if each.sent_at >= whole]

    def _later(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
