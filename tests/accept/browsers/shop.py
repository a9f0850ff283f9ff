"""A hub in this process with the browser engine, a stand-in for WhatsApp, a shop and its customers. What is
sent from hub to engine is watched on its way, which is also where it can be broken on purpose."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import structlog
import yaml

from chatgrow_bot.app import Running, open_hub
from chatgrow_bot.config import load
from chatgrow_bot.engine import Ack, Arrival, Inlet, Parcel, SessionSpec
from chatgrow_bot.errors import ConnectionNotReady
from chatgrow_bot.host.loader import built_in_folder, load_plugin_module
from chatgrow_bot.hub import Identity, QrCode
from chatgrow_bot.messages import ConnectionState, Outbound, State
from chatgrow_bot.store import accounts

engine_web = load_plugin_module(built_in_folder() / "engine_web")
simulator = load_plugin_module(built_in_folder() / "simulator")

T = TypeVar("T")
NAME = "shop"

#: Nobody waits between messages, and what is unclear is looked up soon.
_SETTINGS: Mapping[str, Any] = {
    "server": {"port": 0},
    "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
    "connectionDefaults": {"engine": "web", "reconnectInterval": 1, "maxReconnectAttempts": 100},
    "queue": {"reconcileAfter": 1, "retryDelays": [500, 1000, 2000]},
    "plugins": {},
}


class Watched:
    """A session on whose ways one can stand."""

    def __init__(self, session: Any, engine: "WatchedEngine") -> None:
        self.session = session
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    async def send(self, parcel: Parcel) -> Ack:
        """Note it, and send."""
        self._engine.handed[parcel.wa_id] += 1
        self._engine.sending.set()
        return await self._engine.deliver(self.session, parcel)

    async def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """What the page has, each as often as there are to be copies."""
        async for arrival in self.session.sweep(since):
            for _ in range(self._engine.copies):
                self._engine.told[arrival.text] += 1
                yield arrival


class Hearing:
    """An inlet through which one hears what is handed in, and hands it in more often."""

    def __init__(self, inlet: Inlet, engine: "WatchedEngine") -> None:
        self._inlet = inlet
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inlet, name)

    async def arrived(self, arrival: Arrival) -> None:
        """Note it, and hand it in: all copies at once."""
        async with asyncio.TaskGroup() as copies:
            for _ in range(self._engine.copies):
                self._engine.told[arrival.text] += 1
                copies.create_task(self._inlet.arrived(arrival))


#: How a session, the first, sends a parcel.
Deliver = Callable[[Any, Parcel], Awaitable[Ack]]


async def honestly(session: Any, parcel: Parcel) -> Ack:
    """As it is."""
    sent: Ack = await session.send(parcel)
    return sent


class WatchedEngine:
    """The engine, watched; a check's control puts another `deliver` in."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.deliver: Deliver = honestly
        self.handed: Counter[str] = Counter()  #: how often each message was handed over, by its id
        self.copies = 1  #: of each message that comes in
        self.told: Counter[str] = Counter()  #: how often each message that came in was handed in, by its text
        self.sending = asyncio.Event()
        self.open_now: Any = None  #: the session that is open

    def login_files(self, folder: Path) -> Any:
        """As it is."""
        return self._engine.login_files(folder)

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Watched]:
        """Open, watched."""
        async with self._engine.open(spec, Hearing(inlet, self)) as session:
            self.open_now = session
            try:
                yield Watched(session, self)
            finally:
                self.open_now = None


