"""The keepers of all connections of this process: one task each, so that none waits for another; weighed
together, opened anew one at a time."""

import asyncio
from collections.abc import Callable, Iterable
from contextvars import Context
from pathlib import Path
from random import Random
from statistics import mean

import structlog

from ..clock import Clock
from ..config.connection import ConnectionSettings
from ..engine import Engine
from ..errors import ChatgrowError
from ..hub import ConnectionView
from .keeper import Keeper
from .listener import Listener
from .room import Room
from .world import World

#: Seconds after a fault of a keeper's own until it goes on.
_AFTER_A_FAULT = 5.0
#: Sessions weighed at once: each looks at every process of the machine.
_WEIGHED = 4

log = structlog.get_logger("chatgrow.connections")


class Fleet:
    """Keeps them."""

    def __init__(
        self,
        *,
        clock: Clock,
        chance: Random,
        folder: Path,
        most: int,
        reserve: int,
        listener: Listener,
        engine: Callable[[str], Engine],
        settings: Callable[[str], ConnectionSettings],
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._engine = engine
        self._settings = settings
        self.keepers: dict[str, Keeper] = {}
        self.room = Room(clock=clock, most=most, reserve=reserve, mean=self._mean)
        self._world = World(listener=listener, clock=clock, chance=chance, room=self.room)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self, views: Iterable[ConnectionView]) -> None:
        """Keep these, and those that are started later, until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for view in views:
                self.start(view)
            await asyncio.Event().wait()

    def folder(self, connection_id: str) -> Path:
        """A connection's own folder: its login."""
        return self._folder / connection_id

    def start(self, view: ConnectionView) -> None:
        """Keep one more."""
        if self._group is None:
            raise ChatgrowError("The connections are not running")
        connection_id = view.connection_id
        keeper = self.keepers[connection_id] = Keeper(
            view=view,
            folder=self.folder(connection_id),
            engine=lambda: self._engine(self._settings(connection_id).engine),
            patience=lambda: self._settings(connection_id),
            world=self._world,
        )
        name = f"keeper:{connection_id}"
        # A context of its own: it outlives the request that made it, and its lines are none of that one's.
        self._tasks[connection_id] = self._group.create_task(self._keep(keeper), name=name, context=Context())

    async def _keep(self, keeper: Keeper) -> None:
        """A fault of one must not end the others, who are in the same group."""
        while True:
            try:
                await keeper.run()
            except Exception:
                log.exception("a keeper failed and goes on", connection=keeper.connection_id)
                await self._clock.sleep(_AFTER_A_FAULT)

    async def stop(self, connection_id: str) -> None:
        """Close its session and keep it no more; it is known until `forget`."""
        task = self._tasks[connection_id]
        task.cancel()
        await asyncio.wait([task])

    def forget(self, connection_id: str) -> None:
        """There is no such connection any more."""
        for each in (self._tasks, self.keepers):
            each.pop(connection_id, None)

    async def weigh(self) -> None:
        """Ask every session what it takes; the one that has worn itself out most is opened anew between two
        messages, one at a time."""
        turn = asyncio.Semaphore(_WEIGHED)

        async def one(keeper: Keeper) -> None:
            async with turn:
                await keeper.weigh()

        async with asyncio.TaskGroup() as group:
            for keeper in self.keepers.values():
                group.create_task(one(keeper))
        self._renew_one()

    def _renew_one(self) -> None:
        if any(keeper.leaving for keeper in self.keepers.values()):
            return
        now = self._clock.monotonic()
        for keeper in self.keepers.values():
            if keeper.ready() and (why := keeper.ledger.worn(self._settings(keeper.connection_id), now)):
                keeper.renew(why)
                return

    def _mean(self) -> int | None:
        weighed = [keeper.ledger.takes.memory for keeper in self.keepers.values() if keeper.ledger.takes]
        return round(mean(weighed)) if weighed else None
