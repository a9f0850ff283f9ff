"""The way to the world: an engine whose sessions live in virtual time and fail as the weather has it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from chatgrow_bot.engine import Ack, Arrival, Inlet, Parcel, Session, SessionSpec, Snapshot
from chatgrow_bot.errors import EngineError, SendFailed, SendRefused, SendUnknown
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.testing import FakeSession

from .world import World

ME = "15559990000@c.us"


class WorldSession(FakeSession):
    """One open page."""

    def __init__(self, world: World, connection: str, inlet: Inlet, *, honest: bool) -> None:
        super().__init__(inlet, world.clock.true, ME)
        self._world = world
        self._connection = connection
        self._honest = honest  #: whether it says so when it does not know
        self._chats: set[str] = set()
        self.overlaps = 0  #: sends to a chat in which another was under way

    async def snapshot(self) -> Snapshot:
        """Online for as long as it lives."""
        if self.dead:
            raise EngineError("The page is gone")
        return Snapshot(state=ConnectionState.ONLINE, me=ME, listening=self.listening)

    async def send(self, parcel: Parcel) -> Ack:
        """Send, as far as the weather lets it."""
        world = self._world
        world.calls.append((world.now(), self._connection, parcel))
        self.overlaps += parcel.chat in self._chats
        self._chats.add(parcel.chat)
        try:
            return await self._send(parcel, world)
        finally:
            self._chats.discard(parcel.chat)

    async def _send(self, parcel: Parcel, world: World) -> Ack:
        now = world.weather
        await asyncio.sleep(world.chance.uniform(0.05, 0.5))
        if self.dead:
            raise SendFailed("The page was gone before it was asked")
        if world.happens(now.failed):
            raise SendFailed("WhatsApp is busy")
        if world.happens(now.refused):
            raise SendRefused("WhatsApp does not want it")
        world.pages[self._connection].own.setdefault(parcel.wa_id, (world.now(), parcel))
        if world.happens(now.page_dies):
            if world.happens(0.5):
                world.take(self._connection, parcel)
            self.dead = True
            self.inlet.changed()
            raise self._unclear("The page died")
        if world.happens(now.lost):
            world.pages[self._connection].own.pop(parcel.wa_id, None)
            raise self._unclear("no ack came")
        world.take(self._connection, parcel)
        if world.happens(now.hung):
            await asyncio.sleep(30)
            raise self._unclear("no ack came within 30 s")
        if world.happens(now.unsure):
            raise self._unclear("no ack came")
        await asyncio.sleep(world.chance.uniform(0.05, 0.5))
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=1)

    def _unclear(self, what: str) -> EngineError:
        return SendUnknown(what) if self._honest else SendFailed(what)

    async def find(self, chat: str, wa_id: str) -> Ack | None:
        """As far as the page knows."""
        if self.dead:
            raise EngineError("The page is gone")
        if wa_id not in self._world.pages[self._connection].own:
            return None
        return Ack(chat=chat, wa_id=wa_id, ack=self._world.acks.get(wa_id, 0))

    async def sweep(self, since: datetime) -> AsyncIterator[Arrival]:
        """What came while nobody looked."""
        for arrival in self._world.since(self._connection, since):
            await asyncio.sleep(0)
            if self.dead:
                raise EngineError("The page is gone")
            yield arrival

    async def progress(self, since: datetime) -> AsyncIterator[Ack]:
        """How far our messages have come."""
        for wa_id, (_, parcel) in list(self._world.pages[self._connection].own.items()):
            yield Ack(chat=parcel.chat, wa_id=wa_id, ack=self._world.acks.get(wa_id, 0))


class WorldEngine:
    """Opens pages."""

    def __init__(self, world: World, *, honest: bool) -> None:
        self._world = world
        self._honest = honest
        self.sessions: list[WorldSession] = []

    def login_files(self, folder: Path) -> Sequence[Path]:
        """None: nobody backs up a dream."""
        return ()

    @asynccontextmanager
    async def open(self, spec: SessionSpec, inlet: Inlet) -> AsyncIterator[Session]:
        """Open one."""
        await asyncio.sleep(self._world.chance.uniform(0.2, 2))
        session = WorldSession(self._world, spec.connection_id, inlet, honest=self._honest)
        self.sessions.append(session)
        self._world.open[spec.connection_id] = inlet
        try:
            yield session
        finally:
            session.dead = True
            if self._world.open.get(spec.connection_id) is inlet:
                del self._world.open[spec.connection_id]
