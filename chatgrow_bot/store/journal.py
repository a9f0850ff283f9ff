"""The facts, in the order in which they were committed, and how far each reader has come.

A fact carries ids and states, never what was said: `load` fetches the message for a reader who may see it,
and finds nothing once it is erased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, func, insert, select, update

from ..messages import (
    CommandUse,
    ConnectionChange,
    ConversationChange,
    Delivery,
    Fact,
    Fault,
    HealthReport,
    Inbound,
    Notice,
    State,
)
from . import meta, rows
from .dialect import lock_journal, upsert
from .prepared import Prepared
from .tables import bookmarks, journal, parked

log = structlog.get_logger("chatgrow.store")

#: Under which key is kept how far facts were removed.
_LET_GO = "journal_let_go"
#: The hook that hears each kind of fact.
HOOKS: Mapping[type, str] = {
    Inbound: "on_inbound",
    Delivery: "on_outbound",
    ConnectionChange: "on_connection",
    HealthReport: "on_health",
    Fault: "on_fault",
    CommandUse: "on_command",
    Notice: "on_notice",
    ConversationChange: "on_conversation",
}
_TELL = Prepared(insert(journal), ("at", "hook", "tenant", "connection_id", "body"))
#: What a row of another version raises.
_UNREADABLE = (ValueError, KeyError, TypeError, msgspec.MsgspecError)
_WHOLE = {hook: kind for kind, hook in HOOKS.items() if kind not in (Inbound, Delivery)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A fact as it stands in the journal."""

    position: int
    hook: str
    tenant: str
    connection_id: str
    body: Mapping[str, Any]
    at: datetime


def tell(conn: Connection, *facts: Fact, at: datetime, first: bool = False) -> None:
    """Write facts, in the transaction that makes them true. `first`: nothing was told of these before."""
    lock_journal(conn)
    more = {"first": True} if first else {}
    _TELL.run(
        conn,
        [
            {
                "at": at,
                "hook": HOOKS[type(fact)],
                "tenant": getattr(fact, "tenant", ""),
                "connection_id": getattr(fact, "connection_id", ""),
                "body": {**_body(fact), **more},
            }
            for fact in facts
        ],
    )


def _body(fact: Fact) -> Mapping[str, Any]:
    match fact:
        case Inbound():
            return {"id": fact.id}
        case Delivery():
            return {"id": fact.id, "state": fact.state, "ack": fact.ack, "reason": fact.reason}
        case _:
            return dict(msgspec.to_builtins(fact))


def load(conn: Connection, entry: Entry) -> Fact | None:
    """The fact itself; None when the message it speaks of is no longer there."""
    match entry.hook:
        case "on_inbound":
            return rows.inbound(conn, entry.tenant, entry.body["id"])
        case "on_outbound":
            row = rows.outgoing(conn, entry.tenant, entry.body["id"])
            if row is None:
                return None
            return _as_told(row.delivery, entry)
        case hook:
            fact: Fact = msgspec.convert(entry.body, _WHOLE[hook])
            return fact


def load_all(conn: Connection, entries: Sequence[Entry]) -> Sequence[Fact | None]:
    """The facts themselves, the messages that they speak of read together; None for each that `load` would
    not find, or that cannot be read: it is of another version, and must not hold up the others."""
    try:
        return _loaded(conn, entries)
    except _UNREADABLE:
        return [_alone(conn, entry) for entry in entries]


def _alone(conn: Connection, entry: Entry) -> Fact | None:
    try:
        [fact] = _loaded(conn, [entry])
    except _UNREADABLE as error:
        log.warning("a fact cannot be read, and is passed over", position=entry.position, cause=repr(error))
        return None
    return fact


def _loaded(conn: Connection, entries: Sequence[Entry]) -> Sequence[Fact | None]:
    wanted: dict[str, set[str]] = {"on_inbound": set(), "on_outbound": set()}
    for entry in entries:
        if entry.hook in wanted:
            wanted[entry.hook].add(entry.body["id"])
    messages: dict[str, Inbound | Delivery] = {
        **rows.inbounds(conn, wanted["on_inbound"]),
        **rows.deliveries(conn, wanted["on_outbound"]),
    }
    return [_told(entry, messages) for entry in entries]


def _told(entry: Entry, messages: Mapping[str, Inbound | Delivery]) -> Fact | None:
    if entry.hook in _WHOLE:
        fact: Fact = msgspec.convert(entry.body, _WHOLE[entry.hook])
        return fact
    message = messages.get(entry.body["id"])
    if message is None or message.tenant != entry.tenant:
        return None
    return _as_told(message, entry) if isinstance(message, Delivery) else message


def _as_told(delivery: Delivery, entry: Entry) -> Delivery:
    """A message as it was when the fact was told."""
    body = entry.body
    return replace(delivery, state=State(body["state"]), ack=body["ack"], reason=body["reason"])


def head(conn: Connection) -> int:
    """The position of the newest fact; 0 when there is none."""
    return conn.execute(select(func.max(journal.c.position))).scalar() or 0


def oldest(conn: Connection) -> int:
    """From which position on all facts are kept."""
    return 1 + (meta.get(conn, _LET_GO) or 0)


def let_go(conn: Connection, position: int) -> None:
    """Facts were removed, as far as this position at least."""
    meta.put(conn, _LET_GO, max(position, oldest(conn) - 1))


def before(conn: Connection, moment: datetime) -> int:
    """The position behind which lie the facts told at that moment or later. They stand in the order of their
    time, but for a clock that was set: found by halving."""
    low, high = oldest(conn) - 1, head(conn)
    while low < high:
        middle = (low + high + 1) // 2
        at = select(journal.c.at, journal.c.position).where(journal.c.position <= middle)
        row = conn.execute(at.order_by(journal.c.position.desc()).limit(1)).first()
        if row is None or row.at < moment:
            low = middle
        else:
            high = row.position - 1
    return low


def last_written(conn: Connection) -> datetime | None:
    """When the newest fact was written down."""
    return conn.execute(select(journal.c.at).order_by(journal.c.position.desc()).limit(1)).scalar()


def read_after(conn: Connection, position: int, limit: int) -> Sequence[Entry]:
    """The next facts after a position, in order."""
    rows = conn.execute(
        select(journal).where(journal.c.position > position).order_by(journal.c.position).limit(limit)
    )
    return [Entry(**row._mapping) for row in rows]


def bookmark(conn: Connection, reader: str) -> int | None:
    """How far a reader has come; None when it has never read."""
    return conn.execute(select(bookmarks.c.position).where(bookmarks.c.reader == reader)).scalar()


def move(conn: Connection, reader: str, position: int) -> None:
    """Remember how far a reader has come."""
    conn.execute(upsert(bookmarks).values(reader=reader, position=position))


def move_on(conn: Connection, reader: str, since: int, position: int) -> bool:
    """The same for a reader that has come so far; False when it has come elsewhere meanwhile."""
    mine = (bookmarks.c.reader == reader, bookmarks.c.position == since)
    return bool(conn.execute(update(bookmarks).where(*mine).values(position=position)).rowcount)


def park(conn: Connection, reader: str, entry: Entry, reason: str, at: datetime) -> None:
    """Set a fact aside that a reader cannot take, so that those behind it go on."""
    conn.execute(insert(parked).values(reader=reader, position=entry.position, reason=reason, at=at))
