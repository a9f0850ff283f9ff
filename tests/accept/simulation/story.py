"""One seed: a hub that lives several times, in bad weather, while people write and programs send; then calm,
until nothing is under way any more. Everything between the page and the disk is the product's own."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from chatgrow_bot.background import background
from chatgrow_bot.config.models import Settings
from chatgrow_bot.core import Core
from chatgrow_bot.errors import ChatgrowError, StoreUnavailable
from chatgrow_bot.ground import Ground
from chatgrow_bot.hooks import Hooks
from chatgrow_bot.hooks.registry import Instance
from chatgrow_bot.hub import Identity, Role
from chatgrow_bot.messages import Delivery, Fact, Inbound, Outbound, Priority
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import outbox as stored_outbox
from chatgrow_bot.store.database import Database
from chatgrow_bot.vault import Vault

from .disk import Disk
from .page import WorldEngine
from .virtual import VirtualClock, VirtualLoop
from .world import Weather, World

#: Who owns everything.
OWNER = Identity(user_id="owner", username="owner", role=Role.ADMIN, plan="enterprise")
#: Just before the clocks of Berlin go forward.
BEGIN = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
_KEY = b"k" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a seed draws before it begins."""

    lives: int
    minutes: float  #: of bad weather
    connections: tuple[str, ...]
    chats: tuple[str, ...]
    sends: int
    writes: int
    dedup: bool
    lossy: bool
    hold: bool
    honest: bool = True
    settings: Settings

    @classmethod
    def draw(cls, chance: Random, folder: Path, *, honest: bool = True, dedup: bool | None = None) -> "Plan":
        """One by chance."""
        low = chance.uniform(1, 4)
        gap = {"min": low, "max": low + 2, "jitter": 0.5}
        quiet = {"start": "01:54", "end": "03:01", "zone": "Europe/Berlin"} if chance.random() < 0.3 else None
        hold = chance.random() < 0.3
        settings = {
            "sessionDir": str(folder),
            "pacing": {"send": gap, "reply": {"min": 0.5, "max": 1, "typing": False}, "quietHours": quiet},
            "queue": {"onUnknown": "hold" if hold else "resend", "retryDelays": [2000, 5000, 9000]},
            "connectionDefaults": {"engine": "world", "reconnectInterval": 5, "maxReconnectAttempts": 1000},
            "inbound": {"loopBreaker": {"short": 100, "long": 100, "sameText": 100}},
            "memoryReserve": 0,
            "diskReserve": 0,
            "backups": {"every": 0},
        }
        return cls(
            lives=chance.randint(1, 4),
            minutes=chance.uniform(3, 9),
            connections=tuple(f"shop{number}" for number in range(chance.randint(1, 3))),
            chats=tuple(f"4930123450{number:02}@c.us" for number in range(chance.randint(2, 8))),
            sends=chance.randint(10, 40),
            writes=chance.randint(5, 25),
            dedup=chance.random() < 0.8 if dedup is None else dedup,
            lossy=chance.random() < 0.4,
            hold=hold,
            honest=honest,
            settings=Settings.model_validate(settings),
        )


@dataclass(slots=True)
class Record:
    """What the outside knows of what it asked for."""

    accepted: dict[str, Delivery] = field(default_factory=dict)  #: by text
    doubtful: set[str] = field(default_factory=set)  #: the process died before it answered
    refused: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)  #: taken back, as it was answered
    planned: set[str] = field(default_factory=set)  #: with a time or an end of their own
    kills: int = 0
    pauses: list[tuple[str, float, float]] = field(default_factory=list)  #: of which connection, from, to
    facts: list[Fact] = field(default_factory=list)
    died: list[float] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)  #: seconds from a start to the first send
    settled: bool = False
    overlaps: int = 0


class Echo(Plugin):
    """Answers everybody."""

    @hook
    async def answer(self, message: Inbound) -> Outbound:
        """After a while."""
        bot: Any = self.bot
        await asyncio.sleep(bot.uniform(0, 2))
        return Outbound(to=message.chat, text=f"re {message.text}")


