"""Every step of an outgoing message goes through here: the row, its timeline and the fact in one transaction,
and only from a state that allows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, insert, select, update

from ..addresses import LINKED_ID
from ..ids import new_id
from ..messages import HOLDS_CHAT, NEVER_LEFT, WAITING, Delivery, State, Step
from . import contacts, journal, places
from .partial import in_states
from .prepared import Prepared
from .rows import Outgoing, to_outgoing
from .tables import outbox, timeline

_NOTE = Prepared(insert(timeline), timeline.c.keys())
_WAITS, _HOLDS = in_states("outbox.state", WAITING), in_states("outbox.state", HOLDS_CHAT)


def move(
    conn: Connection,
    message_id: str,
    state: State,
    at: datetime,
    *,
    since: Collection[State],
    reason: str = "",
    by: int | None = None,
    **values: Any,
) -> Outgoing | None:
    """Bring a message into a state, if it is in one of `since` and, with `by`, was last taken by the process
    of this epoch; None when it is not (somebody was faster)."""
    which = [outbox.c.id == message_id, outbox.c.state.in_(tuple(since))]
    if by is not None:
        which.append(outbox.c.epoch == by)
    moved = move_all(conn, which, state, at, reason, values)
    return moved[0] if moved else None


def move_all(
    conn: Connection,
    which: Sequence[ColumnElement[bool] | TextClause],
    state: State,
    at: datetime,
    reason: str,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Sequence[Outgoing]:
    """Bring every message that is meant into a state; those that were."""
    changes = {"state": state, "reason": reason, "updated_at": at, "held": False, **values}
    result = conn.execute(update(outbox).where(*which).values(**changes).returning(outbox))
    moved = [to_outgoing(row) for row in result]
    told(conn, [row.delivery for row in moved])
    if state in NEVER_LEFT:
        places.give_up(conn, [row.delivery for row in moved])
    return moved


def told(conn: Connection, moved: Sequence[Delivery]) -> None:
    """What was moved is told, and goes where it belongs by now."""
    if moved:
        tell(conn, *moved)
    for d in moved:
        if d.chat.endswith(LINKED_ID):  # its reader's number may have become known while it was on its way
            contacts.bring_home(conn, d.connection_id, d.chat)


def was_intended(conn: Connection, message_id: str) -> bool:
    """Whether it was ever about to leave: what it said then, it says; and it may be with its reader."""
    mine = (timeline.c.message_id == message_id, timeline.c.state == State.SENDING)
    return conn.execute(select(timeline.c.id).where(*mine).limit(1)).first() is not None


def from_trace(trace: Sequence[Step]) -> Sequence[Mapping[str, Any]]:
    """A trace as it is stored."""
    return [asdict(step) for step in trace]


def end_all(conn: Connection, tenant: str, connection_id: str, at: datetime, reason: str) -> None:
    """End whatever is under way on a connection: what has not left is taken back, what may have left is for a
    person to judge."""
    mine = (outbox.c.tenant == tenant, outbox.c.connection_id == connection_id)
    move_all(conn, (*mine, _WAITS), State.CANCELLED, at, reason)
    move_all(conn, (*mine, _HOLDS, outbox.c.state == State.CLAIMED), State.CANCELLED, at, reason)
    move_all(conn, (*mine, _HOLDS), State.QUARANTINED, at, f"it is not known whether it left; {reason}")


def expire(conn: Connection, now: datetime, most: int) -> Sequence[Outgoing]:
    """End waiting messages whose time to live has ended, so many at once; those that were ended."""
    overdue = select(outbox.c.id).where(_WAITS, outbox.c.expires_at <= now).limit(most)
    reason = "its time to live ended before it could leave"
    return move_all(conn, (_WAITS, outbox.c.id.in_(overdue)), State.EXPIRED, now, reason)


def tell(conn: Connection, *deliveries: Delivery, first: bool = False) -> None:
    """A step of each, the `first` or a later one, in its timeline and in the journal."""
    steps = [
        {"id": new_id(), "message_id": d.id, "at": d.updated_at, "state": d.state, "reason": d.reason}
        for d in deliveries
    ]
    _NOTE.run(conn, steps)
    journal.tell(conn, *deliveries, at=deliveries[0].updated_at, first=first)
