"""Lets everything leave, or nothing: the pause of the whole queue and the emergency stop. Both are on disk
before they are answered, with the fact that tells who did it, so that neither a crash nor a restart lets go
what a person has stopped. What is kept in memory only saves work: the store itself refuses to hand out or let
leave a message while a halt stands there, whichever process wrote it.
"""

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import Conflict
from ..hub import Backlog, Halt, Halting, QueueStatus, Workers
from ..store import backlog, halts
from ..store.backlog import Backlogs
from ..store.database import Database

#: The way to let go, for whoever reads the log of a hub that sends nothing.
_LET_GO = "nothing is sent until an admin lets it go: POST /api/queue/resume"

log = structlog.get_logger("chatgrow.queue")


class AlreadyStopped(Conflict):
    """Let it go first: POST /api/queue/resume."""


class Valve:
    """Implements hub.Queue."""

    def __init__(
        self, db: Database, clock: Clock, freed: Callable[[], None], workers: Callable[[], Workers]
    ) -> None:
        self._db = db
        self._clock = clock
        self._freed = freed  #: everything may be looked at again
        self._workers = workers  #: who sends now
        self._turning = asyncio.Lock()  #: whoever comes last decides, on disk and here alike
        self.halt: Halt | None = None  #: as it is on disk
        self.backlogs = Backlogs(db, clock)

    async def load(self) -> None:
        """Learn how the last process left it, and say so when it left it shut."""
        self.halt = await self._db.read(halts.get)
        if self.halt:
            log.warning("THE QUEUE STANDS STILL", because=halts.said(self.halt), then=_LET_GO)

    async def status(self, tenant: str | None = None) -> QueueStatus:
        """How it stands, for one tenant or for everybody. What waits was counted a moment ago."""
        waiting = await self.backlogs.counted(tenant)
        halt, backlogs = await self._db.read(
            lambda conn: (halts.get(conn), backlog.of(conn, tenant, waiting))
        )
        whole = Backlog.together(backlogs)
        return QueueStatus(
            halt=halt,
            by_state=whole.by_state,
            oldest_waiting=whole.oldest_waiting,
            backlogs=backlogs,
            workers=self._workers(),
        )

    async def pause(self, by: str, reason: str) -> None:
        """Nothing leaves until `resume`. Raises AlreadyStopped, for a pause is less than a stop."""
        if self.halt and self.halt.how is Halting.STOP:
            raise AlreadyStopped(f"{halts.said(self.halt).capitalize()}; it is not paused")
        await self._shut(Halting.PAUSE, by, reason)

    async def stop(self, by: str, reason: str) -> None:
        """Nothing leaves by any road and nobody is asked to answer until `resume`."""
        await self._shut(Halting.STOP, by, reason)

    async def _shut(self, how: Halting, by: str, reason: str) -> None:
        # Shut first: what is claimed while this is being written must not leave either. If it cannot be
        # written, it stays shut here, and whoever asked learns that a restart would let go.
        halt = self.halt = Halt(how=how, by=by, reason=reason, at=self._clock.now())
        async with self._turning:
            self.halt = halt  # a resume that was being written has opened it meanwhile
            await self._put(halt, halts.said(halt))

    async def resume(self, by: str) -> None:
        """Let everything go again; nothing happens if nothing stands still."""
        async with self._turning:
            known = self.halt
            halt = await self._db.read(halts.get) or known
            if halt is None:
                return
            try:
                await self._put(None, f"the whole queue was let go by {by}; before, {halts.said(halt)}")
            except asyncio.CancelledError:  # it may be on the disk all the same: a write that comes behind it
                if await self._db.write(halts.get) is None:
                    self._open(known)
                raise
            self._open(known)

    def _open(self, known: Halt | None) -> None:
        if self.halt is known:  # nobody shuts it again just now
            self.halt = None
            self._freed()

    async def _put(self, halt: Halt | None, said: str) -> None:
        at = self._clock.now()

        def work(conn: Connection) -> None:
            halts.put(conn, halt)
            halts.tell(conn, said, at)

        await self._db.write(work)
        log.warning("queue", said=said)
