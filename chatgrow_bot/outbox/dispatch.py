"""The way out, second half: taking messages from the queue and sending them, each connection and lane at its
own pace. The intent is on disk before the engine is asked; an outcome that is not certain is never guessed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..engine import Parcel, Reference, Session
from ..errors import ChatgrowError, SendFailed, SendRefused
from ..hooks import Hooks
from ..limits import Policy, clamped
from ..messages import REMARKS, Drop, Kind, Lane, Later, Outbound, State
from ..store import connections as stored_connections
from ..store import consent, queue, steps
from ..store.database import Database
from ..store.rows import Outgoing, reference
from .agenda import RECONCILE, Agenda
from .gate import Gate
from .outcome import Outcome

#: Seconds until a turn that failed for a cause of ours (a full disk, say) is tried again.
_AFTER_A_FAULT = 5.0
#: Seconds of typing shown before a reply, at most.
_TYPING = 3.0
#: Seconds that a filter may hold a message before it is asked again: no fewer, for the queue would spin.
_HOLD = (1.0, 86_400.0)
_OPTED_OUT = "the person has opted out"

log = structlog.get_logger("chatgrow.dispatch")


class Recovery(Protocol):
    """Who settles messages whose outcome is not known."""

    async def pick_up(self, connection_id: str | None = None, besides: Collection[str] = ...) -> None:
        """Make half-done messages queued or UNKNOWN again."""
        ...

    async def settle(self, connection_id: str, session: Session) -> None:
        """Look up the UNKNOWN ones."""
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
        self._hooks = hooks
        self._outcome = outcome
        self._recovery = recovery
        self._gate = gate
        self._halted = halted  #: whether nothing may leave at all
        self._ready = ready  #: a connection's session while it is online
        self._policy = policy
        self._epoch = epoch
        self._concurrency = concurrency
        self._reconcile_after = timedelta(seconds=reconcile_after)
        self._chance = chance
        self._slots: dict[tuple[str, Lane], datetime] = {}
        self._in_sync: dict[str, datetime] = {}  #: since when each connection is
        self._in_flight: set[str] = set()
        self._claims: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._draining = False
        self._drained = asyncio.Event()

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
        now = self._in_sync[connection_id] = self._clock.now()
        for lane in Lane:
            self._agenda.put((connection_id, lane), now)
        self._look_up_later(connection_id)

    def _look_up_later(self, connection_id: str) -> None:
        self._agenda.put((connection_id, RECONCILE), self._clock.now() + self._reconcile_after)

    async def _work(self) -> None:
        while True:
            async with self._agenda.due() as (connection_id, work):
                try:
                    await self._turn(connection_id, work)
                except Exception:  # whatever it was, the next turn goes on, and this one is picked up
                    log.exception("a turn failed", connection=connection_id, work=work)
                    later = self._clock.now() + timedelta(seconds=_AFTER_A_FAULT)
                    self._agenda.put((connection_id, RECONCILE), later)

    async def _turn(self, connection_id: str, work: str) -> None:
        session = self._ready(connection_id)
        if session is None or self._draining:
            return  # `online` puts it on the agenda again
        if self._halted() and work != RECONCILE:
            return  # letting go puts everything on the agenda again
        if work != RECONCILE:
            await self._send_next(connection_id, Lane(work), session)
        elif self._clock.now() < self._in_sync[connection_id] + self._reconcile_after:
            self._look_up_later(connection_id)  # put down before the page was lost; a fresh one knows little
        else:
            async with self._claims[connection_id]:
                await self._recovery.pick_up(connection_id, self._in_flight)
            await self._recovery.settle(connection_id, session)

    async def _send_next(self, connection_id: str, lane: Lane, session: Session) -> None:
        now = self._clock.now()
        slot = clamped(
            self._slots.get((connection_id, lane), now), now, self._policy(connection_id).paces[lane]
        )
        if slot > now:
            self._slots[connection_id, lane] = slot  # nearer than it was, if the clock was set back
            self._agenda.put((connection_id, lane), slot)
            return
        row = await self._claim(connection_id, lane, now)
        if row is None:
            due = await self._db.read(lambda c: queue.next_due(c, connection_id, lane, self._epoch))
            if due:
                self._agenda.put((connection_id, lane), due)
            return
        try:
            await self._deliver(session, row)
        finally:
            self._in_flight.discard(row.delivery.id)
            if not self._in_flight:
                self._drained.set()
            for each in Lane:  # its chat is free again, and its lane's next message may be due
                self._agenda.put((connection_id, each), self._clock.now())

    async def _claim(self, connection_id: str, lane: Lane, now: datetime) -> Outgoing | None:
        """Take the lane's next message; whoever picks up stranded ones must not see it as one."""
        async with self._claims[connection_id]:
            row = await self._db.write(lambda c: queue.claim(c, connection_id, lane, self._epoch, now))
            if row:
                self._in_flight.add(row.delivery.id)
            return row

    async def _deliver(self, session: Session, row: Outgoing) -> None:
        content = await self._permitted(row)
        if content is None:
            return  # held or dropped
        about = await self._about(row)
        if about is None and content.kind in REMARKS:
            await self._outcome.ended(row, State.FAILED, "the message that it is about is not known")
            return
        if not await self._intend(row, content):
            return  # taken back meanwhile
        try:
            ack = await session.send(self._parcel(row, content, about))
        except SendRefused as error:
            await self._outcome.ended(row, State.FAILED, _said(error))
        except SendFailed as error:
            await self._outcome.not_sent(row, _said(error))
        except Exception as error:  # an engine's own fault is no certainty either
            await self._outcome.unclear(row, _said(error))
            self._look_up_later(row.delivery.connection_id)
        else:
            await self._outcome.acked(row, ack)

    async def _permitted(self, row: Outgoing) -> Outbound | None:
        """What may leave now; None when it may not, and then the row is where it belongs."""
        delivery = row.delivery
        if delivery.expires_at <= self._clock.now():
            await self._outcome.ended(row, State.EXPIRED, "its time to live ended before it could leave")
            return None
        if hold := await self._gate.look(row):
            wait = (hold.until - self._clock.now()).total_seconds()
            await self._outcome.put_back(row, max(_HOLD[0], wait), hold.reason)
            return None
        if await self._db.read(lambda c: consent.opted_out(c, delivery.tenant, delivery.chat)):
            await self._outcome.ended(row, State.CANCELLED, _OPTED_OUT)
            return None
        match await self._hooks.filter_outbound(row.content, delivery):
            case Drop(reason=reason):
                await self._outcome.ended(row, State.CANCELLED, reason)
            case Later(seconds=seconds, reason=reason):
                shortest, longest = _HOLD
                await self._outcome.put_back(row, min(max(shortest, seconds), longest), reason)
            case Outbound() as content:
                # What was once to be said under an id stays: filters that add to it have done so.
                return row.content if delivery.attempts > 1 else content
        return None

    async def _about(self, row: Outgoing) -> Reference | None:
        """The message it quotes or remarks on; a quote that is not known any more is left out."""
        d = row.delivery
        if not d.about:
            return None
        return await self._db.read(lambda c: reference(c, d.tenant, d.connection_id, d.about))

    async def _intend(self, row: Outgoing, content: Outbound) -> bool:
        """The intent, what is going to be said, and the lane's next slot, in one transaction; False when the
        message was taken back, or the person opted out while the filters were asked."""
        connection_id, lane, now = row.delivery.connection_id, row.delivery.lane, self._clock.now()
        slot = now + self._policy(connection_id).paces[lane].gap(self._chance)

        def work(conn: Connection) -> bool:
            if consent.opted_out(conn, row.delivery.tenant, row.delivery.chat):
                claimed = (State.CLAIMED,)
                steps.move(conn, row.delivery.id, State.CANCELLED, now, since=claimed, reason=_OPTED_OUT)
                return False
            if steps.intend(conn, row.delivery.id, content, now) is None:
                return False
            stored_connections.take_slot(conn, connection_id, lane, slot)
            return True

        intended = await self._db.write(work)
        if intended:
            self._slots[connection_id, lane] = slot
        return intended

    def _parcel(self, row: Outgoing, content: Outbound, about: Reference | None) -> Parcel:
        policy = self._policy(row.delivery.connection_id)
        is_made = content.kind in (Kind.TEXT, Kind.VOICE)  # as one watches: typed or spoken
        shows_typing = policy.typing and row.delivery.lane is Lane.REPLY and is_made
        return Parcel(
            chat=row.delivery.chat,
            wa_id=row.delivery.wa_id,
            text=content.text,
            media=content.media,
            payload=content.payload,
            about=about,
            mentions=row.mentions,
            forwarded=row.forwarded,
            typing=min(_TYPING, policy.paces[Lane.REPLY].low) if shows_typing else 0.0,
        )


def _said(error: Exception) -> str:
    """What went wrong, in a sentence. A stranger's error keeps its text: it may quote the message."""
    detail = error.detail if isinstance(error, ChatgrowError) else ""
    return f"{(detail or type(error).__name__).rstrip('.')}."
