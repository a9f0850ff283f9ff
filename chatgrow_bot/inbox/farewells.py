"""Ends what plugins wait for when its time is over, and says so to the customer: both in one transaction, so
that he is told once, whatever becomes of this process."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import BadInput
from ..limits import LoopLimits
from ..messages import Lane, Outbound
from ..outbox import Outbox
from ..store import consent, dialogues
from ..store import replies as stored_replies
from ..store.database import Database
from ..store.dialogues import RunOut
from ..store.rows import Outgoing
from .loops import Loops
from .patience import patiently

#: Ended by one transaction: others wait for it.
AT_ONCE = 100
#: Nobody is told later than this that a time is over.
_LATEST = timedelta(days=1)
#: Seconds between two looks at most: what was asked since may be over sooner than what was known.
_LOOK = 15.0
_HOUR = timedelta(hours=1)

log = structlog.get_logger("chatgrow.inbox")


class Farewells:
    """Looks what is over. `stopped` says whether nothing may be said."""

    def __init__(
        self, *, db: Database, clock: Clock, outbox: Outbox, loops: LoopLimits, stopped: Callable[[], bool]
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._limits = loops
        self._loops = Loops(loops)
        self._stopped = stopped
        self._began = clock.now()

    async def run(self) -> None:
        """End each in its time, until cancelled."""
        while True:
            seconds = _LOOK
            try:
                seconds = await patiently(self._clock, self._look)
            except Exception:
                log.exception("dialogues whose time is over end later")
            await self._clock.sleep(seconds)

    async def _look(self) -> float:
        """End what is over; seconds until the next look."""
        is_full = not self._stopped()
        while is_full:
            is_full = await self._end_some()
        until = await self._db.read(dialogues.next_end)
        ahead = (until - self._clock.now()).total_seconds() if until else _LOOK
        return min(ahead, _LOOK) if ahead > 0 else _LOOK

    async def _end_some(self) -> bool:
        """End so many; whether there may be more."""

        def work(conn: Connection) -> tuple[int, list[Outgoing]]:
            now = self._clock.now()
            over = dialogues.run_out(conn, now, began=self._began, since=now - _LATEST, most=AT_ONCE)
            rows = [row for each in over if (row := self._farewell(conn, each))]
            rows = [row for row in rows if not self._loops.hushed(conn, row, now)]
            leaving = [*stored_replies.room(conn, rows, self._limits.per_hour, now - _HOUR)]
            self._outbox.answer(conn, leaving)
            return len(over), leaving

        ended, leaving = await self._db.write(work)
        for name in {row.delivery.connection_id for row in leaving}:
            self._outbox.wake(name)
        return ended == AT_ONCE

    def _farewell(self, conn: Connection, over: RunOut) -> Outgoing | None:
        """What is said; None where nothing is."""
        is_late = self._clock.now() - over.until >= _LATEST
        if not over.farewell or over.has_team or is_late:
            return None
        if consent.all_opted_out(conn, {(over.tenant, over.person)}):
            return None
        content = Outbound(
            to=over.chat, text=over.farewell, ttl=_LATEST, because="nothing came in time to what was asked"
        )
        where = (over.tenant, over.connection_id)
        try:
            return self._outbox.draft(
                *where, content, source=over.plugin, lane=Lane.REPLY, cause=over.message_id
            )
        except BadInput as error:
            log.warning("a farewell cannot be sent", connection=over.connection_id, reason=str(error))
            return None
