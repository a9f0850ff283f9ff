"""The part itself: what the rest asks of it, and what it does for the time that the hub runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

from ..background import background
from ..clock import Clock
from ..config.models import Settings
from ..messages import Fact
from ..store import damage, engines
from ..store.database import Database
from .ballast import Ballast
from .copies import Copies
from .retention import Files, Retention
from .watch import Watch


class Upkeep:
    """Looks after what is stored."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        settings: Settings,
        report: Callable[[Fact], None],
        recovered: Callable[[], None],
    ) -> None:
        file = engines.sqlite_file(engines.parse(settings.database_url))
        self._watch = Watch(
            db=db,
            clock=clock,
            ballast=Ballast(file.parent if file else settings.session_dir, settings.disk_reserve),
            mark=lambda detail: damage.mark(file, detail) if file else None,
            report=report,
            recovered=recovered,
        )
        kept = timedelta(seconds=settings.queue.retention)
        dull = timedelta(seconds=settings.inbound.dull_traces)
        self._retention = Retention(db=db, clock=clock, kept=kept, dull=dull, report=report)
        self._copies = file and Copies(
            file=file,
            folder=settings.backups_folder,
            settings=settings.backups,
            clock=clock,
            report=report,
        )
        self._tidying = asyncio.Lock()

    def admit(self) -> None:
        """Raises StoreUnavailable, StoreFull or StoreDamaged while nothing new may be promised to anybody."""
        self._watch.admit()

    def stands_still(self) -> bool:
        """Whether nothing may leave, for what becomes of it could not be written down."""
        return self._watch.trouble is not None

    async def tidy(self, now: datetime, files: Files) -> None:
        """Let go of what is old. Raises StoreUnavailable, OSError; the next time takes up what is left."""
        async with self._tidying:
            await files.expire(now)
            await self._retention.run(now, files)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch over the database and copy it, for the time of the block."""
        async with AsyncExitStack() as life:
            await life.enter_async_context(background(self._watch.run(), "store watch"))
            if self._copies:
                await life.enter_async_context(background(self._copies.run(), "copies"))
            yield
