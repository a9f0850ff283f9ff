"""The engine with a real Chromium and the genuine wa-js, on the simulator's page and phones."""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
import structlog

from chatgrow_bot.engine import Ack, Arrival, Session, SessionSpec, Snapshot
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.messages import ConnectionState

PLUGINS = built_in_folder()


engine_web = load_plugin_module(PLUGINS / "engine_web")
simulator = load_plugin_module(PLUGINS / "simulator")


def part(name: str) -> ModuleType:
    """A module of the engine: `part("snapshot")`."""
    return sys.modules[f"chatgrow_plugins.engine_web.{name}"]


class RecordingInlet:
    """Keeps what a session hands in, and lets a test wait for it."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.acks: list[Ack] = []
        self.troubles: list[str] = []
        self.changes = 0
        self._news = asyncio.Event()

    async def arrived(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)
        self._news.set()

    async def acked(self, ack: Ack) -> None:
        self.acks.append(ack)
        self._news.set()

    def changed(self) -> None:
        self.changes += 1
        self._news.set()

    def troubled(self, reason: str) -> None:
        self.troubles.append(reason)
        self._news.set()

    async def until(self, wanted: Callable[[], bool], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not wanted():
                self._news.clear()
                await self._news.wait()


async def reach(
    session: Session, state: ConnectionState, inlet: RecordingInlet, seconds: float = 20
) -> Snapshot:
    """The first snapshot in this state (`qr`: with a code); looks at each event and each 0.1 s."""
    async with asyncio.timeout(seconds):
        while True:
            snapshot = await session.snapshot()
            if snapshot.state is state and (snapshot.qr or state is not ConnectionState.QR):
                return snapshot
            seen = inlet.changes
            try:
                await inlet.until(lambda seen=seen: inlet.changes > seen, seconds=0.1)  # type: ignore[misc]
            except TimeoutError:
                continue


@dataclass
class World:
    """A WhatsApp with a shop's phone, and an engine to link the shop with."""

    sim: Any
    engine: Any
    folder: Path
    shop: Any
    inlet: RecordingInlet = field(default_factory=RecordingInlet)
    people: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def open(self, name: str = "shop") -> AbstractAsyncContextManager[Any]:
        spec = SessionSpec(connection_id=name, folder=self.folder / name)
        opening: AbstractAsyncContextManager[Any] = self.engine.open(spec, self.inlet)
        return opening

    async def link(self, session: Session) -> None:
        await self.shop.scan((await reach(session, ConnectionState.QR, self.inlet)).qr)
        await reach(session, ConnectionState.ONLINE, self.inlet)

    @property
    def sim_folder(self) -> Path:
        """Where the simulator keeps what it has."""
        return self.folder.parent / "whatsapp"

    def customer(self, name: str = "Dana") -> Any:
        """Somebody nobody has written with yet."""
        return self.sim.customer(f"+97254111{next(self.people):04d}", name=name)


def chat_of(customer: Any) -> str:
    return f"{customer.number}@c.us"


def linked_id_of(customer: Any) -> str:
    person = sys.modules["chatgrow_plugins.simulator.nouns"].Person
    lid: str = person(number=customer.number, name="", online=True).lid
    return lid


def plugin_for(port: int, **settings: Any) -> Any:
    config = engine_web.EngineWeb.Config(simulator=f"127.0.0.1:{port}", **settings)
    return engine_web.EngineWeb(SimpleNamespace(name="engine_web", config=config, log=structlog.get_logger()))


def browser_page(session: Any) -> Any:
    """The page under a session, to break it."""
    return session._page._page


def impatient(session: Any) -> None:
    """From now on this session waits a second for its page; before, a busy machine needs its time."""
    session._page._answer_seconds = 1


@asynccontextmanager
async def new_world(
    folder: Path, *, switches: Mapping[str, Any] = MappingProxyType({}), **settings: Any
) -> AsyncIterator[World]:
    """A simulator with these switches, and an engine for it with these settings."""
    async with simulator.Simulator(folder / "whatsapp", switches=simulator.Switches(**switches)) as sim:
        plugin = plugin_for(sim.port, **{"ack_seconds": 5, "media_ack_seconds": 30} | settings)
        async with plugin.lifespan():
            engine = plugin.register_engines()["web"]()
            shop = sim.phone("+972501234567", name="Shop")
            yield World(sim=sim, engine=engine, folder=folder / "sessions", shop=shop)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with new_world(tmp_path) as made:
        yield made


@dataclass
class Chat:
    """An open, linked session and a customer of this test's own."""

    session: Any
    customer: Any
    world: World

    @property
    def until(self) -> Any:
        return self.world.inlet.until

    def heard(self) -> list[Arrival]:
        """What was handed in of this customer's chat and not from us."""
        arrivals = self.world.inlet.arrivals
        return [each for each in arrivals if each.chat == chat_of(self.customer) and not each.from_me]

    def acks(self, wa_id: str) -> list[int]:
        """The acks of one message, as handed in."""
        return [ack.ack for ack in self.world.inlet.acks if ack.wa_id == wa_id]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Any]]:
    """One session for a whole module of tests: a browser takes seconds to start."""
    async with new_world(tmp_path_factory.mktemp("world")) as world, world.open() as session:
        await world.link(session)
        yield world, session


@pytest.fixture
def chat(linked: tuple[World, Any]) -> Chat:
    world, session = linked
    return Chat(session=session, customer=world.customer(), world=world)
