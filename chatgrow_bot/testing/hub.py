"""A real hub for tests: all of it is true but the way to WhatsApp, and nobody waits between messages."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml
from sqlalchemy import Connection, or_, select

from ..app import Running, open_hub
from ..clock import Clock, SystemClock
from ..config.load import load
from ..hooks import Limits
from ..host.loader import Catalogue
from ..hub import ConnectionView, Identity
from ..messages import HOLDS_CHAT, WAITING, ConnectionState, Lane
from ..plugin import Plugin
from ..store import accounts, inbox
from ..store.tables import outbox
from .clock import FakeClock
from .engine import FakeEngine, FakeSession
from .template import migrated

T = TypeVar("T")

#: No waiting between messages, the engine of this package, a port of its own.
_SETTINGS: Mapping[str, Any] = {
    "server": {"port": 0},
    "diskReserve": 0,
    "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
    "connectionDefaults": {"engine": "fake"},
    "queue": {"reconcileAfter": 0},
    "memoryReserve": 0,
}


class _Given(Catalogue):
    """Plugins handed in as classes, before those found in folders."""

    def __init__(self, given: Mapping[str, type[Plugin]], folders: Iterable[Path]) -> None:
        super().__init__(folders)
        self._given = given

    def find(self, name: str) -> type[Plugin]:
        """The class of this name."""
        return self._given.get(name) or super().find(name)


class TalkingBot:
    """A hub one can talk to, living in a folder of its own. `start` it with the plugins to be tried; by name
    they are found in `plugin_folders` and among our own."""

    def __init__(self, folder: Path, clock: Clock | None = None, plugin_folders: Sequence[Path] = ()) -> None:
        self.folder = folder
        self.plugin_folders = plugin_folders
        self.clock = clock or SystemClock()
        self.engine = FakeEngine(self.clock.now)
        self.patience = Limits()  #: how long a plugin may take
        self.admin: Identity
        self._running: Running | None = None
        self._house = AsyncExitStack()
        self._committed = asyncio.Event()

    async def start(
        self,
        *plugins: type[Plugin] | str,
        settings: Mapping[str, Any] | None = None,
        **config: Mapping[str, Any],
    ) -> Running:
        """Start with these plugins, in this order: classes, or names that are found in folders.

        `config` gives each its keys, by that name or by its class's in small letters; `settings` is laid over
        the rest of chatgrow.yaml.
        """
        names = {each if isinstance(each, str) else each.__name__.lower(): each for each in plugins}
        listed = {name: config.get(name, {}) for name in names}
        file = self.folder / "config" / "chatgrow.yaml"
        file.parent.mkdir(exist_ok=True)
        found = {"pluginFolders": [str(each) for each in self.plugin_folders]}
        written = {**_SETTINGS, **found, **(settings or {}), "plugins": listed}
        file.write_text(yaml.safe_dump(written, sort_keys=False))
        loaded = load(file, {})
        if not loaded.settings.database.url:
            await migrated(loaded.settings.session_dir / "chatgrow.db")
        given = {name: each for name, each in names.items() if not isinstance(each, str)}
        self._running = await self._house.enter_async_context(
            open_hub(
                loaded,
                clock=self.clock,
                chance=Random(1),  # noqa: S311 (the same gaps at every run)
                engines={"fake": self.engine},
                catalogue=_Given(given, loaded.settings.plugin_folders),
                patience=self.patience,
            )
        )
        self._running.ground.db.on_commit(self._committed.set)
        self.admin = (await self.read(accounts.every))[0]
        return self._running

    async def stop(self) -> None:
        """Stop as a process stops; `start` again goes on with the same folder."""
        await self._house.aclose()
        self._running = None

    @property
    def running(self) -> Running:
        """The hub."""
        if self._running is None:
            raise RuntimeError("start the bot first: await bot.start(YourPlugin)")
        return self._running

    async def connect(self, connection_id: str = "shop", **settings: Any) -> FakeSession:
        """Make a connection, and wait until it is online; its session."""
        connections = self.running.hub.connections
        await connections.create(self.admin, connection_id, "Shop", "", settings)
        return await self.online(connection_id)

    async def online(self, connection_id: str = "shop") -> FakeSession:
        """Wait until a connection is online; its session."""

        await self.reaches(connection_id, ConnectionState.ONLINE)
        return self.engine.opened[connection_id]

    async def reaches(self, connection_id: str, state: ConnectionState) -> ConnectionView:
        """Wait until a connection is in a state; how it is then."""
        connections, tenant = self.running.hub.connections, self.admin.user_id
        return await self._until(
            lambda: connections.get(tenant, connection_id), lambda view: view.state is state
        )

    async def say(self, text: str, sender: str = "15551230001@c.us") -> list[str]:
        """Write as a customer; what was answered once everything came to rest."""
        if "shop" not in self.engine.opened:
            names = {
                view.connection_id for view in await self.running.hub.connections.list(self.admin.user_id)
            }
            await (self.online() if "shop" in names else self.connect())
        session = self.engine.opened["shop"]
        before = len(session.sent)
        await session.hears(text, sender)
        await self.rest()
        return [parcel.text for parcel in session.sent[before:] if parcel.chat == sender]

    async def rest(self) -> None:
        """Wait until no message is on its way in, and no answer on its way out. One that is to leave later is
        waited for as well; not by a FakeClock, whose hands nobody turns meanwhile."""

        def busy(conn: Connection) -> bool:
            until = self.clock.now() if isinstance(self.clock, FakeClock) else None
            return bool(inbox.pending(conn)) or _is_answer_under_way(conn, until=until)

        await self.until(busy, lambda is_busy: not is_busy)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Look into the database."""
        return await self.running.ground.db.read(work)

    async def until(
        self, work: Callable[[Connection], T], good: Callable[[T], object] = bool, seconds: float = 10.0
    ) -> T:
        """Look into the database after every commit until what is found is good. Raises TimeoutError."""
        return await self._until(lambda: self.read(work), good, seconds)

    async def _until(
        self, look: Callable[[], Awaitable[T]], good: Callable[[T], object], seconds: float = 10.0
    ) -> T:
        async with asyncio.timeout(seconds):
            while True:
                self._committed.clear()
                found = await look()
                if good(found):
                    return found
                await self._committed.wait()


def _is_answer_under_way(conn: Connection, *, until: datetime | None) -> bool:
    """Whether a reply waits or is being sent; without those planned for after then."""
    live = select(outbox.c.id).where(outbox.c.lane == Lane.REPLY, outbox.c.state.in_((*WAITING, *HOLDS_CHAT)))
    if until is not None:
        live = live.where(or_(outbox.c.due <= until, outbox.c.reason != ""))
    return conn.execute(live.limit(1)).first() is not None
