"""What happens in conversations: each step stands in their story, is told as a fact and counts among the
figures, in the transaction in which it is true."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from ..hub import Conversation, Happening, Measure
from ..ids import new_id
from ..messages import ConversationChange, ConversationEvent, Fault
from . import conversations, journal, tallies
from .conversation_tables import conversations as t
from .conversation_tables import happenings as h
from .conversations import AGENT, CLOSED, IS_OPEN, WAITING, Held

#: By whom, where nobody of the business does it.
THE_CUSTOMER, THE_CLOCK = "the customer", "the clock"
#: Under which name a connection carries the time zone of the figures.
ZONE = "time zone of figures"

_BY, _NOTE = 64, 4_000


def begin(conn: Connection, row: Conversation, *, by: str, message_id: str = "") -> Held:
    """Store a new one, and tell of it."""
    values = {name: getattr(row, name) for name in row.__slots__}
    conn.execute(insert(t).values(**values, message_id=message_id))
    held = Held(conversation=row, message_id=message_id)
    _tell(conn, None, held, ConversationEvent.OPENED, by=by, at=row.opened_at, note=row.note)
    return held


def change(conn: Connection, held: Held, **values: Any) -> Held:
    """Note something about one, of which there is nothing to tell."""
    conn.execute(update(t).where(t.c.id == held.conversation.id).values(**values))
    return conversations.to_held(conn.execute(select(t).where(t.c.id == held.conversation.id)).one())


def happens(
    conn: Connection,
    held: Held,
    event: ConversationEvent,
    *,
    by: str,
    at: datetime,
    note: str = "",
    **values: Any,
) -> Held:
    """Something happens in one, by which these of its values become others. Who gets free by it may be given
    another: the clock looks at once at what waits."""
    after = change(conn, held, **values) if values else held
    _tell(conn, held, after, event, by=by, at=at, note=note)
    if _holder(held.conversation) and _holder(held.conversation) != _holder(after.conversation):
        look_at_waiting(conn, held.conversation, at)
    return after


def close(
    conn: Connection, held: Held, *, by: str, at: datetime, rating_until: datetime | None = None
) -> Held:
    """It is over."""
    ended: dict[str, Any] = {"state": CLOSED, "closed_at": at, "closed_by": by[:_BY], "due_at": None}
    return happens(conn, held, ConversationEvent.CLOSED, by=by, at=at, **ended, rating_until=rating_until)


def close_with(conn: Connection, tenant: str, person: str, at: datetime) -> None:
    """A person wants nothing any more: nobody talks with him."""
    for held in conversations.of_person(conn, tenant, person):
        close(conn, held, by=THE_CUSTOMER, at=at)


def close_on(conn: Connection, tenant: str, connection_id: str, at: datetime) -> None:
    """A connection is no more, nor are its conversations."""
    for held in conversations.on_connection(conn, tenant, connection_id):
        close(conn, held, by="the end of the connection", at=at)


def join(conn: Connection, connection_id: str, lid: str, chat: str) -> None:
    """A linked id was learnt to be the person of a chat. Of two conversations with him the older goes on."""
    for each in conversations.in_either(conn, connection_id, {lid, chat})[1:]:
        talk = each.conversation
        close(conn, each, by="the same customer's other one", at=talk.wrote_at or talk.opened_at)
    conversations.move(conn, connection_id, lid, chat)


def story(conn: Connection, conversation_id: str) -> Sequence[Happening]:
    """All that happened in one, oldest first."""
    rows = conn.execute(select(h).where(h.c.conversation_id == conversation_id).order_by(h.c.at, h.c.id))
    return [
        Happening(
            at=row.at,
            event=ConversationEvent(row.event),
            by=row.by,
            team=row.team,
            agent=row.agent,
            note=row.note,
        )
        for row in rows
    ]


def last(conn: Connection, conversation_id: str, *events: ConversationEvent) -> datetime | None:
    """When one of these happened last in a conversation."""
    which = (h.c.conversation_id == conversation_id, h.c.event.in_(events))
    return conn.execute(select(func.max(h.c.at)).where(*which)).scalar()


def fault(conn: Connection, talk: Conversation, reason: str, at: datetime) -> None:
    """Tell a person what is wrong with a conversation."""
    where = {"tenant": talk.tenant, "connection_id": talk.connection_id}
    journal.tell(conn, Fault(where="conversations", reason=reason, at=at, **where), at=at)


def _tell(
    conn: Connection,
    before: Held | None,
    after: Held,
    event: ConversationEvent,
    *,
    by: str,
    at: datetime,
    note: str,
) -> None:
    talk = after.conversation
    had, has = (_holder(before.conversation) if before else ""), _holder(talk)
    conn.execute(
        insert(h).values(
            id=new_id(),
            conversation_id=talk.id,
            at=at,
            event=event,
            by=by[:_BY],
            team=talk.team,
            agent=has,
            note=note[:_NOTE],
        )
    )
    change = ConversationChange(
        conversation_id=talk.id,
        number=talk.number,
        tenant=talk.tenant,
        connection_id=talk.connection_id,
        event=event,
        state=talk.state,
        team=talk.team,
        agent=has,
        previous_agent=had if had != has else "",
        by=by[:_BY],
        at=at,
    )
    journal.tell(conn, change, at=at)
    _count(conn, before.conversation if before else talk, talk, event, at)


def _holder(talk: Conversation) -> str:
    return talk.agent if talk.state is AGENT else ""


def look_at_waiting(conn: Connection, but: Conversation, at: datetime) -> None:
    """Have the clock look at the oldest of each team that waits, but for this one."""
    mine = (t.c.tenant == but.tenant, t.c.state == WAITING, t.c.id != but.id)
    first = select(func.min(t.c.number)).where(*mine).group_by(t.c.team)
    conn.execute(update(t).where(*mine, t.c.number.in_(first), IS_OPEN).values(due_at=at))


def _count(
    conn: Connection, before: Conversation, talk: Conversation, event: ConversationEvent, at: datetime
) -> None:
    """What happened, among the figures of its day."""
    day = tallies.day_of(at, conn.info.get(ZONE, UTC))

    def add(what: Measure, name: str, since: datetime | None = None, seconds: float = 0.0) -> None:
        if name:
            took = (at - since).total_seconds() if since else seconds
            tallies.add(conn, talk.tenant, day, what, name, seconds=took)

    match event:
        case ConversationEvent.OPENED:
            add(Measure.OPENED, talk.team)
        case ConversationEvent.ANSWERED:
            add(Measure.TEAM_ANSWERED, talk.team, talk.opened_at)
            add(Measure.AGENT_ANSWERED, talk.agent, talk.assigned_at)
        case ConversationEvent.ESCALATED:
            add(Measure.ESCALATED, before.team)
        case ConversationEvent.CLOSED:
            add(Measure.TEAM_CLOSED, talk.team, talk.opened_at)
            add(Measure.AGENT_CLOSED, talk.agent, talk.opened_at)
            if talk.answered_at is None:
                add(Measure.ABANDONED, talk.team)
        case ConversationEvent.RATED:
            add(Measure.TEAM_RATED, talk.team, seconds=talk.rating or 0)
            add(Measure.AGENT_RATED, talk.agent, seconds=talk.rating or 0)
