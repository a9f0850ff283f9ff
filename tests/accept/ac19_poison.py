"""AC-19: messages that cannot be sent without harm, among many good ones.

Three kinds of poison. `unclear`: every try ends without an answer, and the page never knows the message.
`deadly`: the hub dies while it is being sent. `stuck`: the hub dies while a filter looks at it. A death
leaves the rows as a kill does, and another hub opens the same folder. WhatsApp outlives them all.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.errors import SendUnknown
from chatgrow_bot.messages import Delivery, Outbound, State
from chatgrow_bot.outbox import reconcile
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import journal
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.testing import FakeSession, TalkingBot

from .checks import Check, Done, Figure, Size, Verdict

#: Tries that a poison message gets, at most.
TRIES = 3
CONNECTIONS = tuple(f"shop{number}" for number in range(5))
SETTINGS = {"queue": {"retryDelays": [0, 0, 0], "reconcileAfter": 0, "drain": 0}}
#: How long it may take until nothing is under way any more.
PATIENCE = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many messages of each kind."""

    good: int
    unclear: int
    deadly: int
    stuck: int
    chats: int

    def texts(self, chance: Random) -> Sequence[str]:
        """What they say, in an order by chance."""
        kinds = {"good": self.good, "unclear": self.unclear, "deadly": self.deadly, "stuck": self.stuck}
        texts = [f"{kind} {number}" for kind, many in kinds.items() for number in range(many)]
        chance.shuffle(texts)
        return texts


@dataclass(slots=True)
class World:
    """What outlives a hub: what WhatsApp has, how often poison was tried, and whether a hub is dying."""

    has: dict[str, str] = field(default_factory=dict)  #: texts by WhatsApp's id
    tries: Counter[str] = field(default_factory=Counter)  #: by text, of poison alone
    dying: asyncio.Event = field(default_factory=asyncio.Event)
    deaths: int = 0

    def reached_by(self, session: FakeSession) -> None:
        """What a session sends comes here, and what it looks up is looked up here."""
        session.send = partial(self.send, session.send)  # type: ignore[method-assign]
        session.find = self.find  # type: ignore[method-assign]

    async def send(self, sends: Callable[[Parcel], Awaitable[Ack]], parcel: Parcel) -> Ack:
        """A message is being sent, and comes to an end or to none."""
        if parcel.text.startswith("deadly"):
            await self.kills(parcel.text)
        if parcel.text.startswith("unclear"):
            self.tries[parcel.text] += 1
            raise SendUnknown("no answer")
        ack = await sends(parcel)
        self.has[parcel.wa_id] = parcel.text
        return ack

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """What WhatsApp has, whichever hub sent it."""
        return Ack(chat=chat, wa_id=wa_id, ack=1) if wa_id in self.has else None

    async def kills(self, text: str) -> None:
        """The hub dies of this message."""
        self.tries[text] += 1
        self.dying.set()
        await asyncio.Event().wait()


def guard(world: World) -> type[Plugin]:
    """A filter that does not survive some messages."""

    class Guard(Plugin):
        @hook
        async def filter_outbound(self, message: Outbound, delivery: Delivery) -> None:
            if message.text.startswith("stuck"):
                await world.kills(message.text)

    return Guard