@dataclass(kw_only=True)
class Shop:
    """The shop; its hub is the check's to start, and to start again."""

    folder: Path
    sim: Any
    phone: Any
    engine: WatchedEngine
    settings: Mapping[str, Any]
    plugins: Mapping[str, Any] = field(default_factory=dict)
    people: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    running: Running = field(init=False)
    admin: Identity = field(init=False)

    @property
    def profile(self) -> Path:
        """The browser's folder."""
        return self.folder / "sessions" / "profiles" / NAME / "profile"

    def customer(self) -> Any:
        """Somebody new."""
        return self.sim.customer(f"+97254111{next(self.people):04d}", name="Dana")

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[Running]:
        """The hub, for the time of the block, on the same folder each time."""
        file = self.folder / "config" / "chatgrow.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump({**_SETTINGS, **self.settings}))
        async with open_hub(load(file, {}), engines={"web": self.engine}) as self.running:
            self.admin = (await self.running.ground.db.read(accounts.every))[0]
            yield self.running

    async def link(self) -> None:
        """Make the connection and scan its code."""
        connections = self.running.hub.connections
        await connections.create(self.admin, NAME, "Shop", "", {})
        await self.until_state(ConnectionState.QR)
        code = await until(lambda: _code(connections.qr(self.admin.user_id, NAME)), bool)
        await self.phone.scan(code)
        await self.until_state(ConnectionState.ONLINE)

    async def settle_login(self) -> None:
        """Close the browser in order and open it again: a true Chromium forgets a login that is killed so
        young."""
        await self.opens_again(lambda: self.running.hub.connections.reconnect(self.admin.user_id, NAME))

    async def state(self) -> ConnectionState:
        """The connection's, now."""
        return (await self.running.hub.connections.get(self.admin.user_id, NAME)).state

    async def until_state(self, *states: ConnectionState, seconds: float = 60.0) -> None:
        """Wait until the connection is in one of these."""
        await until(self.state, lambda state: state in states, seconds)

    async def opens_again(self, after: Callable[[], Awaitable[None]]) -> float:
        """Do something that ends the session, and wait until another one is online; seconds that it took."""
        before, began = self.engine.open_now, time.monotonic()
        await after()

        async def is_back() -> bool:
            is_another = self.engine.open_now not in (None, before)
            return is_another and await self.state() is ConnectionState.ONLINE

        await until(is_back, bool)
        return time.monotonic() - began

    async def enqueue(self, to: Any, text: str) -> str:
        """Accept a message for a customer; its id."""
        message = Outbound(to=f"+{to.number}", text=text)
        outbox = self.running.hub.outbox
        return (await outbox.enqueue(self.admin.user_id, NAME, message, source="accept")).id

    async def states(self, ids: list[str]) -> list[State]:
        """Of messages, in that order."""
        outbox, tenant = self.running.hub.outbox, self.admin.user_id
        return [(await outbox.get(tenant, each)).state for each in ids]

    async def settled(self, ids: list[str], seconds: float = 120.0) -> list[State]:
        """The same, once nothing more happens to any, or the time is over."""
        try:
            return await until(lambda: self.states(ids), lambda now: not set(now) & _UNDER_WAY, seconds)
        except TimeoutError:
            return await self.states(ids)


_UNDER_WAY = {State.QUEUED, State.CLAIMED, State.SENDING, State.RETRY, State.UNKNOWN}


@asynccontextmanager
async def shop(
    folder: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    switches: Mapping[str, Any] | None = None,
    **browser: Any,
) -> AsyncIterator[Shop]:
    """The stage: WhatsApp with the shop's phone, and an engine; `browser` is what the engine is told."""
    made = simulator.Switches(**(switches or {}))
    async with simulator.Simulator(folder / "whatsapp", switches=made) as sim:
        config = engine_web.EngineWeb.Config(simulator=f"127.0.0.1:{sim.port}", **browser)
        given = SimpleNamespace(name="engine_web", config=config, log=structlog.get_logger())
        plugin = engine_web.EngineWeb(given)
        async with plugin.lifespan():
            watched = WatchedEngine(plugin.register_engines()["web"]())
            phone = sim.phone("+972501234567", name="Shop")
            yield Shop(folder=folder, sim=sim, phone=phone, engine=watched, settings=settings or {})


async def until(look: Callable[[], Awaitable[T]], good: Callable[[T], object], seconds: float = 60.0) -> T:
    """Look again and again until it is good. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not good(found := await look()):  # noqa: ASYNC110 (a hub tells only whom it knows)
            await asyncio.sleep(0.05)
        return found


async def _code(asked: Awaitable[QrCode]) -> str:
    try:
        return (await asked).code
    except ConnectionNotReady:
        return ""
