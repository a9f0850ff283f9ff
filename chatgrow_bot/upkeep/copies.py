"""Regular copies of the database: made while the hub runs, opened and looked at, the oldest let go."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from ..clock import Clock
from ..config.models import Backups, Settings
from ..messages import Fact, Fault
from ..store import backup, engines

#: A hub without a copy makes its first one after so long, for one that restarts every day needs one too.
_FIRST = timedelta(hours=1)
#: Seconds until a copy that failed is tried again.
_AGAIN = 3600.0

log = structlog.get_logger("chatgrow.upkeep")


def copies_kept(settings: Settings) -> timedelta:
    """How old the oldest regular copy of the database becomes; nothing where none are made."""
    is_file = engines.sqlite_file(engines.parse(settings.database_url))
    return timedelta(seconds=settings.backups.every * settings.backups.keep) if is_file else timedelta()


class Copies:
    """The copies of one database file."""

    def __init__(
        self, *, file: Path, folder: Path, settings: Backups, clock: Clock, report: Callable[[Fact], None]
    ) -> None:
        self._file = file
        self._folder = folder
        self._every = timedelta(seconds=settings.every)
        self._keep = settings.keep
        self._clock = clock
        self._report = report

    async def run(self) -> None:
        """Make each copy when it is due, until cancelled."""
        began = self._clock.now()
        while self._every:
            last = await asyncio.to_thread(backup.regular, self._folder)
            made = backup.made_at(last[-1]) if last else None
            due = made + self._every if made else began + min(self._every, _FIRST)
            await self._clock.sleep((due - self._clock.now()).total_seconds())
            if self._clock.now() >= due and not await self._make():
                await self._clock.sleep(_AGAIN)

    async def _make(self) -> bool:
        stop = threading.Event()
        target = backup.next_regular(self._folder, self._clock.now())
        try:
            made = await asyncio.to_thread(backup.make, self._file, target, stop)
            await asyncio.to_thread(backup.prune, self._folder, self._keep)
        except asyncio.CancelledError:
            stop.set()  # the thread lets go soon, and the end of the process waits for it
            raise
        except Exception as error:
            log.exception("no copy of the database was made")
            reason = f"no copy of the database could be made: {error}"
            self._report(Fault(where="backup", reason=reason, at=self._clock.now()))
            return False
        log.info("database copied", file=str(made.file), rows=sum(made.rows.values()))
        return True
