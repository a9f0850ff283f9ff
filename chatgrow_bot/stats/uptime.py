"""How long each connection was online: looked at again and again, for a process that dies tells no end."""

from collections.abc import Callable, Mapping

from ..clock import Clock
from ..errors import StoreUnavailable
from ..store import counts
from ..store.counts import Key
from ..store.database import Database
from .words import ONLINE

#: Seconds between two looks, and between two notes: so much is lost at most when the process is killed.
LOOK, NOTE = 10.0, 60.0


class Uptime:
    """Adds up the time that connections are online. `online` gives those that are, by tenant and name, and
    since when by the clock that never runs backwards."""

    def __init__(
        self, db: Database, clock: Clock, online: Callable[[], Mapping[tuple[str, str], float]]
    ) -> None:
        self._db = db
        self._clock = clock
        self._online = online
        self._last = clock.monotonic()
        self._pending: dict[Key, float] = {}  #: seconds that are not written down

    async def run(self) -> None:
        """Look until cancelled."""
        noted = self._clock.monotonic()
        try:
            while True:
                await self._clock.sleep(LOOK)
                self.look()
                if self._last - noted >= NOTE:
                    await self._note()
                    noted = self._last
        finally:
            self.look()
            await self._note()

    def look(self) -> None:
        """Add what has passed since the last look to what is online."""
        now, day = self._clock.monotonic(), counts.day(self._clock.now())
        for (tenant, connection_id), since in self._online().items():
            key = (tenant, connection_id, day, ONLINE)
            self._add({key: max(0.0, now - max(self._last, since))})
        self._last = now

    def pending(self, day: str) -> Mapping[str, float]:
        """Seconds of a day that are not written down yet, by connection."""
        found: dict[str, float] = {}
        for (_, name, when, _), seconds in self._pending.items():
            if when == day:
                found[name] = found.get(name, 0.0) + seconds
        return found

    async def _note(self) -> None:
        # Taken out first: a write that is cut short may be made all the same, and must not be made twice.
        whole = {key: int(seconds) for key, seconds in self._pending.items() if seconds >= 1}
        today = counts.day(self._clock.now())
        self._add({key: -seconds for key, seconds in whole.items()})
        self._pending = {key: rest for key, rest in self._pending.items() if key[2] == today}
        try:
            await self._db.write(lambda conn: counts.add(conn, whole))
        except StoreUnavailable:  # the next note has it
            self._add(whole)

    def _add(self, seconds: Mapping[Key, float]) -> None:
        for key, more in seconds.items():
            self._pending[key] = self._pending.get(key, 0.0) + more
