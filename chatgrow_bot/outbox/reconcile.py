"""After a crash, a timeout or a dead page: what is known of half-sent messages, and nothing guessed.

A message that was claimed but not handed over goes back to the queue. One whose intent stood may have left:
it is looked up by its id, once the page is in sync, and never sent under another.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import timedelta

import structlog

from ..clock import Clock
from ..engine import Session, answer_of
from ..errors import StoreUnavailable
from ..limits import Policy
from ..messages import REMARKS
from ..store import recovery
from ..store.database import Database
from ..store.rows import Outgoing
from .agenda import RECONCILE, Agenda
from .outcome import Outcome
from .trial import AFTER_ANOTHER, Trial

#: How many times a message may be found half sent before a person decides.
RECOVERIES = 3
#: Seconds to give WhatsApp when the message is on the page and its server has not said that it has it.
ACK_PATIENCE = 60.0
#: Until a message that could not be looked up is looked up again.
_LOOK_AGAIN = timedelta(seconds=30)
_NONE = timedelta(0)
#: Messages picked up in one transaction: others write meanwhile.
_AT_ONCE = 200

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
        trial: Trial,
        policy: Callable[[str], Policy],
        epoch: int,
        after: float,
    ) -> None:
        self._db = db
        self._clock = clock
        self._agenda = agenda
        self._outcome = outcome
        self._trial = trial
        self._policy = policy
        self._epoch = epoch
        self._after = timedelta(seconds=after)  #: a message is not looked up sooner after it was sent

    async def pick_up(self) -> None:
        """Whatever an earlier process left half done, before any message is taken. If it left any it died, of
        one of these or of one that was left at an earlier death."""
        left = list(await self._db.read(recovery.stranded))
        for start in range(0, len(left), _AT_ONCE):
            await self._pick_up(left[start : start + _AT_ONCE])
        if left:
            self._trial.suspect(await self._db.read(recovery.suspects))

    async def _pick_up(self, ids: Collection[str]) -> None:
        at = self._clock.now()
        await self._db.write(lambda conn: recovery.pick_up(conn, ids, self._epoch, RECOVERIES, at))

    async def find(self, connection_id: str, besides: Collection[str]) -> recovery.Found:
        """What of a connection is in nobody's hands, save `besides`, and what has an outcome not known."""
        asked = recovery.Look(connection_id, besides, self._epoch, RECOVERIES, self._clock.now())
        return await self._db.write_together(recovery.look, asked)

    async def settle(self, unknown: Iterable[Outgoing], session: Session) -> None:
        """Look up every message whose outcome has not been known for long enough: the page may show one only
        a while after it was told to send it."""
        for row in unknown:
            if (wait := self._too_soon_by(row)) > _NONE:
                self._look_later(row, wait)
                continue
            if row.epoch != self._epoch:
                self._trial.suspect({row.delivery.id: row.delivery.connection_id})
            async with self._trial.of(row.delivery.id, row.delivery.connection_id) as may:
                if may:
                    await self._settle(session, row)
                else:
                    self._look_later(row, AFTER_ANOTHER)

    def _look_later(self, row: Outgoing, wait: timedelta) -> None:
        self._agenda.put((row.delivery.connection_id, RECONCILE), self._clock.now() + wait)

    def _too_soon_by(self, row: Outgoing) -> timedelta:
        """One noted later than now was noted before the clock was set back: for how long it has not been
        known cannot be told."""
        known_for = self._clock.now() - row.delivery.updated_at
        return self._after - known_for if known_for >= _NONE else _NONE

    async def _settle(self, session: Session, row: Outgoing) -> None:
        try:
            await self._count_and_look_up(session, row)
        except StoreUnavailable:
            raise
        except Exception:  # one that cannot be looked up must not keep the others from it
            log.exception("a message could not be looked up", message=row.delivery.id)
            await self._patience_with(row)

    async def _count_and_look_up(self, session: Session, row: Outgoing) -> None:
        if row.epoch != self._epoch:  # an earlier process died of sending it, or of looking it up
            times = await self._db.write(lambda conn: recovery.looks_up(conn, row, self._epoch))
            row = replace(row, epoch=self._epoch, recoveries=times)
            if times > RECOVERIES:
                await self._held(row, "it is not known whether it left, and was not found out")
                return
        await self._look_up(session, row)

    async def _look_up(self, session: Session, row: Outgoing) -> None:
        delivery, now = row.delivery, self._clock.now()
        found = await answer_of(session.find(delivery.chat, delivery.wa_id))
        if found and found.ack >= 1:
            await self._outcome.acked(row, found)
            self._trial.acquit(delivery.id)
        elif found and found.ack < 0:
            await self._outcome.not_sent(row, "WhatsApp did not take it.")
        elif found and now < (patience := delivery.updated_at + timedelta(seconds=ACK_PATIENCE)):
            self._agenda.put((delivery.connection_id, RECONCILE), patience)
        elif self._holds(row):
            await self._held(row, "it is not known whether it left")
        elif row.recoveries >= RECOVERIES:
            await self._held(row, f"{row.recoveries} times it was not known whether it left")
        else:
            reason = "WhatsApp does not have it; it is sent again under the same id"
            await self._outcome.in_its_place(row, reason)

    async def _held(self, row: Outgoing, reason: str) -> None:
        await self._outcome.held(row, reason)
        self._trial.acquit(row.delivery.id)

    def _holds(self, row: Outgoing) -> bool:
        """Whether it is for a person; a remark is not, for repeating one does no harm."""
        return self._policy(row.delivery.connection_id).hold_unknown and row.delivery.kind not in REMARKS

    async def _patience_with(self, row: Outgoing) -> None:
        """It is looked up again, for as long as it may be sent: then it has held its chat long enough."""
        now = self._clock.now()
        if now >= row.delivery.expires_at:
            await self._held(row, "it could not be found out whether it left")
        else:
            self._look_later(row, _LOOK_AGAIN)
