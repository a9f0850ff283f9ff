"""The way out, first half: taking messages in. A message is on disk, under the id WhatsApp will know it by,
before anyone is told that it is accepted; `dispatch.py` takes it from there.

    enqueue -> QUEUED -> CLAIMED -> SENDING -> SENT -> DELIVERED -> READ
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..addresses import chat_of
from ..clock import Clock
from ..engine import Ack
from ..errors import (
    BadInput,
    ChatgrowError,
    Conflict,
    MessageNotFound,
    TooLate,
)
from ..ids import new_id
from ..limits import Policy
from ..messages import (
    WAITING,
    Delivery,
    Lane,
    Outbound,
    State,
    TimelineEntry,
)
from ..store import connections as stored_connections
from ..store import outbox as store
from ..store import queue, steps
from ..store.database import Database
from ..store.rows import Outgoing, outgoing
from .agenda import Agenda
from .content import check
from .intake import Ask, digest, take_in

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
        policy: Callable[[str], Policy],
    ) -> None:
        self._db = db
        self._clock = clock
        self._agenda = agenda
        self._key = key
        self._ttl = ttl
        self._policy = policy

    def draft(
        self, tenant: str, connection_id: str, message: Outbound, *, source: str, lane: Lane
    ) -> Outgoing:
        """The row that a message will be: checked, addressed, under its final ids. Nothing is stored yet.

        Raises InvalidPhoneNumber, BadInput.
        """
        check(message)
        now, message_id = self._clock.now(), new_id()
        due, expires_at = _lifetime(message, now, self._ttl)
        digits = hmac.new(self._key, message_id.encode(), hashlib.sha256).hexdigest()[:18]
        delivery = Delivery(
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
        )
        return Outgoing(
            delivery=delivery,
            text=message.text,
            media=message.media,
            payload=message.payload,
            mentions=tuple(chat_of(each) for each in message.mentions),
            forwarded=message.forwarded,
        )

    async def enqueue(
        self, tenant: str, connection_id: str, message: Outbound, *, source: str, key: str | None = None
    ) -> Delivery:
        """Store a message to send; it is on disk when this returns."""
        row = self.draft(tenant, connection_id, message, source=source, lane=Lane.SEND)
        ask = Ask(row, key, digest(connection_id, message))
        try:
            stored = await self._db.write_together(take_in, ask)
        finally:  # cancelled, it may be stored all the same
            self.wake(connection_id)
        if isinstance(stored, ChatgrowError):
            raise stored
        return stored

    def wake(self, connection_id: str) -> None:
        """Look at a connection's lanes now: something was queued, or something stopped being in the way."""
        for lane in Lane:
            self._agenda.put((connection_id, lane), self._clock.now())

    async def acked(self, connection_id: str, ack: Ack) -> None:
        """One of our messages came further."""
        at = self._clock.now()
        if await self._db.write(lambda conn: steps.acked(conn, connection_id, ack.wa_id, ack.ack, at)):
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

    async def timeline(self, tenant: str, message_id: str) -> Sequence[TimelineEntry]:
        """Every step of its life so far, oldest first."""
        return await self._db.read(lambda conn: store.history(conn, tenant, message_id))

    async def cancel(self, tenant: str, message_id: str) -> Delivery:
        """Take back a message that has not left. Raises MessageNotFound, TooLate."""
        delivery = await self.get(tenant, message_id)
        at = self._clock.now()
        since = (*WAITING, State.QUARANTINED)
        row = await self._db.write(
            lambda conn: steps.move(
                conn, message_id, State.CANCELLED, at, since=since, reason="taken back by its sender"
            )
        )
        if row is None:
            now = await self.get(tenant, message_id)
            raise TooLate(f"The message is {now.state} already and cannot be taken back")
        self.wake(delivery.connection_id)
        return row.delivery

    async def resend(self, tenant: str, message_id: str) -> Delivery:
        """Send a quarantined message, under its same id. Raises MessageNotFound, Conflict."""
        delivery = await self.get(tenant, message_id)
        at = self._clock.now()
        reason = "a person had it sent again, under the same id"
        row = await self._db.write(
            lambda conn: steps.move(
                conn, message_id, State.QUEUED, at, since=(State.QUARANTINED,), reason=reason, recoveries=0
            )
        )
        if row is None:
            raise Conflict(f"The message is {delivery.state} and does not wait for a person's decision")
        self.wake(delivery.connection_id)
        return row.delivery

    async def held(self, tenant: str) -> Sequence[Delivery]:
        """The messages that wait for a person's decision, oldest first."""
        return await self._db.read(lambda conn: store.held(conn, tenant))

    async def waits_for(self, tenant: str, message_id: str) -> str:
        """What a message waits for now. Raises MessageNotFound."""
        delivery = await self.get(tenant, message_id)
        return delivery.reason if delivery.state in WAITING else ""

    async def estimate(self, delivery: Delivery) -> datetime:
        """When it is likely to leave, by the pacing and what stands before it in its lane."""

        def look(conn: Connection) -> tuple[int, datetime | None]:
            slots = stored_connections.next_slots(conn, delivery.connection_id)
            return queue.ahead(conn, delivery), slots.get((delivery.connection_id, delivery.lane))

        ahead, slot = await self._db.read(look)
        start = max(delivery.due, self._clock.now(), slot or delivery.due)
        return start + timedelta(
            seconds=ahead * self._policy(delivery.connection_id).paces[delivery.lane].mean
        )


def _lifetime(message: Outbound, now: datetime, ttl: timedelta) -> tuple[datetime, datetime]:
    """From when to when a message may leave."""
    if message.send_at and message.send_at.tzinfo is None:
        raise BadInput(f"sendAt {message.send_at} names no time zone")
    due = max(now, message.send_at or now)
    if due - now > _FARTHEST:
        raise BadInput(f"sendAt {due:%F} is more than a year ahead")
    return due, due + min(message.ttl or ttl, _FARTHEST)
