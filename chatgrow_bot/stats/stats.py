"""The part itself: what was counted, beside how everything stands now. Implements hub.Stats."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from ..background import background
from ..clock import Clock
from ..hub import Backlog, ConnectionFigures, ConnectionView, Counts, Figures, LaneUse
from ..limits import Policy
from ..messages import ConnectionState, HealthReport, Lane
from ..store import backlog, counts
from ..store import connections as stored_connections
from ..store.backlog import Backlogs
from ..store.counts import Amount
from ..store.database import Database
from .reader import Reader
from .uptime import Uptime
from .words import to_counts

#: Seconds for which whoever asks waits for what is not counted yet.
PATIENCE = 2.0
_A_DAY = 86_400.0


class Policies(Protocol):
    """Who knows how each connection sends."""

    async def learn(self) -> None:
        """Know what has changed of late."""
        ...

    def of(self, connection_id: str) -> Policy:
        """How this one sends."""
        ...


class Stats:
    """Figures of what happened."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        backlogs: Backlogs,
        online: Callable[[], Mapping[tuple[str, str], float]],
        reports: Callable[[str | None], Awaitable[Sequence[HealthReport]]],
        view: Callable[[str], ConnectionView],
        policies: Policies,
    ) -> None:
        self._db = db
        self._clock = clock
        self._backlogs = backlogs
        self._reader = Reader(db, clock)
        self._uptime = Uptime(db, clock, online)
        self._reports = reports  #: how the connections fare now
        self._view = view
        self._policies = policies
        db.on_commit(self._reader.poke)

    @property
    def is_stuck(self) -> bool:
        """Whether the journal has not been counted for long."""
        return self._reader.is_stuck

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count for the time of the block."""
        await self._reader.begin()
        async with background(self._reader.run(), "figures"), background(self._uptime.run(), "uptime"):
            yield

    async def figures(
        self, tenant: str | None, *, days: int = 1, only: Collection[str] | None = None
    ) -> Figures:
        """Those of a tenant's connections, or of everybody's, or `only` of these."""
        await self._reader.catch_up(PATIENCE)
        self._uptime.look()
        now = self._clock.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        since = today - timedelta(days=days - 1)
        queued = await self._backlogs.counted(tenant)

        def look(
            conn: Connection,
        ) -> tuple[Sequence[Amount], Sequence[Backlog], Mapping[tuple[str, Lane], datetime]]:
            found = counts.since(conn, tenant, counts.day(since), counts.day(now), only)
            return found, backlog.of(conn, tenant, queued), stored_connections.next_slots(conn)

        amounts, waiting, slots = await self._db.read(look)
        await self._policies.learn()
        by_name: defaultdict[str, list[Amount]] = defaultdict(list)
        for each in amounts:
            by_name[each.connection_id].append(each)
        backlogs = {each.connection_id: each for each in waiting}
        reports = {each.connection_id: each for each in await self._reports(tenant)}
        pending = self._uptime.pending(counts.day(now))
        return Figures(
            since=since,
            total=to_counts((each.what, each.amount) for each in amounts),
            connections=[
                self._of(report, by_name[name], backlogs.get(name), slots, pending.get(name, 0.0))
                for name, report in reports.items()
                if only is None or name in only
            ],
        )

    async def totals(self) -> Counts:
        """Everybody's together, since counting began."""
        return to_counts((await self._db.read(counts.totals)).items())

    async def uncounted(self) -> int:
        """How many facts there are that are not counted yet."""
        return await self._reader.uncounted()

    def _of(
        self,
        report: HealthReport,
        amounts: Sequence[Amount],
        waiting: Backlog | None,
        slots: Mapping[tuple[str, Lane], datetime],
        pending: float,
    ) -> ConnectionFigures:
        name, now = report.connection_id, self._clock.now()
        paces = self._policies.of(name).paces
        today = to_counts((each.what, each.today) for each in amounts)
        online = report.state is ConnectionState.ONLINE
        return ConnectionFigures(
            connection_id=name,
            counts=to_counts((each.what, each.amount) for each in amounts),
            backlog=waiting or Backlog(connection_id=name, by_state={}),
            lanes={
                lane: _use(today.lanes.get(lane, 0), paces[lane].mean, slots.get((name, lane)), now)
                for lane in Lane
            },
            online_today=today.online + pending,
            online_since=self._view(name).state_since if online else None,
            health=report,
        )


def _use(used: int, mean: float, slot: datetime | None, now: datetime) -> LaneUse:
    a_day = round(_A_DAY / mean) if mean else None
    return LaneUse(used=used, a_day=a_day, next_slot=slot if slot and slot > now else None)
