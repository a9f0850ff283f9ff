"""Lets everything leave, or nothing: the pause of the whole queue and the emergency stop. Both are on disk
before they are answered, so that neither a crash nor a restart lets go what a person has stopped."""

from collections.abc import Callable

from sqlalchemy import Connection

from ..clock import Clock
from ..hub import Halt, Halting, QueueStatus
from ..store import halts
from ..store import outbox as store
from ..store.database import Database


class Valve:
    """Implements hub.Queue."""

    def __init__(self, db: Database, clock: Clock, freed: Callable[[], None]) -> None:
        self._db = db
        self._clock = clock
        self._freed = freed  #: everything may be looked at again
        self.halt: Halt | None = None  #: as it is on disk

    async def load(self) -> None:
        """Learn how the last process left it."""
        self.halt = await self._db.read(halts.get)

    async def status(self, tenant: str | None = None) -> QueueStatus:
        """How it stands, for one tenant or for everybody."""

        def look(conn: Connection) -> QueueStatus:
            return QueueStatus(
                halt=halts.get(conn),
                by_state=store.under_way(conn, tenant),
                oldest_waiting=store.oldest_waiting(conn, tenant),
            )

        return await self._db.read(look)

    async def pause(self, by: str, reason: str) -> None:
        """Nothing leaves until `resume`."""
        await self._shut(Halting.PAUSE, by, reason)

    async def stop(self, by: str, reason: str) -> None:
        """Nothing leaves by any road and nobody is asked to answer until `resume`."""
        await self._shut(Halting.STOP, by, reason)

    async def _shut(self, how: Halting, by: str, reason: str) -> None:
        # Shut first: what is claimed while this is being written must not leave either.
        halt = self.halt = Halt(how=how, by=by, reason=reason, at=self._clock.now())
        await self._db.write(lambda conn: halts.put(conn, halt))

    async def resume(self, by: str) -> None:
        """Let everything go again."""
        await self._db.write(lambda conn: halts.put(conn, None))
        self.halt = None
        self._freed()
