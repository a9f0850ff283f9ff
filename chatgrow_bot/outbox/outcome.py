"""What became of a message that was being sent, written down: for those who send and those who look up."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from ..addresses import masked
from ..clock import Clock
from ..engine import Ack
from ..limits import Policy
from ..messages import State
from ..store import steps
from ..store.database import Database
from ..store.rows import Outgoing

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
        await self._db.write(lambda conn: steps.acked(conn, connection_id, row.delivery.wa_id, ack.ack, at))

    async def ended(self, row: Outgoing, state: State, reason: str) -> None:
        """It goes no further by itself."""
        delivery, at = row.delivery, self._clock.now()
        since = (State.CLAIMED, State.SENDING, State.UNKNOWN)
        await self._db.write(lambda c: steps.move(c, delivery.id, state, at, since=since, reason=reason))
        log.info("message ended", message=delivery.id, chat=masked(delivery.chat), state=state, reason=reason)

    async def not_sent(self, row: Outgoing, reason: str) -> None:
        """It certainly did not leave, for a passing cause: tried again after a while, or given up."""
        attempts = row.delivery.attempts
        wait = self._policy(row.delivery.connection_id).retry_after(attempts)
        if wait is None:
            await self.ended(row, State.FAILED, f"{reason} It was tried {attempts} times.")
        else:
            await self.again(row, self._clock.now() + wait, reason)

    async def again(self, row: Outgoing, due: datetime, reason: str, recoveries: int | None = None) -> None:
        """Send it again, under the same id, from then on."""
        at = self._clock.now()
        more = {} if recoveries is None else {"recoveries": recoveries}
        since = (State.SENDING, State.UNKNOWN)
        await self._db.write(
            lambda conn: steps.move(
                conn, row.delivery.id, State.RETRY, at, since=since, reason=reason, due=due, **more
            )
        )

    async def unclear(self, row: Outgoing, reason: str) -> None:
        """Nobody knows whether it left."""
        at = self._clock.now()
        await self._db.write(lambda conn: unclear(conn, row, at, reason))

    async def put_back(self, row: Outgoing, wait: float, reason: str) -> None:
        """It was not handed over; it is looked at again after so many seconds."""
        at = self._clock.now()
        await self._db.write(lambda conn: unclaim(conn, row, at, reason, at + timedelta(seconds=wait)))


def unclear(conn: Connection, row: Outgoing, at: datetime, reason: str) -> Outgoing | None:
    """A message whose sending was cut short."""
    return steps.move(conn, row.delivery.id, State.UNKNOWN, at, since=(State.SENDING,), reason=reason)


def unclaim(
    conn: Connection, row: Outgoing, at: datetime, reason: str, due: datetime | None = None
) -> Outgoing | None:
    """A claim undone: it was not handed over, so the attempt does not count."""
    return steps.move(
        conn,
        row.delivery.id,
        State.QUEUED,
        at,
        since=(State.CLAIMED,),
        reason=reason,
        due=due or row.delivery.due,
        attempts=max(0, row.delivery.attempts - 1),
    )
