"""Conversations that teams have, as they stand. What happens in them is in happenings.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, text, update

from ..hub import Conversation
from ..messages import REMARKS, ConversationState, Inbound
from .consent import names
from .conversation_tables import conversations as t
from .prepared import Asked
from .rows import to_inbound
from .tables import connections, inbox

WAITING, AGENT, CLOSED = ConversationState.WAITING, ConversationState.AGENT, ConversationState.CLOSED
#: In the words of the index of those that are open.
IS_OPEN = text("state != 'closed'")

_IS_DUE = text("due_at IS NOT NULL")
_SHOWN = [each.name for each in fields(Conversation)]
#: Messages that are shown of a conversation at once.
_MESSAGES = 200
_HERE = (t.c.connection_id == bindparam("name"), t.c.chat == bindparam("chat"))
_OPEN_IN = Asked(select(t).where(*_HERE, IS_OPEN))
_RATED_NOW = Asked(
    select(t).where(*_HERE, t.c.rating_until > bindparam("now")).order_by(t.c.number.desc()).limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A conversation, with what only the core needs."""

    conversation: Conversation
    message_id: str = ""  #: what came in when it was opened
    rating_until: datetime | None = None  #: a number that the customer writes until then is his rating
    due_at: datetime | None = None  #: when the clock has to look at it next


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many of a team's conversations are in a state."""

    team: str
    state: ConversationState
    count: int


def to_held(row: Any) -> Held:
    """A row of `conversations`."""
    shown = {name: getattr(row, name) for name in _SHOWN}
    shown["state"] = ConversationState(row.state)
    return Held(
        conversation=Conversation(**shown),
        message_id=row.message_id,
        rating_until=row.rating_until,
        due_at=row.due_at,
    )


def open_in(conn: Connection, tenant: str, connection_id: str, chat: str) -> Held | None:
    """The one that is open in a chat."""
    rows = _OPEN_IN.rows(conn, name=connection_id, chat=chat)
    return to_held(rows[0]) if rows and rows[0].tenant == tenant else None


def to_rate(conn: Connection, message: Inbound, now: datetime) -> Held | None:
    """The one that the customer may rate with a message: the last one of its chat."""
    rows = _RATED_NOW.rows(conn, name=message.connection_id, chat=message.chat, now=now)
    if not rows or rows[0].tenant != message.tenant or rows[0].state != CLOSED:
        return None
    return to_held(rows[0])


def get(conn: Connection, tenant: str, conversation_id: str) -> Held | None:
    """One of a tenant's."""
    found = conn.execute(select(t).where(t.c.id == conversation_id, t.c.tenant == tenant)).first()
    return to_held(found) if found else None


def by_number(conn: Connection, tenant: str, number: int) -> Held | None:
    """One of a tenant's, as people call it."""
    found = conn.execute(select(t).where(t.c.tenant == tenant, t.c.number == number)).first()
    return to_held(found) if found else None


def next_number(conn: Connection, tenant: str) -> int:
    """The number that a tenant's next one gets: in the transaction that stores it."""
    return 1 + (conn.execute(select(func.max(t.c.number)).where(t.c.tenant == tenant)).scalar() or 0)


def page(
    conn: Connection,
    tenant: str,
    states: Collection[ConversationState],
    team: str,
    agent: str,
    before: int | None,
    limit: int,
) -> Sequence[Conversation]:
    """Some of a tenant's, newest first."""
    query = select(t).where(t.c.tenant == tenant, t.c.state.in_(sorted(states)))
    if team:
        query = query.where(t.c.team == team)
    if agent:
        query = query.where(t.c.agent == agent)
    if before is not None:
        query = query.where(t.c.number < before)
    found = conn.execute(query.order_by(t.c.number.desc()).limit(limit))
    return [to_held(row).conversation for row in found]


def loads(conn: Connection, tenant: str) -> Sequence[Load]:
    """How many of a tenant's are open, by team and state."""
    open_ = t.c.state.in_((WAITING, AGENT))
    query = select(t.c.team, t.c.state, func.count()).where(t.c.tenant == tenant, open_)
    found = conn.execute(query.group_by(t.c.team, t.c.state))
    return [Load(team=team, state=ConversationState(state), count=count) for team, state, count in found]


def held_by(conn: Connection, tenant: str) -> Mapping[str, int]:
    """How many each agent of a tenant has now."""
    query = select(t.c.agent, func.count()).where(t.c.tenant == tenant, t.c.state == AGENT)
    return {agent: count for agent, count in conn.execute(query.group_by(t.c.agent))}


def last_given(conn: Connection, tenant: str, team: str) -> str:
    """Who got a team's last one; empty when nobody has."""
    mine = (t.c.tenant == tenant, t.c.team == team, t.c.assigned_at.is_not(None))
    return (
        conn.execute(select(t.c.agent).where(*mine).order_by(t.c.assigned_at.desc()).limit(1)).scalar() or ""
    )