class Story:
    """One seed."""

    def __init__(self, seed: int, loop: VirtualLoop, template: Path, folder: Path, **wishes: Any) -> None:
        self.chance = Random(seed)
        self.plan = Plan.draw(self.chance, folder, **wishes)
        self.clock = VirtualClock(loop, BEGIN)
        self.world = World(self.clock, self.chance, dedup=self.plan.dedup, lossy=self.plan.lossy)
        self.record = Record()
        self._file = folder / "chatgrow.db"
        shutil.copyfile(template, self._file)
        self._epoch = 0
        self._engines: list[WorldEngine] = []
        self._written = 0
        self._sent = 0

    async def play(self, judge: Callable[["Story", Database], Any]) -> Any:
        """All of it; what the judge says in the end."""
        for _ in range(self.plan.lives - 1):
            await self._life(self._stormy)
            self.record.kills += 1
        verdict: list[Any] = []

        async def last(core: Core, disk: Disk, db: Database) -> None:
            await self._stormy(core, disk, db)
            await self._calm(core, disk, db)
            verdict.append(await judge(self, db))

        await self._life(last, dies=False)
        self.record.overlaps = sum(each.overlaps for engine in self._engines for each in engine.sessions)
        return verdict[0]

    async def _life(self, through: Callable[..., Any], *, dies: bool = True) -> None:
        """One process, from its start to its end: by a kill, unless it is the last."""
        disk = Disk(self._file, self.chance)
        if dies and self.chance.random() < 0.7:
            disk.kills_at = self.chance.randint(1, 400)
        living = asyncio.get_running_loop().create_task(self._run(disk, through), name="life")
        killed = asyncio.get_running_loop().create_task(disk.killed.wait(), name="death")
        await asyncio.wait((living, killed), return_when=asyncio.FIRST_COMPLETED)
        failure = living.exception() if living.done() and not living.cancelled() else None
        await self._kill(disk)
        if failure:
            raise failure
        self.record.died.append(self.world.now())
        await asyncio.sleep(self.chance.uniform(0, 30))

    async def _kill(self, disk: Disk) -> None:
        disk.dead = True
        self.world.killed()
        for _ in range(1000):
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if not others:
                return
            for task in others:
                task.cancel()
            await asyncio.sleep(0)
        raise RuntimeError(f"tasks that cannot be ended: {others}")

    async def _run(self, disk: Disk, through: Callable[..., Any]) -> None:
        self._epoch += 1
        plan = self.plan
        async with AsyncExitStack() as house:
            db = await house.enter_async_context(disk.opened())
            hooks = Hooks(clock=self.clock, report=self.record.facts.append)
            hooks.register([Instance(name="echo", plugin=Echo(self.chance), serves=lambda tenant: True)])  # type: ignore[arg-type]
            hooks.switch("echo", on=True)
            http: Any = None
            ground = Ground(
                settings=plan.settings,
                db=db,
                clock=self.clock,
                chance=self.chance,
                hooks=hooks,
                http=http,
                report=self.record.facts.append,
                epoch=self._epoch,
                key=_KEY,
                vault=Vault(_KEY),
            )
            engine = WorldEngine(self.world, honest=plan.honest)
            self._engines.append(engine)
            core = Core(ground, {"world": engine}, serves=lambda _: lambda _: True, is_read=lambda: True)
            await core.queue.load()
            await core.connections.load()
            await core.gate.load()
            await house.enter_async_context(core.upkeep.running())
            for part in ("inbox", "connections", "dispatcher"):
                await house.enter_async_context(background(getattr(core, part).run(), part))
            await house.enter_async_context(background(self._look(core), "health"))
            await self._know(core, disk)
            await through(core, disk, db)

    async def _know(self, core: Core, disk: Disk) -> None:
        for name in self.plan.connections:
            with suppress(ChatgrowError):  # it is there from an earlier life
                await core.connections.create(OWNER, name, name, "", {})

    async def _look(self, core: Core) -> None:
        while True:
            await asyncio.sleep(60)
            await core.health.look()

    async def _stormy(self, core: Core, disk: Disk, db: Database) -> None:
        """Bad weather, and everybody at work, for this life's part of the minutes."""
        disk.slow = self.chance.choice((0.0, 0.02, 0.3))
        until = self.world.now() + 60 * self.plan.minutes / self.plan.lives * self.chance.uniform(0.5, 1.5)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._changing_weather(disk, until), name="weather")
            group.create_task(self._sending(core, until), name="programs")
            group.create_task(self._writing(until), name="customers")
            group.create_task(self._steering(core, until), name="operators")

    def _bad(self, most: float) -> float:
        return self.chance.uniform(0, most) * (self.chance.random() < 0.5)

    async def _changing_weather(self, disk: Disk, until: float) -> None:
        while (now := self.world.now()) < until:
            self.world.weather = Weather(
                lost=self._bad(0.3),
                unsure=self._bad(0.3),
                failed=self._bad(0.2),
                refused=self._bad(0.03),
                hung=self._bad(0.1),
                page_dies=self._bad(0.1),
                ear_fails=self._bad(0.5),
                repeats=self._bad(0.5),
                late=self._bad(5),
                acks_lost=self._bad(0.5),
            )
            disk.full = self.chance.random() < 0.08
            if self.chance.random() < 0.05:
                self.clock.jump(self.chance.choice((-3600, -90, 30, 90)))
            await asyncio.sleep(min(self.chance.uniform(5, 60), until - now))
        self.world.weather, disk.full = Weather(), False

    async def _sending(self, core: Core, until: float) -> None:
        share = self.plan.sends / self.plan.lives
        for _ in range(max(1, round(share))):
            await asyncio.sleep(self.chance.expovariate(share / (60 * self.plan.minutes / self.plan.lives)))
            if self.world.now() >= until:
                return
            await self._send(core)

    async def _send(self, core: Core) -> None:
        self._sent += 1
        text = f"m{self._sent}"
        more: dict[str, Any] = {}
        if self.chance.random() < 0.1:
            more["ttl"] = timedelta(seconds=self.chance.uniform(60, 300))
        if self.chance.random() < 0.1:
            more["send_at"] = self.clock.now() + timedelta(seconds=self.chance.uniform(10, 200))
        if more:
            self.record.planned.add(text)
        if self.chance.random() < 0.2:
            more["priority"] = self.chance.choice(list(Priority))
            self.record.planned.add(text)
        message = Outbound(to=self.chance.choice(self.plan.chats), text=text, **more)
        connection = self.chance.choice(self.plan.connections)
        self.record.doubtful.add(text)
        try:
            delivery = await core.outbox.enqueue(OWNER.user_id, connection, message, source="program")
        except ChatgrowError:
            self.record.refused.add(text)
        else:
            self.record.accepted[text] = delivery
            if self.chance.random() < 0.05:
                with suppress(ChatgrowError):
                    await core.outbox.cancel(OWNER.user_id, delivery.id)
                    self.record.cancelled.add(text)
        self.record.doubtful.discard(text)

    async def _writing(self, until: float) -> None:
        share = self.plan.writes / self.plan.lives
        for _ in range(max(1, round(share))):
            await asyncio.sleep(self.chance.expovariate(share / (60 * self.plan.minutes / self.plan.lives)))
            if self.world.now() >= until:
                return
            self._written += 1
            self.world.write(
                self.chance.choice(self.plan.connections),
                self.chance.choice(self.plan.chats),
                f"q{self._written}",
            )

    async def _steering(self, core: Core, until: float) -> None:
        """An operator pauses a connection now and then."""
        await asyncio.sleep(self.chance.uniform(10, 120))
        while (now := self.world.now()) < until:
            name = self.chance.choice(self.plan.connections)
            with suppress(ChatgrowError):
                await core.connections.pause(OWNER.user_id, name, "by an operator")
                since = self.world.now()
                await asyncio.sleep(min(self.chance.uniform(5, 60), until - now))
                self.record.pauses.append((name, since, self.world.now()))
                await core.connections.resume(OWNER.user_id, name)
            await asyncio.sleep(self.chance.uniform(30, 200))

    async def _calm(self, core: Core, disk: Disk, db: Database) -> None:
        """Wait until nothing is under way."""
        disk.slow = 0.0
        for name in self.plan.connections:
            await core.connections.resume(OWNER.user_id, name)
        for _ in range(720):
            await asyncio.sleep(10)
            with suppress(StoreUnavailable):
                live = await db.read(lambda conn: stored_outbox.under_way(conn, None))
                self.record.settled = all(state == "quarantined" for state in live)
                if self.record.settled:
                    break
        await asyncio.sleep(700)  # the regular sweep, and acks on their way
