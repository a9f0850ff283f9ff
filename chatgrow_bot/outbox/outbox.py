"""The way out, first half: taking messages in. A message is on disk, under the id WhatsApp will know it by,
before anyone is told that it is accepted; `dispatch.py` takes it from there.

    enqueue -> QUEUED -> CLAIMED -> SENDING -> SENT -> DELIVERED -> READ
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..addresses import chat_of
from ..clock import Clock
from ..engine import Ack
from ..errors import (
    BadInput,
    ChatgrowError,
    ConnectionNotFound,
    MessageNotFound,
    NotHeld,
    TooLate,
    TooOld,
)
from ..ids import new_id
from ..limits import Quota
from ..logs import current_request
from ..messages import (
    UNSENT,
    WAITING,
    Delivery,
    Lane,
    Outbound,
    State,
    TimelineEntry,
)
from ..store import connections, consent, steps, together, waits, withdrawal
from ..store import outbox as store
from ..store.database import Database
from ..store.rows import Outgoing, outgoing
from .agenda import Agenda
from .content import check
from .counting import Counting
from .gate import Gate
from .intake import Ask, Intake, digest, unwanted
from .lines import Lines
from .waiting import Waiting

#: How far ahead a message may be planned, and how long it may wait.
_FARTHEST = timedelta(days=366)


class Outbox:
    """Takes messages in, tells how far they are, takes them back."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        agenda: Agenda,
        key: bytes,
        ttl: timedelta,
        admit: Callable[[], None],
        gate: Gate,
        quotas: Mapping[str, Quota],
    ) -> None:
        self._db = db
        self._clock = clock
        self._agenda = agenda
        self._key = key
        self._ttl = ttl
        self._admit = admit  #: raises StoreUnavailable while nothing new may be promised
        self._gate = gate
        self._counting = Counting(quotas)
        self._intake = Intake(self._counting)
        self._waiting = Waiting(db, clock)
        self._lines = Lines(db, clock)

    async def run(self) -> None:
        """Tell those who wait what became of their messages, until cancelled."""
        await self._waiting.run()

    def draft(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        lane: Lane,
        cause: str = "",
    ) -> Outgoing:
        """The row that a message will be: checked, addressed, under its final ids. Nothing is stored yet.
        `cause` is our id of the message that it answers.

        Raises InvalidPhoneNumber, BadInput.
        """
        check(message)
        return Outgoing(
            delivery=self._delivery(tenant, connection_id, message, source, lane),
            text=message.text,
            media=message.media,
            payload=message.payload,
            mentions=tuple(chat_of(each) for each in message.mentions),
            forwarded=message.forwarded,
            cause=cause,
            gap=timedelta(0) if message.send_at else self._gate.gap(connection_id, lane),
        )

    def _delivery(
        self, tenant: str, connection_id: str, message: Outbound, source: str, lane: Lane
    ) -> Delivery:
        now, message_id = self._clock.now(), new_id()
        due, expires_at = _lifetime(message, now, self._ttl)
        digits = hmac.digest(self._key, message_id.encode(), "sha256").hex()[:18]
        return Delivery(
            id=message_id,
            tenant=tenant,
            connection_id=connection_id,
            chat=chat_of(message.to),
            wa_id=f"3EB0{digits.upper()}",
            kind=message.kind,
            lane=lane,
            priority=message.priority,
            state=State.QUEUED,
            source=source,
            because=message.because,
            about=message.about,
            created_at=now,
            due=due,
            expires_at=expires_at,
            updated_at=now,
            request_id=current_request(),
        )

    async def enqueue(
        self,
        tenant: str,
        connection_id: str,
        message: Outbound,
        *,
        source: str,
        key: str | None = None,
        asked: str = "",
        lane: Lane = Lane.SEND,
    ) -> Delivery:
        """Store a message to send; it is on disk when this returns."""
        self._admit()
        row = self.draft(tenant, connection_id, message, source=source, lane=lane)
        ask = Ask(row, key, digest(connection_id, message) if key else "", asked)
        with self._lines.entering(row.delivery):
            try:
                stored = await self._db.write_together(self._intake.take_in, ask)
            finally:  # cancelled, it may be stored all the same
                self._agenda.put((connection_id, lane), self._clock.now())
            if isinstance(stored, ChatgrowError):
                raise stored
            if stored.id == row.delivery.id:  # else it is a repeat
                self._lines.join(stored)
        return stored

    async def asked_before(self, tenant: str, key: str, asked: str) -> Delivery | None:
        """What was queued under a key when the same was asked for; else None."""
        row = await self._db.read(lambda conn: store.asked_before(conn, tenant, key, asked))
        return row.delivery if row else None

    def answer(self, conn: Connection, rows: Sequence[Outgoing]) -> int:
        """Store automatic replies, in the transaction that ends the way in of what they answer; how many may
        leave. They count for the plan like all others, and are never refused; those to somebody who wants
        nothing end here."""
        self._counting.note(conn, rows)
        if not (stored := store.add(conn, rows)):
            return 0
        ended = withdrawal.end_refused(conn, [each.id for each in stored], stored[0].created_at)
        return len(stored) - ended

    def accept(self, conn: Connection, row: Outgoing, key: str) -> Delivery:
        """Store a person's message, in a transaction of the caller's. Raises as `enqueue`."""
        [came] = self._intake.take_in(conn, [Ask(row, key, digest(row.delivery.connection_id, row.content))])
        if isinstance(came, ChatgrowError):
            raise came
        return came

    def wake(self, connection_id: str) -> None:
        """Look at a connection's lanes now: something was queued, or something stopped being in the way."""
        self._lines.moved(connection_id)
        for lane in Lane:
            self._agenda.put((connection_id, lane), self._clock.now())

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of our messages came further."""
        came = together.Came(connection_id=connection_id, wa_id=ack.wa_id, ack=ack.ack, at=self._clock.now())
        if await self._db.write_together(together.acked, came):
            self.wake(connection_id)

    async def get(self, tenant: str, message_id: str) -> Delivery:
        """One message. Raises MessageNotFound."""
        return (await self._row(tenant, message_id)).delivery

    async def content(self, tenant: str, message_id: str) -> Outbound:
        """What a message says. Raises MessageNotFound."""
        return (await self._row(tenant, message_id)).content

    async def _row(self, tenant: str, message_id: str) -> Outgoing:
        row = await self._db.read(lambda conn: outgoing(conn, tenant, message_id))
        if row is None:
            raise MessageNotFound(f"There is no message '{message_id}'")
        return row

    async def wait(self, tenant: str, message_id: str, seconds: float) -> Delivery:
        """A message once it has left, has ended or waits for a person, or after so many seconds. Raises
        MessageNotFound."""
        return await self._waiting.until_at_rest(tenant, message_id, seconds)

    async def timeline(self, tenant: str, message_id: str) -> Sequence[TimelineEntry]:
        """Every step of its life so far, oldest first."""
        return await self._db.read(lambda conn: store.history(conn, tenant, message_id))

    async def cancel(self, tenant: str, message_id: str) -> Delivery:
        """Take back a message that has not left, or give one up that waits for a person's decision and may
        have left. Raises MessageNotFound, TooLate."""
        delivery = await self.get(tenant, message_id)
        at = self._clock.now()

        def work(conn: Connection) -> Outgoing | None:
            back, waits = "taken back by its sender", (*WAITING, State.CLAIMED)
            if row := steps.move(conn, message_id, State.CANCELLED, at, since=waits, reason=back):
                return row
            may_have_left = steps.was_intended(conn, message_id)
            given_up = "given up by its sender; it may have left" if may_have_left else back
            held = (State.QUARANTINED,)
            return steps.move(conn, message_id, State.CANCELLED, at, since=held, reason=given_up)

        row = await self._db.write(work)
        if row is None:
            raise TooLate(_too_late((await self.get(tenant, message_id)).state))
        self.wake(delivery.connection_id)
        return row.delivery

    async def resend(self, tenant: str, message_id: str) -> Delivery:
        """Send a quarantined message, under its same id, with all its tries. Raises MessageNotFound,
        ConnectionNotFound, OptedOut, Conflict."""
        delivery = await self.get(tenant, message_id)
        at = self._clock.now()
        if delivery.state is State.QUARANTINED and delivery.expires_at <= at:
            raise TooOld(f"Its time to live ended at {delivery.expires_at:%F %T} UTC")
        reason = "a person had it sent again, under the same id"
        fresh = {"recoveries": 0, "attempts": 0}

        def work(conn: Connection) -> Outgoing | None:
            if connections.owner(conn, delivery.connection_id) != tenant:  # deleted, and made by another
                raise ConnectionNotFound(f"There is no connection '{delivery.connection_id}'")
            if refused := unwanted(consent.opted_out(conn, tenant, delivery.chat)):
                raise refused
            held = (State.QUARANTINED,)
            return steps.move(conn, message_id, State.QUEUED, at, since=held, reason=reason, **fresh)

        row = await self._db.write(work)
        if row is None:
            raise NotHeld(f"The message is {delivery.state} and does not wait for a person's decision")
        self.wake(delivery.connection_id)
        return row.delivery

    async def held(self, tenant: str) -> Sequence[Delivery]:
        """The messages that wait for a person's decision, oldest first."""
        return await self._db.read(lambda conn: store.held(conn, tenant))

    async def waits_for(self, tenant: str, message_id: str) -> str:
        """What a message waits for now. Raises MessageNotFound."""
        delivery, now = await self.get(tenant, message_id), self._clock.now()
        return await self._db.read(lambda conn: waits.waits_for(conn, delivery, now))

    async def estimate(self, delivery: Delivery) -> datetime:
        """When it is likely to leave, by what stands before it in its lane and what it has to wait for; when
        it left, if it has."""
        if delivery.state not in UNSENT:
            return delivery.updated_at
        await self._gate.learn(delivery)
        slot, ahead = await self._lines.before(delivery)
        foreseen = self._gate.foresee(delivery, slot, ahead)
        if foreseen is not None:
            return foreseen
        return await self._db.read(lambda conn: self._gate.forecast(conn, delivery, slot, ahead))


def _too_late(state: State) -> str:
    if state in (State.SENDING, State.UNKNOWN):
        return f"The message is {state}: it may have left, and cannot be taken back before that is known"
    return f"The message is {state} already and cannot be taken back"


def _lifetime(message: Outbound, now: datetime, ttl: timedelta) -> tuple[datetime, datetime]:
    """From when to when a message may leave."""
    if message.send_at and message.send_at.tzinfo is None:
        raise BadInput(f"sendAt {message.send_at} names no time zone")
    due = max(now, message.send_at or now)
    if due - now > _FARTHEST:
        raise BadInput(f"sendAt {due:%F} is more than a year ahead")
    return due, due + min(message.ttl or ttl, _FARTHEST)