def last_agent(conn: Connection, of: Conversation) -> str:
    """Who had this customer last, before this conversation."""
    there = (t.c.connection_id == of.connection_id, t.c.chat == of.chat, t.c.number < of.number)
    query = select(t.c.agent).where(*there, t.c.tenant == of.tenant, t.c.agent != "")
    return conn.execute(query.order_by(t.c.number.desc()).limit(1)).scalar() or ""


def due(conn: Connection, now: datetime, most: int) -> Sequence[Held]:
    """Those that the clock has to look at, so many at most."""
    query = select(t).where(t.c.due_at <= now, _IS_DUE).order_by(t.c.due_at, t.c.number).limit(most)
    return [to_held(row) for row in conn.execute(query)]


def next_due(conn: Connection) -> datetime | None:
    """When the clock has to look at one next."""
    return conn.execute(select(func.min(t.c.due_at)).where(_IS_DUE)).scalar()


def others_due(conn: Connection, than: Conversation, now: datetime) -> bool:
    """Whether another of the same team waits, and is just going to be given to whoever is free."""
    mine = (t.c.tenant == than.tenant, t.c.state == WAITING, t.c.team == than.team, t.c.id != than.id)
    return bool(conn.execute(select(exists().where(*mine, t.c.due_at <= now, _IS_DUE))).scalar())


def all_open(conn: Connection) -> Sequence[Held]:
    """All that are open, of everybody: for when the teams change."""
    return [to_held(row) for row in conn.execute(select(t).where(IS_OPEN).order_by(t.c.id))]


def look_at_all(conn: Connection, now: datetime) -> None:
    """The clock has to look at every open one."""
    conn.execute(update(t).where(IS_OPEN).values(due_at=now))


def of_person(conn: Connection, tenant: str, person: str) -> Sequence[Held]:
    """Those that are open with a person, by any of his names."""
    own = select(connections.c.id).where(connections.c.tenant == tenant)
    here = (t.c.connection_id.in_(own), t.c.chat.in_(sorted(names(conn, tenant, person))))
    query = select(t).where(*here, IS_OPEN, t.c.tenant == tenant)
    return [to_held(row) for row in conn.execute(query)]


def on_connection(conn: Connection, tenant: str, connection_id: str) -> Sequence[Held]:
    """Those that are open on a connection."""
    query = select(t).where(t.c.connection_id == connection_id, IS_OPEN, t.c.tenant == tenant)
    return [to_held(row) for row in conn.execute(query)]


def in_either(conn: Connection, connection_id: str, chats: Collection[str]) -> Sequence[Held]:
    """Those that are open in some chats, oldest first."""
    query = select(t).where(t.c.connection_id == connection_id, t.c.chat.in_(sorted(chats)), IS_OPEN)
    return [to_held(row) for row in conn.execute(query.order_by(t.c.number))]


def move(conn: Connection, connection_id: str, lid: str, chat: str) -> None:
    """A linked id was learnt to be the person of a chat."""
    conn.execute(update(t).where(t.c.connection_id == connection_id, t.c.chat == lid).values(chat=chat))


def has_written(conn: Connection, tenant: str, connection_id: str, chat: str) -> str | None:
    """The name of who wrote last in a private chat; None when nobody ever did."""
    here = (inbox.c.connection_id == connection_id, inbox.c.chat == chat, inbox.c.tenant == tenant)
    query = select(inbox.c.name).where(*here, inbox.c.from_me.is_(False))
    return conn.execute(query.order_by(inbox.c.id.desc()).limit(1)).scalar()


def heard(conn: Connection, held: Held, after: str) -> Sequence[Inbound]:
    """What the customer wrote in one, the message that opened it included, oldest first."""
    talk = held.conversation
    here = (inbox.c.connection_id == talk.connection_id, inbox.c.chat == talk.chat)
    his = (inbox.c.tenant == talk.tenant, inbox.c.from_me.is_(False), inbox.c.kind.not_in(sorted(REMARKS)))
    query = select(inbox).where(*here, *his)
    if held.message_id:
        query = query.where(inbox.c.id >= held.message_id)
    else:
        query = query.where(inbox.c.received_at >= talk.opened_at)
    if talk.closed_at:
        query = query.where(inbox.c.received_at <= talk.closed_at)
    if after:
        query = query.where(inbox.c.id > after)
    return [to_inbound(row) for row in conn.execute(query.order_by(inbox.c.id).limit(_MESSAGES))]


def ended(conn: Connection, before: datetime, most: int) -> Sequence[str]:
    """Those that were closed before then."""
    query = select(t.c.id).where(t.c.state == CLOSED, t.c.closed_at < before).order_by(t.c.id).limit(most)
    return conn.execute(query).scalars().all()


def remove(conn: Connection, ids: Sequence[str], before: datetime) -> int:
    """Let go of these, with what happened in them."""
    which = (t.c.id.in_(ids), t.c.state == CLOSED, t.c.closed_at < before)
    return conn.execute(delete(t).where(*which)).rowcount


def is_open_in(conn: Connection, connection_id: str, chat: str) -> bool:
    """Whether people have a chat, or are to."""
    query = select(exists().where(t.c.connection_id == connection_id, t.c.chat == chat, IS_OPEN))
    return bool(conn.execute(query).scalar())
