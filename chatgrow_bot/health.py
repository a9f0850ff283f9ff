"""Looks at everything every minute: what is healthy, what ran out of time. Facts are written on change."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from .clock import Clock
from .connections.keeper import Keeper
from .errors import StoreUnavailable
from .hub import ConnectionView
from .messages import ConnectionState, Fact, HealthReport
from .store import connections as stored_connections
from .store import journal, steps
from .store.database import Database

#: A session that was not seen for so long does not answer.
_HEARTBEAT = timedelta(seconds=15)
#: Messages ended in one transaction, so that others are not kept waiting for a whole queue's end.
_AT_ONCE = 500

log = structlog.get_logger("chatgrow.health")


class Health:
    """The regular look, and the checks that anyone may ask for."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        interval: float,
        keepers: Callable[[], Mapping[str, Keeper]],
        view: Callable[[str], ConnectionView],
        wake: Callable[[str], None],
        tidy: Callable[[datetime], Awaitable[object]],
        report: Callable[[Fact], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._interval = interval
        self._keepers = keepers
        self._view = view
        self._wake = wake  #: there is room in a connection's queue
        self._tidy = tidy  #: what lies about for nobody may go
        self._report = report
        self._last: dict[str, tuple[object, ...]] = {}

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look regularly for the time of the block."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self.look, "interval", seconds=self._interval, coalesce=True, max_instances=1, id="health"
        )
        scheduler.add_job(self.tidy, "interval", hours=1, coalesce=True, max_instances=1, id="tidy")
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)

    async def look(self) -> None:
        """One look at everything."""
        try:
            await self._expire()
            for report in await self.reports():
                key = (report.state, report.is_healthy, report.can_send, report.can_receive)
                if self._last.get(report.connection_id) != key:
                    self._last[report.connection_id] = key
                    self._report(report)
        except StoreUnavailable:
            log.exception("the regular look failed")

    async def tidy(self) -> None:
        """Remove what nobody can use any more."""
        try:
            await self._tidy(self._clock.now())
        except (OSError, StoreUnavailable):
            log.exception("tidying up failed")

    async def _expire(self) -> None:
        now = self._clock.now()
        while ended := await self._db.write(lambda conn: steps.expire(conn, now, _AT_ONCE)):
            for connection_id in {row.delivery.connection_id for row in ended}:
                self._wake(connection_id)

    async def reports(self) -> list[HealthReport]:
        """How each connection fares now."""
        backlogs = await self._db.read(stored_connections.backlogs)
        return [self._report_on(keeper, backlogs.get(name, 0)) for name, keeper in self._keepers().items()]

    def _report_on(self, keeper: Keeper, backlog: int) -> HealthReport:
        now = self._clock.now()
        age = now - keeper.last_seen if keeper.last_seen else None
        online = keeper.state is ConnectionState.ONLINE and age is not None and age < _HEARTBEAT
        view = self._view(keeper.connection_id)
        return HealthReport(
            connection_id=keeper.connection_id,
            tenant=view.tenant,
            state=keeper.state,
            is_healthy=online,
            can_send=online and not view.paused,
            can_receive=online,
            heartbeat_age=None if age is None else age.total_seconds(),
            backlog=backlog,
            at=now,
        )

    async def checks(self) -> Mapping[str, bool]:
        """Named checks of the whole process, without anyone's name."""
        try:
            await self._db.read(journal.head)
            database = True
        except StoreUnavailable:
            database = False
        states = [keeper.state for keeper in self._keepers().values()]
        lost = (ConnectionState.DISCONNECTED, ConnectionState.BANNED, ConnectionState.FAILED)
        return {"database": database, "connections": not any(state in lost for state in states)}
