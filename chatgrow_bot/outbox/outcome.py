"""What became of a message that was being sent, written down: for those who send and those who look up.

Everything here names the process that took the message: one that was thought dead, and is not, changes
nothing of what another has taken up since."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from ..addresses import masked
from ..clock import Clock
from ..engine import Ack
from ..limits import Policy
from ..messages import State, Step
from ..store import recovery, steps, together
from ..store.database import Database
from ..store.rows import Outgoing
from ..store.tables import outbox

#: It is in somebody's hands, or was.
_TAKEN = (State.CLAIMED, State.SENDING, State.UNKNOWN)

log = structlog.get_logger("chatgrow.outbox")


class Outcome:
    """Moves rows out of the states that hold their chat."""

    def __init__(self, db: Database, clock: Clock, policy: Callable[[str], Policy]) -> None:
        self._db = db
        self._clock = clock
        self._policy = policy

    async def acked(self, row: Outgoing, ack: Ack) -> None:
        """WhatsApp has it, this far."""
        at, connection_id = self._clock.now(), row.delivery.connection_id
        name, wa_id = row.delivery.id, row.delivery.wa_id
        came = together.Came(connection_id=connection_id, wa_id=wa_id, ack=ack.ack, at=at, id=name)
        await self._db.write_together(together.acked, came)

    async def ended(self, row: Outgoing, state: State, reason: str, trace: Sequence[Step] = ()) -> None:
        """It goes no further by itself."""
        delivery, at, more = row.delivery, self._clock.now(), _kept(trace)
        await self._db.write(
            lambda conn: steps.move(
                conn, delivery.id, state, at, since=_TAKEN, reason=reason, by=row.epoch, **more
            )
        )
        log.info("message ended", message=delivery.id, chat=masked(delivery.chat), state=state, reason=reason)

    async def held(self, row: Outgoing, reason: str) -> None:
        """A person decides."""
        which = (
            outbox.c.id == row.delivery.id,
            outbox.c.state == State.UNKNOWN,
            outbox.c.epoch == row.epoch,
        )
        at = self._clock.now()
        await self._db.write(lambda conn: recovery.quarantine(conn, which, at, reason))
        log.warning("message held for a person", message=row.delivery.id, reason=reason)

    async def not_sent(self, row: Outgoing, reason: str) -> None:
        """It certainly did not leave, for a passing cause: tried again after a while, or given up."""
        attempts = row.delivery.attempts
        wait = self._policy(row.delivery.connection_id).retry_after(attempts)
        if wait is None:
            await self.ended(row, State.FAILED, f"{reason} It was tried {attempts} times.")
        else:
            await self.again(row, self._clock.now() + wait, reason)

    async def again(self, row: Outgoing, due: datetime, reason: str, attempts: int | None = None) -> None:
        """Send it again, under the same id, from then on."""
        at, since = self._clock.now(), (State.SENDING, State.UNKNOWN)
        more = {} if attempts is None else {"attempts": attempts}
        await self._db.write(
            lambda conn: steps.move(
                conn,
                row.delivery.id,
                State.RETRY,
                at,
                since=since,
                reason=reason,
                by=row.epoch,
                due=due,
                **more,
            )
        )

    async def in_its_place(self, row: Outgoing, reason: str, attempts: int | None = None) -> None:
        """Send it again at once, before those that came later than it did."""
        await self.again(row, min(row.delivery.due, self._clock.now()), reason, attempts)

    async def unclear(self, row: Outgoing, reason: str) -> None:
        """Nobody knows whether it left. Counted here: sending it may be what went wrong."""
        at, again = self._clock.now(), outbox.c.recoveries + 1
        await self._db.write(
            lambda conn: steps.move(
                conn,
                row.delivery.id,
                State.UNKNOWN,
                at,
                since=(State.SENDING,),
                reason=reason,
                by=row.epoch,
                recoveries=again,
            )
        )

    async def put_back(
        self, row: Outgoing, reason: str, wait: float | None = None, trace: Sequence[Step] = ()
    ) -> None:
        """It was not handed over, so the attempt does not count. With `wait` it is looked at again after so
        many seconds, and what is younger in its chat and lane does not overtake it."""
        at = self._clock.now()
        due = None if wait is None else at + timedelta(seconds=wait)
        await self._db.write(lambda conn: put_back(conn, row, at, reason, due, trace))


def put_back(
    conn: Connection, row: Outgoing, at: datetime, reason: str, due: datetime | None, trace: Sequence[Step]
) -> None:
    """As `Outcome.put_back`, in the transaction of whoever knows why; with `due`, looked at again then."""
    later = {} if due is None else {"due": due, "held": True}
    more = {"attempts": row.delivery.attempts - 1, **later, **_kept(trace)}
    since = (State.CLAIMED,)
    steps.move(conn, row.delivery.id, State.QUEUED, at, since=since, reason=reason, by=row.epoch, **more)


def _kept(trace: Sequence[Step]) -> dict[str, object]:
    return {"trace": steps.from_trace(trace)} if trace else {}
