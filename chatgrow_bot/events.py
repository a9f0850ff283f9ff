"""The journal as events for programs: streams and senders, each with a place in it of his own. The newest
are kept in memory, for most listeners hear the same ones at the same time."""

import asyncio
import json
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection

from .hub import Event, EventType, Told, Wish
from .messages import (
    ConnectionChange,
    ConversationChange,
    Delivery,
    Fact,
    Fault,
    HealthReport,
    Inbound,
    Notice,
)
from .safety.media import display_name
from .store import journal
from .store.database import Database
from .store.journal import Entry

#: Events kept in memory, and facts looked at together; characters of them, for a text may be long.
_KEPT, _BATCH = 2000, 250
_KEPT_SIZE, _BATCH_SIZE = 8 << 20, 1 << 20
#: Facts loaded at once: so many long texts are in memory before anybody has counted them.
_LOADED = 25


class Events:
    """Implements hub.Events."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._news = asyncio.Event()
        self._reading = asyncio.Lock()
        self._latest: deque[Event] = deque()
        self._since: int | None = (
            None  #: all events behind this position, as far as `_until`, are in `_latest`
        )
        self._until = 0
        self._size = 0  #: characters of `_latest`

    def poke(self) -> None:
        """There may be new facts."""
        self._news.set()
        self._news = asyncio.Event()

    def news(self) -> asyncio.Event:
        """An event that is set when there may be more."""
        return self._news

    async def after(self, wish: Wish, position: int, most: int = 100) -> Told:
        """The next events behind a position."""
        if position >= self._until:
            await self._read_on(position)
        if self._since is None or position < self._since:
            events, reached = await self._db.read(lambda conn: _look(conn, position))
        else:
            first = bisect_right(self._latest, position, key=lambda event: event.position)
            events, reached = list(islice(self._latest, first, None)), max(position, self._until)
        return _chosen(wish, events, reached, most)

    async def _read_on(self, position: int) -> None:
        """Keep what comes behind a position too, if nobody has just done so."""
        async with self._reading:
            if self._since is None or position - self._until >= _BATCH:  # nobody has listened for long
                self._latest.clear()
                self._size, self._since, self._until = 0, position, position
            while position >= self._until:
                events, reached = await self._db.read(lambda conn: _look(conn, self._until))
                if reached == self._until:
                    return
                self._until = reached
                self._latest.extend(events)
                self._size += sum(len(event.json) for event in events)
                while len(self._latest) > _KEPT or self._size > _KEPT_SIZE:
                    oldest = self._latest.popleft()
                    self._since, self._size = oldest.position, self._size - len(oldest.json)

    async def forget(self) -> None:
        """Let go of what is kept in memory: some of it is no longer to be told."""
        async with self._reading:
            self._latest.clear()
            self._since, self._until, self._size = None, 0, 0

    async def one(self, tenant: str, position: int) -> Event | None:
        """The event at a position."""
        events, _ = await self._db.read(lambda conn: _look(conn, position - 1, 1))
        return next((each for each in events if each.position == position and each.tenant == tenant), None)

    async def head(self) -> int:
        """The position of the newest."""
        return await self._db.read(journal.head)

    async def oldest(self) -> int:
        """From which position on all are kept."""
        return await self._db.read(journal.oldest)

    async def before(self, moment: datetime) -> int:
        """The position behind which lie those that happened at that moment or later."""
        return await self._db.read(lambda conn: journal.before(conn, moment))


def _look(conn: Connection, position: int, most: int = _BATCH) -> tuple[list[Event], int]:
    """The next events, and how far was looked."""
    entries, found, size = journal.read_after(conn, position, most), list[Event](), 0
    for start in range(0, len(entries), _LOADED):
        some = entries[start : start + _LOADED]
        for entry, fact in zip(some, journal.load_all(conn, some), strict=True):
            if fact is not None and (event := _event(entry, fact)):
                found.append(event)
                size += len(event.json)
        position = some[-1].position
        if size >= _BATCH_SIZE:
            break
    return found, position


def _chosen(wish: Wish, events: Iterable[Event], reached: int, most: int) -> Told:
    chosen: list[Event] = []
    for event in events:
        if wish.meets(event):
            chosen.append(event)
            if len(chosen) == most:
                return Told(events=chosen, position=event.position)
    return Told(events=chosen, position=reached)


def _event(entry: Entry, fact: Fact) -> Event | None:
    """None for what programs are not told."""
    match fact:
        case Inbound():
            kind, data = EventType.RECEIVED, _received(fact)
        case Delivery():
            kind, data = EventType.STATUS, _status(fact)
        case ConnectionChange():
            kind, data = EventType.CONNECTION, _change(fact)
        case HealthReport():
            kind, data = EventType.HEALTH, _health(fact)
        case Fault():
            kind, data = EventType.FAULT, {"where": fact.where, "reason": fact.reason}
        case Notice():
            kind, data = EventType.NOTICE, _notice(fact)
        case ConversationChange():
            kind, data = EventType(f"conversation.{fact.event}"), _conversation(fact)
        case _:
            return None
    event_id = f"{entry.position}-{int(entry.at.timestamp() * 1000):x}"
    data["connectionId"] = entry.connection_id or None
    told = {"id": event_id, "type": kind, "timestamp": _moment(entry.at), "data": data}
    return Event(
        id=event_id,
        position=entry.position,
        type=kind,
        tenant=entry.tenant,
        connection_id=entry.connection_id,
        at=entry.at,
        data=data,
        json=_encoded(told),
    )


def _encoded(told: Any) -> str:
    """As JSON. Half a character, which some systems put into names, becomes a question mark: nobody could
    send it on."""
    try:
        return msgspec.json.encode(told).decode()
    except UnicodeEncodeError:
        return json.dumps(told, ensure_ascii=False).encode(errors="replace").decode()


def _received(message: Inbound) -> dict[str, Any]:
    return {
        "messageId": message.id,
        "chat": message.chat,
        "participant": message.participant,
        "fromMe": message.from_me,
        "name": message.name,
        "chatName": message.chat_name,
        "type": message.kind.value,
        "text": message.text,
        "media": _file(message),
        "payload": asdict(message.payload) if message.payload else None,
        "about": message.about,
        "mentions": list(message.mentions),
        "forwarded": message.forwarded,
        "sentAt": _moment(message.sent_at),
        "receivedAt": _moment(message.received_at),
    }


def _file(message: Inbound) -> dict[str, Any] | None:
    """What is told of a file; it is fetched by the message's id, with a token."""
    file = message.media or message.attachment
    if file is None:
        return None
    return {
        "url": f"/api/whatsapp/media/{message.id}",
        "mimetype": file.mimetype,
        "filename": display_name(file.filename, file.mimetype),
        "size": file.size,
    }


def _status(delivery: Delivery) -> dict[str, Any]:
    return {
        "messageId": delivery.id,
        "chat": delivery.chat,
        "type": delivery.kind.value,
        "status": delivery.state.value,
        "ack": delivery.ack,
        "reason": delivery.reason,
        "source": delivery.source,
    }


def _change(change: ConnectionChange) -> dict[str, Any]:
    return {"state": change.state.value, "previous": change.previous.value, "reason": change.reason}


def _health(report: HealthReport) -> dict[str, Any]:
    return {
        "state": report.state.value,
        "isHealthy": report.is_healthy,
        "canSendMessages": report.can_send,
        "canReceiveMessages": report.can_receive,
        "heartbeatAge": report.heartbeat_age,
        "backlog": report.backlog,
        "reason": report.reason,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "topic": notice.topic,
        "note": notice.note,
        "by": notice.by,
        "because": notice.because,
        "messageId": notice.message_id,
    }


def _conversation(change: ConversationChange) -> dict[str, Any]:
    return {
        "conversationId": change.conversation_id,
        "number": change.number,
        "state": change.state.value,
        "team": change.team,
        "agent": change.agent or None,
        "previousAgent": change.previous_agent or None,
        "by": change.by,
    }


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
