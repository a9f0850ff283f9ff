"""The way out, first half: taking messages in. A message is on disk, under the id WhatsApp will know it by,
before anyone is told that it is accepted; `dispatch.py` takes it from there.

    enqueue -> QUEUED -> CLAIMED -> SENDING -> SENT -> DELIVERED -> READ
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from ..addresses import chat_of
from ..clock import Clock
from ..engine import Ack
from ..errors import (
    BadInput,
    ChatgrowError,
    ConnectionNotFound,
    ConnectionNotReady,
    IdempotencyMismatch,
    MessageNotFound,
    TooLate,
)
from ..hub import ConnectionView
from ..ids import new_id
from ..limits import Policy
from ..messages import (
    REMARKS,
    WAITING,
    ConnectionState,
    Delivery,
    Kind,
    Lane,
    Outbound,
    State,
    TimelineEntry,
)
from ..store import connections as stored_connections
from ..store import contacts
from ..store import outbox as store
from ..store.database import Database
from ..store.rows import Outgoing, outgoing, reference
from .agenda import Agenda
from .content import check

#: How far ahead a message may be planned, and how long it may wait.
_FARTHEST = timedelta(days=366)

#: What a person has to do before a connection in this state can send.
_TO_DO = {
    ConnectionState.LOGGED_OUT: "it was unlinked on the phone",
    ConnectionState.BANNED: "WhatsApp closed the account",
    ConnectionState.FAILED: "it cannot start",
}


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
        ask = _Ask(row, key, _digest(connection_id, message))
        try:
            stored = await self._db.write_together(_enqueue, ask)
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
        if await self._db.write(lambda conn: store.acked(conn, connection_id, ack.wa_id, ack.ack, at)):
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
        row = await self._db.write(
            lambda conn: store.move(
                conn, message_id, State.CANCELLED, at, since=WAITING, reason="taken back by its sender"
            )
        )
        if row is None:
            now = await self.get(tenant, message_id)
            raise TooLate(f"The message is {now.state} already and cannot be taken back")
        self.wake(delivery.connection_id)
        return row.delivery

    async def estimate(self, delivery: Delivery) -> datetime:
        """When it is likely to leave, by the pacing and what stands before it in its lane."""

        def look(conn: Connection) -> tuple[int, datetime | None]:
            slots = stored_connections.next_slots(conn, delivery.connection_id)
            return store.ahead(conn, delivery), slots.get((delivery.connection_id, delivery.lane))

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


@dataclass(frozen=True, slots=True)
class _Ask:
    """A message that somebody wants queued."""

    row: Outgoing
    key: str | None
    digest: str


def _enqueue(conn: Connection, asks: Sequence[_Ask]) -> Sequence[Delivery | ChatgrowError]:
    """Whatever is asked for at the same time is stored together; each gets its own answer."""
    views = stored_connections.by_id(conn, {ask.row.delivery.connection_id for ask in asks})
    known: dict[tuple[str, str], tuple[str, Outgoing | None]] = {}
    answers: list[Delivery | ChatgrowError] = []
    fresh: list[_Ask] = []
    for ask in asks:
        new = ask.row.delivery
        place = (new.tenant, ask.key) if ask.key else None
        if place and (before := known.get(place) or store.by_key(conn, *place)):
            answers.append(_repeated(before, ask.digest))
        elif refusal := _refusal(new, views.get(new.connection_id)) or _misses(conn, new):
            answers.append(refusal)
        else:
            answers.append(new)
            fresh.append(ask)
            if place:
                known[place] = (ask.digest, ask.row)
    stored = {row.delivery.id: row.delivery for row in store.add(conn, [ask.row for ask in fresh])}
    for ask in fresh:
        if ask.key:
            store.keep_key(conn, ask.row, ask.key, ask.digest)
    return [stored.get(each.id, each) if isinstance(each, Delivery) else each for each in answers]


def _refusal(delivery: Delivery, view: ConnectionView | None) -> ChatgrowError | None:
    name = delivery.connection_id
    if view is None or view.tenant != delivery.tenant:
        return ConnectionNotFound(f"There is no connection '{name}'")
    if view.me is None:
        return ConnectionNotReady(f"Connection '{name}' is {view.state}: it was never linked")
    if view.state in _TO_DO:
        return ConnectionNotReady(f"Connection '{name}' is {view.state}: {_TO_DO[view.state]}")
    return None


def _misses(conn: Connection, delivery: Delivery) -> ChatgrowError | None:
    """What is wrong with the message that this one is about."""
    if not delivery.about:
        return None
    about = reference(conn, delivery.tenant, delivery.connection_id, delivery.about)
    if about is None:
        name = delivery.connection_id
        return MessageNotFound(f"Connection '{name}' has no message '{delivery.about}' to refer to")
    here, there = (contacts.canonical(conn, delivery.connection_id, c) for c in (delivery.chat, about.chat))
    if delivery.kind in REMARKS and here != there:
        return BadInput(f"A {delivery.kind} goes to the chat of the message that it is about: {about.chat}")
    if delivery.kind is Kind.EDIT and not about.from_me:
        return BadInput("Only messages of one's own can be edited")
    return None


def _repeated(known: tuple[str, Outgoing | None], digest: str) -> Delivery | ChatgrowError:
    before, row = known
    if before != digest or row is None:
        return IdempotencyMismatch("This Idempotency-Key was used for another message")
    return row.delivery


def _digest(connection_id: str, message: Outbound) -> str:
    """What was asked, as one short value: the same request has the same."""
    media = message.media and (message.media.sha256, message.media.filename, message.media.kind)
    asked: list[object] = [
        connection_id,
        message.to,
        message.text,
        media,
        message.priority,
        message.send_at,
        message.ttl,
    ]
    asked += [message.kind, message.payload, message.about, message.mentions, message.forwarded]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
