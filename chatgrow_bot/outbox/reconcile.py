"""After a crash, a timeout or a dead page: what is known of half-sent messages, and nothing guessed.

A message that was claimed but not handed over goes back to the queue. One whose intent stood may have left:
it is looked up by its id, once the page is in sync, and never sent under another.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..engine import Session
from ..errors import StoreUnavailable
from ..limits import Policy
from ..messages import REMARKS, Fault, Lane, State
from ..store import outbox as store
from ..store.database import Database
from ..store.rows import Outgoing
from .agenda import RECONCILE, Agenda
from .outcome import Outcome, unclaim, unclear

#: How many times a message may be found half sent before a person decides.
RECOVERIES = 3
#: Seconds to give WhatsApp when the message is on the page and its server has not said that it has it.
ACK_PATIENCE = 60.0
#: Seconds until a message that could not be looked up is looked up again.
_LOOK_AGAIN = 30.0

log = structlog.get_logger("chatgrow.outbox")


class Reconciler:
    """Settles the messages whose outcome is not known."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        agenda: Agenda,
        outcome: Outcome,
        policy: Callable[[str], Policy],
        report: Callable[[Fault], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._agenda = agenda
        self._outcome = outcome
        self._policy = policy
        self._report = report

    async def pick_up(self, connection_id: str | None = None, besides: Collection[str] = ()) -> None:
        """Whatever was left half done, save the messages that are being sent right now."""
        at = self._clock.now()

        def work(conn: Connection) -> None:
            for row in store.in_state(conn, State.CLAIMED, connection_id):
                if row.delivery.id not in besides:
                    unclaim(conn, row, at, "its turn was cut short before it was handed over")
            for row in store.in_state(conn, State.SENDING, connection_id):
                if row.delivery.id not in besides:
                    unclear(conn, row, at, "its sending was cut short")

        await self._db.write(work)

    async def settle(self, connection_id: str, session: Session) -> None:
        """Look up every message of a connection whose outcome is not known."""
        for row in await self._db.read(lambda conn: store.in_state(conn, State.UNKNOWN, connection_id)):
            try:
                await self._look_up(session, row)
            except StoreUnavailable:
                raise
            except Exception:  # one that cannot be looked up must not keep the others from it
                log.exception("a message could not be looked up", message=row.delivery.id)
                later = self._clock.now() + timedelta(seconds=_LOOK_AGAIN)
                self._agenda.put((connection_id, RECONCILE), later)
        for lane in Lane:  # chats may be free again
            self._agenda.put((connection_id, lane), self._clock.now())

    async def _look_up(self, session: Session, row: Outgoing) -> None:
        delivery, now = row.delivery, self._clock.now()
        found = await session.find(delivery.chat, delivery.wa_id)
        if found and found.ack >= 1:
            await self._outcome.acked(row, found)
        elif found and found.ack < 0:
            await self._outcome.not_sent(row, "WhatsApp did not take it.")
        elif found and now < (patience := delivery.updated_at + timedelta(seconds=ACK_PATIENCE)):
            self._agenda.put((delivery.connection_id, RECONCILE), patience)
        elif self._holds(row) or row.recoveries + 1 >= RECOVERIES:
            await self._hold(row)
        else:
            reason = "WhatsApp does not have it; it is sent again under the same id"
            await self._outcome.again(row, now, reason, row.recoveries + 1)

    def _holds(self, row: Outgoing) -> bool:
        """Whether it is for a person; a remark is not, for repeating one does no harm."""
        return self._policy(row.delivery.connection_id).hold_unknown and row.delivery.kind not in REMARKS

    async def _hold(self, row: Outgoing) -> None:
        delivery = row.delivery
        reason = "it is not known whether it left; a person decides"
        await self._outcome.ended(row, State.QUARANTINED, reason)
        self._report(
            Fault(
                where="outbox",
                reason=f"message {delivery.id}: {reason}",
                tenant=delivery.tenant,
                connection_id=delivery.connection_id,
                at=self._clock.now(),
            )
        )
