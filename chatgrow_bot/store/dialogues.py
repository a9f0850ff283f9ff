"""What plugins wait for from customers: in a chat one thing from each who writes there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, or_, select, update

from ..messages import ConnectionState, ConversationState, Inbound
from ..responses import Dialogue, Expect
from .conversation_tables import conversations
from .conversation_tables import dialogues as t
from .dialect import upsert
from .prepared import Asked
from .tables import connections, jobs

_OF = (t.c.connection_id == bindparam("name"), t.c.chat == bindparam("chat"))
_OPEN = conversations.c.state != ConversationState.CLOSED
_HELD = Asked(
    select(t.c.plugin, t.c.state, t.c.asked_at, t.c.until).where(
        *_OF, t.c.participant == bindparam("participant"), t.c.tenant == bindparam("tenant")
    )
)


@dataclass(frozen=True, slots=True)
class Held:
    """What a plugin waits for."""

    plugin: str
    dialogue: Dialogue


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOut:
    """A dialogue whose time is over, and how things stand in its chat."""

    tenant: str
    connection_id: str
    chat: str
    person: str
    plugin: str
    farewell: str
    message_id: str  #: what came in when it was asked
    until: datetime
    has_team: bool  #: people have the chat


def held(conn: Connection, message: Inbound, now: datetime) -> Held | None:
    """What its writer was asked in the chat of a message, if he wrote it in time: one that came while nobody
    looked, or had to wait its turn, was no later for that."""
    where = {"name": message.connection_id, "chat": message.chat, "tenant": message.tenant}
    rows = _HELD.rows(conn, **where, participant=message.participant)
    if not rows or rows[0].until <= min(now, message.received_at, message.sent_at):
        return None
    [row] = rows
    return Held(row.plugin, Dialogue(state=row.state, asked_at=row.asked_at, until=row.until))


def is_midway(conn: Connection, message: Inbound) -> bool:
    """Whether the writer of a message is in the middle of something that he may want to leave: asked
    something, or with a team."""
    if held(conn, message, message.received_at):
        return True
    here = (conversations.c.connection_id == message.connection_id, conversations.c.chat == message.chat)
    found = select(conversations.c.id).where(*here, conversations.c.tenant == message.tenant, _OPEN)
    return conn.execute(found).first() is not None


def expect(
    conn: Connection, message: Inbound, plugin: str, expect: Expect, at: datetime, until: datetime
) -> None:
    """Wait for something from the writer of a message, instead of whatever was waited for."""
    row = {
        "connection_id": message.connection_id,
        "chat": message.chat,
        "participant": message.participant,
        "tenant": message.tenant,
        "plugin": plugin,
        "state": expect.state,
        "farewell": expect.farewell,
        "message_id": message.id,
        "asked_at": at,
        "until": until,
    }
    conn.execute(upsert(t).values(**row))


def end(conn: Connection, message: Inbound) -> bool:
    """Wait for nothing from the writer of a message any more; whether anything was waited for."""
    place = (t.c.connection_id == message.connection_id, t.c.chat == message.chat)
    mine = (t.c.participant == message.participant, t.c.tenant == message.tenant)
    return bool(conn.execute(delete(t).where(*place, *mine)).rowcount)


def end_in(conn: Connection, connection_id: str, chat: str) -> None:
    """Wait for nothing in a private chat any more."""
    here = (t.c.connection_id == connection_id, t.c.chat == chat)
    conn.execute(delete(t).where(*here, t.c.participant == ""))


def end_with(conn: Connection, tenant: str, names: Collection[str]) -> None:
    """Wait for nothing from somebody any more, wherever he knows the tenant by these names of his."""
    own = t.c.connection_id.in_(select(connections.c.id).where(connections.c.tenant == tenant))
    conn.execute(delete(t).where(own, t.c.tenant == tenant, of(names)))


def end_on(conn: Connection, tenant: str, connection_id: str) -> None:
    """Wait for nothing on a connection of a tenant any more."""
    conn.execute(delete(t).where(t.c.connection_id == connection_id, t.c.tenant == tenant))


def of(names: Collection[str]) -> ColumnElement[bool]:
    """Dialogues with somebody of these names."""
    his = sorted(names)
    return or_(and_(t.c.chat.in_(his), t.c.participant == ""), t.c.participant.in_(his))


def move(conn: Connection, connection_id: str, lid: str, chat: str) -> None:
    """A linked id was learnt to be the person of a chat: what is waited for from him stands under that. Of
    two questions it is the later that he answers."""
    here = t.c.connection_id == connection_id
    for column, other in ((t.c.chat, t.c.participant), (t.c.participant, t.c.chat)):
        query = select(other, column).where(here, column.in_((lid, chat))).order_by(t.c.asked_at.desc())
        seen = set[str]()
        for place, name in conn.execute(query).all():
            if place in seen:
                conn.execute(delete(t).where(here, other == place, column == name))
            seen.add(place)
        conn.execute(update(t).where(here, column == lid).values({column: chat}))


def next_end(conn: Connection) -> datetime | None:
    """When the time of one is over next."""
    return conn.execute(select(func.min(t.c.until))).scalar()


def run_out(
    conn: Connection, now: datetime, *, began: datetime, since: datetime, most: int
) -> Sequence[RunOut]:
    """Take away those whose time is over, so many at once. Unless it is over since `since`, what may have
    come in time is stored and answered first: a connection that came online after this process `began` has
    fetched what came meanwhile."""
    is_answered = ~exists().where(jobs.c.connection_id == t.c.connection_id, jobs.c.chat == t.c.chat)
    is_known = exists().where(
        connections.c.id == t.c.connection_id,
        connections.c.state == ConnectionState.ONLINE,
        connections.c.state_since >= began,
    )
    here = (conversations.c.connection_id == t.c.connection_id, conversations.c.chat == t.c.chat)
    has_team = exists().where(*here, _OPEN).label("has_team")
    which = (t.c.until <= now, or_(and_(is_answered, is_known), t.c.until <= since))
    rows = conn.execute(select(t, has_team).where(*which).order_by(t.c.until).limit(most)).all()
    for row in rows:
        place = (t.c.connection_id == row.connection_id, t.c.chat == row.chat)
        conn.execute(delete(t).where(*place, t.c.participant == row.participant))
    return [
        RunOut(
            tenant=row.tenant,
            connection_id=row.connection_id,
            chat=row.chat,
            person=row.participant or row.chat,
            plugin=row.plugin,
            farewell=row.farewell,
            message_id=row.message_id,
            until=row.until,
            has_team=bool(row.has_team),
        )
        for row in rows
    ]
