"""The way out, second half: taking messages from the queue and sending them, each connection and lane at its
own pace. The intent is on disk before the engine is asked; an outcome that is not certain is never guessed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

import structlog

from ..clock import Clock
from ..engine import Parcel, Session, answer_of
from ..errors import ChatgrowError, SendFailed, SendRefused
from ..hooks import Hooks
from ..hub import Workers
from ..limits import Policy, clamped
from ..logs import clean
from ..messages import REMARKS, Lane, Outbound, State, Step
from ..store import connections as stored_connections
from ..store import queue, together
from ..store.database import Database
from ..store.recovery import Found
from ..store.rows import Outgoing
from .agenda import RECONCILE, Agenda
from .gate import Gate
from .naming import named
from .outcome import Outcome
from .parcels import parcel, target
from .permission import Permission
from .trial import AFTER_ANOTHER, Trial

#: Seconds until a turn that failed for a cause of ours (a full disk, say) is tried again.
_AFTER_A_FAULT = 5.0
#: Seconds until something that is not due yet is looked at again, at least.
_NOT_AT_ONCE = 0.1

log = structlog.get_logger("chatgrow.dispatch")


class Recovery(Protocol):
    """Who settles messages whose outcome is not known."""

    async def pick_up(self) -> None:
        """Make what an earlier process left half done queued or UNKNOWN again."""
        ...

    async def find(self, connection_id: str, besides: Collection[str]) -> Found:
        """The same for a connection's failed turns, and what of it is UNKNOWN."""
        ...

    async def settle(self, unknown: Iterable[Outgoing], session: Session) -> None:
        """Look these up."""
        ...


