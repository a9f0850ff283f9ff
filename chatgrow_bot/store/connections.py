"""The connections as stored. Owners see a ConnectionView; what only the core needs stands beside it. What
is done in an owner's name takes his tenant; all else is for the core alone."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, delete, func, insert, literal, select, update

from ..hub import ConnectionView
from ..messages import UNSENT, WAITING, ConnectionChange, ConnectionState, Lane
from . import dialogues, journal
from .account_tables import users
from .dialect import upsert
from .partial import in_states
from .prepared import Asked
from .tables import connections as t
from .tables import journal as journal_table
from .tables import outbox, slots

#: A longer queue is told as one of this length: counting a million takes half a second.
COUNTED = 10_000
_WAITS = in_states("outbox.state", WAITING)
_WAITING = select(literal(1)).where(outbox.c.connection_id == t.c.id, _WAITS).limit(COUNTED).correlate(t)
_BACKLOGS = select(t.c.id, select(func.count()).select_from(_WAITING.subquery()).scalar_subquery())
_BY_ID = Asked(select(t).where(t.c.id.in_(bindparam("ids", expanding=True))))


def add(conn: Connection, view: ConnectionView) -> None:
    """Store a new one. Raises IntegrityError when the id is taken, by whomever."""
    conn.execute(
        insert(t).values(
            id=view.connection_id,
            tenant=view.tenant,
            name=view.name,
            phone_number=view.phone_number,
            settings=dict(view.settings),
            state=view.state,
            state_since=view.state_since,
            created_at=view.created_at,
        )
    )


def every(conn: Connection) -> Sequence[ConnectionView]:
    """All of the installation, oldest first."""
    return _views(conn, select(t))


def owner(conn: Connection, connection_id: str) -> str | None:
    """Whose connection it is; None when there is none."""
    return conn.execute(select(t.c.tenant).where(t.c.id == connection_id)).scalar()


def by_id(conn: Connection, ids: Collection[str]) -> Mapping[str, ConnectionView]:
    """Those of these ids, whoever owns them."""
    rows = _BY_ID.rows(conn, ids=sorted(ids)) if ids else ()
    return {view.connection_id: view for view in map(_view, rows)}


def change(conn: Connection, tenant: str, connection_id: str, values: Mapping[str, Any]) -> None:
    """Set some of name, phone_number, settings, paused, paused_because, first_contacts_until."""
    conn.execute(update(t).where(t.c.tenant == tenant, t.c.id == connection_id).values(**values))


def remove(conn: Connection, tenant: str, connection_id: str) -> None:
    """Forget one, and what plugins wait for there. Its messages stay, for whoever asks what became of
    them."""
    dialogues.end_on(conn, tenant, connection_id)
    conn.execute(delete(t).where(t.c.tenant == tenant, t.c.id == connection_id))


def enter(conn: Connection, change: ConnectionChange, me: str | None) -> None:
    """Bring a connection into another state, with the fact."""
    # The same account linked anew is not a new one.
    since = case((t.c.me == me, t.c.linked_at), else_=literal(change.at, t.c.linked_at.type))
    known = {"me": me, "linked_at": since} if me else {}
    conn.execute(
        update(t)
        .where(t.c.id == change.connection_id)
        .values(state=change.state, reason=change.reason, state_since=change.at, **known)
    )
    journal.tell(conn, change, at=change.at)


def linked_at(conn: Connection, connection_id: str) -> datetime | None:
    """Since when the account that is linked is; None when none is, or was before that was written down."""
    return conn.execute(select(t.c.linked_at).where(t.c.id == connection_id)).scalar()


def first_contacts_until(conn: Connection, connection_id: str) -> datetime | None:
    """Until then nobody is written to for the first time."""
    return conn.execute(select(t.c.first_contacts_until).where(t.c.id == connection_id)).scalar()


def plans(conn: Connection) -> Mapping[str, str]:
    """The plan of each connection's owner, by connection."""
    query = select(t.c.id, users.c.plan).join(users, users.c.id == t.c.tenant)
    return {name: plan for name, plan in conn.execute(query)}


def hold(conn: Connection, connection_id: str, because: str) -> None:
    """Let nothing leave from one until a person says so."""
    conn.execute(update(t).where(t.c.id == connection_id).values(paused=True, paused_because=because))


def count(conn: Connection, tenant: str) -> int:
    """How many a tenant has."""
    query = select(func.count()).select_from(t).where(t.c.tenant == tenant)
    return int(conn.execute(query).scalar_one())


def unsent(conn: Connection, tenant: str, connection_id: str) -> int:
    """How many of its messages may yet leave; what is held of an earlier owner of its id is not its own."""
    mine = (outbox.c.tenant == tenant, outbox.c.connection_id == connection_id)
    which = (*mine, in_states("outbox.state", UNSENT))
    return int(conn.execute(select(func.count()).where(*which)).scalar_one())


def last_heard_of(conn: Connection, ids: Collection[str]) -> Mapping[str, datetime]:
    """Which of these there were once, and when, by what is kept of them: facts, and messages."""
    heard: dict[str, datetime] = {}
    for name, at in (
        (journal_table.c.connection_id, journal_table.c.at),
        (outbox.c.connection_id, outbox.c.updated_at),
    ):
        query = select(name, func.max(at)).where(name.in_(list(ids))).group_by(name)
        for each, latest in conn.execute(query):
            heard[each] = max(latest, heard.get(each, latest))
    return heard


def own(conn: Connection, epoch: int) -> None:
    """Take every connection for this process: rows of an older epoch are no one's."""
    conn.execute(update(t).values(epoch=epoch))


def swept_to(conn: Connection, connection_id: str) -> datetime | None:
    """What came before this time is known to be stored."""
    return conn.execute(select(t.c.swept_to).where(t.c.id == connection_id)).scalar()


def mark_swept(conn: Connection, connection_id: str, to: datetime) -> None:
    """Everything before `to` is stored."""
    conn.execute(update(t).where(t.c.id == connection_id).values(swept_to=to))


def next_slots(conn: Connection, connection_id: str | None = None) -> Mapping[tuple[str, Lane], datetime]:
    """When each lane of each connection (or of one) may next send."""
    query = select(slots)
    if connection_id:
        query = query.where(slots.c.connection_id == connection_id)
    return {(row.connection_id, Lane(row.lane)): row.next_slot for row in conn.execute(query)}


def take_slot(conn: Connection, connection_id: str, lane: Lane, next_slot: datetime) -> None:
    """Move a lane's next slot."""
    conn.execute(upsert(slots).values(connection_id=connection_id, lane=lane, next_slot=next_slot))


def backlogs(conn: Connection) -> Mapping[str, int]:
    """How many messages wait on each connection on which any does, counted up to COUNTED."""
    return {name: count for name, count in conn.execute(_BACKLOGS) if count}


def _views(conn: Connection, query: Select[Any]) -> Sequence[ConnectionView]:
    return [_view(row) for row in conn.execute(query.order_by(t.c.created_at, t.c.id))]


def _view(row: Any) -> ConnectionView:
    return ConnectionView(
        connection_id=row.id,
        tenant=row.tenant,
        name=row.name,
        phone_number=row.phone_number,
        settings=row.settings,
        state=ConnectionState(row.state),
        reason=row.reason,
        paused=row.paused,
        me=row.me,
        created_at=row.created_at,
        state_since=row.state_since,
        paused_because=row.paused_because,
        first_contacts_until=row.first_contacts_until,
    )
