"""What happened day by day, as it was counted when it happened. Implements hub.Insight."""

from collections.abc import Sequence
from datetime import date, tzinfo

from .clock import Clock
from .hub import Tallied
from .store import tallies
from .store.database import Database


class Insight:
    """Reads the figures of a tenant."""

    def __init__(self, db: Database, clock: Clock, zone: tzinfo) -> None:
        self._db = db
        self._clock = clock
        self._zone = zone

    def today(self) -> date:
        """The day that it is now, where the business is."""
        return date.fromisoformat(tallies.day_of(self._clock.now(), self._zone))

    async def daily(self, tenant: str, since: date, until: date, what: str = "") -> Sequence[Tallied]:
        """What was counted from one day to another, oldest first."""
        return await self._db.read(lambda conn: tallies.read(conn, tenant, since, until, what))
