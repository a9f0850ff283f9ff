"""The regular look: what ran out of time is ended, sessions are weighed, and who fares otherwise than before
is told of. Figures that only wobble are in the report and make none."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import Connection

from ..background import background
from ..clock import Clock
from ..connections.keeper import Keeper
from ..errors import StoreUnavailable
from ..hub import ConnectionView, Vitals
from ..messages import ConnectionState, Fact, HealthReport
from ..store import connections as stored_connections
from ..store import queue, recovery, steps
from ..store.database import Database
from .checks import Checks, Signs
from .lag import Lag

#: A session that was not seen for so many seconds does not answer.
_HEARTBEAT = 15.0
#: A message that could leave and has not for so long, while nothing else did either: the queue is stuck.
_STUCK = timedelta(minutes=5)
#: Messages ended in one transaction, so that others are not kept waiting for a whole queue's end.
_AT_ONCE = 500
_LOST = frozenset({ConnectionState.DISCONNECTED, ConnectionState.BANNED, ConnectionState.FAILED})

#: Seconds between two looks at whether the clock was set back, and by how many it counts as set.
_STEADY, _SET = 5.0, 2.0

log = structlog.get_logger("chatgrow.health")


class Health:
    """The regular look, and the checks that anyone may ask for."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        interval: float,
        epoch: int,
        folder: Path,
        keepers: Callable[[], Mapping[str, Keeper]],
        view: Callable[[str], ConnectionView],
        halted: Callable[[], bool],
        wake: Callable[[str], None],
        weigh: Callable[[], Awaitable[object]],
        tidy: Callable[[datetime], Awaitable[object]],
        signs: Signs,
        report: Callable[[Fact], None],
    ) -> None:
        self._db, self._clock = db, clock
        self._interval, self._epoch = interval, epoch
        self._keepers, self._view = keepers, view
        self._halted = halted  #: whether nothing may leave at all
        self._wake = wake  #: there is room in a connection's queue
        self._weigh = weigh  #: ask every session what it takes
        self._tidy = tidy  #: what lies about for nobody may go
        self._report = report
        self._lag = Lag()
        self._last: dict[str, tuple[object, ...]] = {}
        self._ahead = self._wall_ahead()
        self._set_at = float("-inf")  #: when the clock on the wall was last found to have been set
        self._started_at, self._began = clock.now(), clock.monotonic()
        self._process = psutil.Process()
        self._checks = Checks(
            db=db,
            clock=clock,
            folder=folder,
            lag=self._lag,
            connections=lambda: not any(keeper.state in _LOST for keeper in keepers().values()),
            moves=self._moves,
            signs=signs,
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look regularly for the time of the block."""
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self.look, "interval", seconds=self._interval, coalesce=True, max_instances=1, id="health"
        )
        scheduler.add_job(self.tidy, "interval", hours=1, coalesce=True, max_instances=1, id="tidy")
        async with background(self._lag.run(), "lag"), background(self._steady(scheduler), "set back"):
            scheduler.start()
            try:
                yield
            finally:
                scheduler.shutdown(wait=False)

    async def _steady(self, scheduler: AsyncIOScheduler) -> None:
        """The scheduler goes by the clock on the wall. If that is set back it begins anew: nothing would be
        looked at for as long."""
        while True:
            ahead = self._wall_ahead()
            await self._clock.sleep(_STEADY)
            if self._wall_ahead() < ahead - _SET:
                log.warning("the clock was set back")
                for job in scheduler.get_jobs():
                    job.reschedule(job.trigger)
                await self.look()

    def _wall_ahead(self) -> float:
        """Seconds by which the clock on the wall is ahead of the steady one: the same until it is set, or the
        machine sleeps."""
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _runs_evenly(self) -> bool:
        """Whether a message that seems to wait for long does: by a clock that was set, all of them do."""
        ahead, now = self._wall_ahead(), self._clock.monotonic()
        if abs(ahead - self._ahead) > _SET:
            self._ahead, self._set_at = ahead, now
        return now - self._set_at >= _STUCK.total_seconds()

    async def look(self) -> None:
        """One look at everything."""
        try:
            await self._expire()
            await self._set_right()
            await self._weigh()
            reports = {report.connection_id: report for report in await self.reports()}
        except StoreUnavailable:
            log.exception("the regular look failed")
            return
        for name, report in reports.items():
            if self._last.get(name) != (key := _key(report)):
                self._last[name] = key
                self._report(report)
        for name in self._last.keys() - reports.keys():
            del self._last[name]

    async def tidy(self) -> None:
        """Remove what nobody can use any more."""
        try:
            await self._tidy(self._clock.now())
        except (OSError, StoreUnavailable):
            log.exception("tidying up failed")

    async def _set_right(self) -> None:
        """Nothing waits for longer because the clock was set back."""
        now = self._clock.now()
        for connection_id in await self._db.write(lambda conn: recovery.from_the_future(conn, now)):
            self._wake(connection_id)

    async def _expire(self) -> None:
        now = self._clock.now()
        while ended := await self._db.write(lambda conn: steps.expire(conn, now, _AT_ONCE)):
            for connection_id in {row.delivery.connection_id for row in ended}:
                self._wake(connection_id)

    async def reports(self, tenant: str | None = None) -> list[HealthReport]:
        """How each of a tenant's connections fares now, or of everybody's."""
        backlogs, stuck = await self._db.read(self._queues)
        return [
            self._report_on(keeper, backlogs.get(name, 0), name in stuck)
            for name, keeper in list(self._keepers().items())
            if tenant in (None, self._view(name).tenant)
        ]

    async def _moves(self) -> bool:
        """Whether there is no connection on which nothing leaves that could."""
        _, stuck = await self._db.read(self._queues)
        return not stuck

    def vitals(self) -> Vitals:
        """How the process fares."""
        return Vitals(
            started_at=self._started_at,
            uptime=self._clock.monotonic() - self._began,
            memory=int(self._process.memory_info().rss),
            lag=self._lag.worst,
            at=self._clock.now(),
        )

    def _queues(self, conn: Connection) -> tuple[Mapping[str, int], Set[str]]:
        """How many wait on each connection, and on which nothing leaves that could."""
        backlogs, before = stored_connections.backlogs(conn), self._clock.now() - _STUCK
        if not self._runs_evenly():
            return backlogs, set()
        since = self._clock.monotonic() - _STUCK.total_seconds()
        asked = {
            name
            for name, keeper in list(self._keepers().items())
            if name in backlogs and keeper.state is ConnectionState.ONLINE and keeper.since <= since
        }
        overdue = queue.overdue(conn, asked, self._epoch, before) if asked else set()
        if overdue:
            moving = {
                name for (name, _), slot in stored_connections.next_slots(conn).items() if slot > before
            }
            overdue -= moving
        return backlogs, overdue

    def _report_on(self, keeper: Keeper, backlog: int, is_stuck: bool) -> HealthReport:
        age = None if keeper.last_seen is None else self._clock.monotonic() - keeper.last_seen
        answers = age is not None and age < _HEARTBEAT
        online = keeper.state is ConnectionState.ONLINE and answers
        view, takes = self._view(keeper.connection_id), keeper.ledger.takes
        can_send = online and not view.paused and not self._halted() and not is_stuck
        can_receive = online and not keeper.deaf
        return HealthReport(
            connection_id=keeper.connection_id,
            tenant=view.tenant,
            state=keeper.state,
            is_healthy=online and can_receive and not is_stuck,
            can_send=can_send,
            can_receive=can_receive,
            heartbeat_age=age,
            backlog=backlog,
            reason=self._why(keeper, view, answers=answers, is_stuck=is_stuck),
            memory=takes.memory if takes else None,
            cpu=takes.cpu if takes else None,
            lag=self._lag.worst,
            at=self._clock.now(),
        )

    def _why(self, keeper: Keeper, view: ConnectionView, *, answers: bool, is_stuck: bool) -> str:
        """What is wrong, in words that stay the same while it is."""
        if keeper.state is not ConnectionState.ONLINE:
            return view.reason
        if not answers:
            return "its page does not answer"
        if keeper.deaf:
            return f"nothing comes in: {keeper.deaf}"
        if view.paused:
            return f"it is paused: {view.paused_because}" if view.paused_because else "it is paused"
        if self._halted():
            return "the whole queue is halted"
        return "messages that could leave do not" if is_stuck else ""

    async def checks(self) -> Mapping[str, bool]:
        """Named checks of the whole process, without anyone's name."""
        return await self._checks.answer()


def _key(report: HealthReport) -> tuple[object, ...]:
    """What makes a report another: not a figure."""
    return (report.state, report.is_healthy, report.can_send, report.can_receive, report.reason)