@dataclass(slots=True)
class Run:
    """One run of it."""

    world: World = field(default_factory=World)
    messages: dict[str, Delivery] = field(default_factory=dict)  #: by text
    states: dict[str, State] = field(default_factory=dict)  #: by text, at the end
    alerted: Collection[str] = ()  #: what was said in alerts

    async def play(self, amount: Amount, folder: Path) -> None:
        """Send all, with as many hubs as it takes, until nothing is under way or a poison was tried too
        often."""
        bot = TalkingBot(folder)
        bot.engine.on_open = self.world.reached_by
        plugin = guard(self.world)
        await bot.start(plugin, settings=SETTINGS)
        try:
            for name in CONNECTIONS:
                await bot.connect(name)
            await self._enqueue(bot, amount)
            async with asyncio.timeout(PATIENCE):
                while not await self._ended(bot):
                    await bot.stop()
                    self.world.deaths += 1
                    self.world.dying.clear()
                    await bot.start(plugin, settings=SETTINGS)
            await self._look(bot)
        finally:
            await bot.stop()

    async def _enqueue(self, bot: TalkingBot, amount: Amount) -> None:
        outbox, queue, chance = bot.running.hub.outbox, bot.running.hub.queue, Random(19)
        await queue.pause("the check", "until all is there")

        async def one(text: str) -> None:
            number, name = chance.randrange(amount.chats), chance.choice(CONNECTIONS)
            message = Outbound(to=f"1555{1_000_000 + number}@c.us", text=text)
            self.messages[text] = await outbox.enqueue(bot.admin.user_id, name, message, source="check")

        async with asyncio.TaskGroup() as tasks:
            for text in amount.texts(chance):
                tasks.create_task(one(text))
        await queue.resume("the check")

    async def _ended(self, bot: TalkingBot) -> bool:
        """Wait until a hub dies, which is no end, or until there is nothing more to do."""
        watch = asyncio.create_task(self._nothing_under_way(bot))
        death = asyncio.create_task(self.world.dying.wait())
        await asyncio.wait({watch, death}, return_when=asyncio.FIRST_COMPLETED)
        ended = watch.done()
        for task in (watch, death):
            task.cancel()
        await asyncio.gather(watch, death, return_exceptions=True)
        return ended

    async def _nothing_under_way(self, bot: TalkingBot) -> None:
        await bot.until(
            lambda conn: stored.under_way(conn, None),
            lambda states: states.keys() <= {State.QUARANTINED} or self._too_often(),
            seconds=PATIENCE,
        )

    def _too_often(self) -> bool:
        return any(tries > TRIES for tries in self.world.tries.values())

    async def _look(self, bot: TalkingBot) -> None:
        outbox, tenant = bot.running.hub.outbox, bot.admin.user_id
        for text, delivery in self.messages.items():
            self.states[text] = (await outbox.get(tenant, delivery.id)).state
        entries = await bot.read(lambda conn: journal.read_after(conn, 0, 1_000_000))
        self.alerted = [entry.body["reason"] for entry in entries if entry.hook == "on_fault"]

    def broken(self) -> Iterator[str]:
        """What was promised and did not hold."""
        arrived = Counter(self.world.has.values())
        for text, delivery in self.messages.items():
            state = self.states[text]
            if text.startswith("good"):
                if state is not State.SENT or arrived[text] != 1:
                    yield f"'{text}' is {state} and arrived {arrived[text]} times"
                continue
            alerts = sum(delivery.id in said for said in self.alerted)
            tries = self.world.tries[text]
            if tries > TRIES:
                yield f"'{text}' was tried {tries} times"
            if state is not State.QUARANTINED or alerts != 1:
                yield f"'{text}' is {state}, with {alerts} alerts"


async def run(size: Size) -> Verdict:
    """Try it."""
    amounts = {
        Size.FULL: Amount(good=9_900, unclear=90, deadly=6, stuck=4, chats=500),
        Size.SLICE: Amount(good=120, unclear=4, deadly=1, stuck=1, chats=20),
    }
    amount = amounts[size]
    whole = Run()
    with tempfile.TemporaryDirectory() as folder:
        await whole.play(amount, Path(folder))
    arrived = Counter(text for text in whole.world.has.values() if text.startswith("good"))
    figures: dict[str, Figure] = {
        "delivered": len(arrived),
        "lost": amount.good - len(arrived),
        "doubled": arrived.total() - len(arrived),
        "held": sum(state is State.QUARANTINED for state in whole.states.values()),
        "tries at most": max(whole.world.tries.values()),
        "kills": whole.world.deaths,
    }
    poison = len(whole.messages) - amount.good
    done = Done(what=f"{poison} poison among {len(whole.messages):,} messages", figures=figures)
    return Verdict(done=(done,), broken=tuple(list(whole.broken())[:10]), control=await _control())


async def _control() -> str:
    """A hub that never has enough of a message."""
    patient = Run()
    with tempfile.TemporaryDirectory() as folder, _recoveries(1_000):
        await patient.play(Amount(good=5, unclear=1, deadly=0, stuck=0, chats=2), Path(folder))
    return next((each for each in patient.broken() if "was tried" in each), "")


@contextmanager
def _recoveries(many: int) -> Iterator[None]:
    known = reconcile.RECOVERIES
    reconcile.RECOVERIES = many
    try:
        yield
    finally:
        reconcile.RECOVERIES = known


CHECK = Check(
    name="AC-19",
    promise="100 poison messages among 10,000: 9,900 delivered, each poison held after three tries at most",
    kept_in="chatgrow_bot/store/recovery.py and outbox/reconcile.py",
    run=run,
)