class Dispatcher:
    """Sends what waits."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        agenda: Agenda,
        hooks: Hooks,
        outcome: Outcome,
        recovery: Recovery,
        trial: Trial,
        gate: Gate,
        halted: Callable[[], bool],
        ready: Callable[[str], Session | None],
        policy: Callable[[str], Policy],
        epoch: int,
        concurrency: int,
        reconcile_after: float,
        chance: Random,
    ) -> None:
        self._db = db
        self._clock = clock
        self._agenda = agenda
        self._outcome = outcome
        self._recovery = recovery
        self._trial = trial
        self._gate = gate
        self._permission = Permission(db=db, clock=clock, hooks=hooks, gate=gate, outcome=outcome)
        self._halted = halted  #: whether nothing may leave at all
        self._ready = ready  #: a connection's session while it is online
        self._policy = policy
        self._epoch = epoch
        self._concurrency = concurrency
        self._patience = reconcile_after  #: seconds in sync before anything is looked up
        self._chance = chance
        self._slots: dict[tuple[str, Lane], datetime] = {}
        self._in_sync: dict[str, float] = {}  #: since when each connection is, by the steady clock
        self._idle: set[tuple[str, Lane]] = set()  #: nothing waited there
        self._in_flight: set[str] = set()
        self._claims: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._draining, self._drained, self._gone = False, asyncio.Event(), 0

    async def run(self) -> None:
        """Pick up what an earlier process left, then work the agenda until cancelled."""
        await self._recovery.pick_up()
        now = self._clock.now()
        for (connection_id, lane), slot in (await self._db.read(stored_connections.next_slots)).items():
            self._slots[connection_id, lane] = clamped(slot, now, self._policy(connection_id).paces[lane])
        async with asyncio.TaskGroup() as turns:
            for number in range(self._concurrency):
                turns.create_task(self._work(), name=f"dispatch:{number}")

    async def drain(self, seconds: float) -> None:
        """Claim no more, and give what is being sent so many seconds to end."""
        self._draining = True
        if self._in_flight:
            self._drained.clear()
            await self._clock.wait(self._drained, seconds)

    def online(self, connection_id: str) -> None:
        """A connection is in sync: its lanes may go, and what is unclear is looked up after a while."""
        now = self._clock.now()
        self._in_sync[connection_id] = self._clock.monotonic()
        for lane in Lane:
            self._agenda.put((connection_id, lane), now)
        self._look_up_later(connection_id)

    def _look_up_later(self, connection_id: str) -> None:
        self._agenda.put((connection_id, RECONCILE), self._clock.now() + timedelta(seconds=self._patience))

    def workers(self) -> Workers:
        """Who sends now."""
        return Workers(
            concurrency=self._concurrency, alive=self._concurrency - self._gone, busy=len(self._in_flight)
        )

    async def _work(self) -> None:
        try:
            while True:
                async with self._agenda.due() as (connection_id, work):
                    await self._try(connection_id, work)
        finally:
            self._gone += 1

    async def _try(self, connection_id: str, work: str) -> None:
        try:
            await self._turn(connection_id, work)
        except Exception:  # whatever it was, the next turn goes on, and this one is picked up
            log.exception("a turn failed", connection=connection_id, work=work)
            later = self._clock.now() + timedelta(seconds=_AFTER_A_FAULT)
            for each in {work, RECONCILE}:  # it may have failed before it took anything
                self._agenda.put((connection_id, each), later)

    async def _turn(self, connection_id: str, work: str) -> None:
        session = self._ready(connection_id)
        if session is None or self._draining:
            return  # `online` puts it on the agenda again
        if self._halted() and work != RECONCILE:
            return  # letting go puts everything on the agenda again
        if work != RECONCILE:
            await self._send_next(connection_id, Lane(work), session)
        elif (left := self._in_sync[connection_id] + self._patience - self._clock.monotonic()) > 0:
            # Put down before the page was lost; a fresh one knows little. Not at once: it would spin.
            later = self._clock.now() + timedelta(seconds=max(_NOT_AT_ONCE, left))
            self._agenda.put((connection_id, RECONCILE), later)
        else:
            await self._look_up(connection_id, session)

    async def _look_up(self, connection_id: str, session: Session) -> None:
        async with self._claims[connection_id]:
            found = await self._recovery.find(connection_id, tuple(self._in_flight))
        if found.picked_up or found.unknown:
            await self._recovery.settle(found.unknown, session)
            for lane in Lane:  # chats may be free again
                self._agenda.put((connection_id, lane), self._clock.now())

    async def _send_next(self, connection_id: str, lane: Lane, session: Session) -> None:
        now = self._clock.now()
        slot = clamped(
            self._slots.get((connection_id, lane), now), now, self._policy(connection_id).paces[lane]
        )
        if slot > now:
            self._slots[connection_id, lane] = slot  # nearer than it was, if the clock was set back
            self._agenda.put((connection_id, lane), slot)
            return
        self._idle.discard((connection_id, lane))
        async with self._trial.taking(connection_id) as may:
            if not may:
                self._agenda.put((connection_id, lane), now + AFTER_ANOTHER)
                return
            taken = await self._claim(connection_id, lane, now)
            if isinstance(taken, Outgoing):
                self._trial.begin(taken.delivery.id)
        match taken:
            case Outgoing() as row:
                await self._send(row, session)
            case queue.NotYet(until=datetime() as until):
                # Now means that one ended where it was found: what waited for it may be in the other lane.
                for each in Lane if until <= now else (lane,):
                    self._agenda.put((connection_id, each), until)
            case None:
                self._idle.add((connection_id, lane))

    async def _send(self, row: Outgoing, session: Session) -> None:
        message_id, connection_id = row.delivery.id, row.delivery.connection_id
        try:
            with named(row):
                await self._deliver(session, row)
        finally:
            self._trial.end(message_id)
            self._in_flight.discard(message_id)
            if not self._in_flight:
                self._drained.set()
            for lane in Lane:  # its chat is free again, and its lane's next message may be due
                if (connection_id, lane) not in self._idle:
                    self._agenda.put((connection_id, lane), self._clock.now())

    async def _claim(self, connection_id: str, lane: Lane, now: datetime) -> Outgoing | queue.NotYet | None:
        """Take the lane's next message, or learn when to look again; whoever picks up stranded ones must not
        see it as one."""
        async with self._claims[connection_id]:
            if self._draining:  # since it was this one's turn
                return None
            claim = queue.Claim(connection_id, lane, self._epoch, now)
            row = await self._db.write_together(queue.claim, claim)
            if isinstance(row, Outgoing):
                self._in_flight.add(row.delivery.id)
            return row

    async def _deliver(self, session: Session, row: Outgoing) -> None:
        trace: list[Step] = []
        content = await self._permission.ask(row, trace)
        if content is None:
            return  # held or dropped
        about = await self._db.read(lambda conn: target(conn, row)) if row.delivery.about else None
        if about is None and content.kind in REMARKS:
            reason = "the message that it is about never left, or is not known any more"
            await self._outcome.ended(row, State.FAILED, reason, trace)
        elif await self._intend(row, content, trace):
            policy = self._policy(row.delivery.connection_id)
            await self._hand_over(session, row, parcel(row, content, about, policy))
        else:  # taken back meanwhile, and then this changes nothing; or somebody shut the way out
            await self._outcome.put_back(row, "it was stopped in the last moment", trace=trace)

    async def _hand_over(self, session: Session, row: Outgoing, whole: Parcel) -> None:
        connection_id = row.delivery.connection_id
        try:
            ack = await answer_of(session.send(whole))
        except SendRefused as error:
            reason = await self._gate.refused(row, error) or _said(error)
            await self._outcome.ended(row, State.FAILED, reason)
        except SendFailed as error:
            if self._ready(connection_id) is session:
                await self._outcome.not_sent(row, _said(error))
            else:  # the connection went, and its messages must not pay for it with their tries
                uncounted = row.delivery.attempts - 1
                await self._outcome.in_its_place(row, _said(error), uncounted)
        except Exception as error:  # an engine's own fault is no certainty either
            await self._unclear(row, _said(error))
        else:
            if ack.ack >= 1:
                await self._outcome.acked(row, ack)
            else:
                await self._unclear(row, "WhatsApp's server has not said that it has it.")
        self._trial.acquit(row.delivery.id)

    async def _unclear(self, row: Outgoing, reason: str) -> None:
        await self._outcome.unclear(row, reason)
        self._look_up_later(row.delivery.connection_id)

    async def _intend(self, row: Outgoing, content: Outbound, trace: Sequence[Step]) -> bool:
        """The intent, what is going to be said, and the lane's next slot, in one transaction; False when the
        message must not leave any more."""
        await self._gate.leaves(row)
        connection_id, lane, now = row.delivery.connection_id, row.delivery.lane, self._clock.now()
        slot = now + self._policy(connection_id).paces[lane].gap(self._chance)
        intent = together.Intent(row=row, content=content, trace=trace, at=now, next_slot=slot)
        intended = await self._db.write_together(together.intend, intent)
        if intended:
            self._slots[connection_id, lane] = slot
        return intended


def _said(error: Exception) -> str:
    """What went wrong, in a sentence. A stranger's error keeps its text: it may quote the message. One of
    ours may too, if it passes on what somebody else said: then without those words, and numbers."""
    detail = clean(error.detail) if isinstance(error, ChatgrowError) else ""
    return f"{(detail or type(error).__name__).rstrip('.')}."
