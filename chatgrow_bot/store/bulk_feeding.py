"""How the rows of bulk sends become messages, and cease to be. A row and its message are brought together, or
apart, in one transaction that also sees whether the whole still runs: whatever dies in between, no row is
lost, and none is two messages that could both leave."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from ..hub import BatchState, ConnectionView, RowState
from ..messages import HOLDS_CHAT, WAITING, Fault, State
from . import connections as stored_connections
from . import journal, steps
from . import outbox as stored_outbox
from .bulk import Stored, to_stored
from .bulk_tables import IS_FED as _FED
from .bulk_tables import LIVE, bulk_rows
from .bulk_tables import ROW_HAS_FILE as _HAS_FILE
from .bulk_tables import ROW_WAITS as _WAITS
from .bulk_tables import bulk_batches as t
from .partial import in_states
from .places import Ration
from .prepared import Prepared
from .rows import Outgoing, from_media
from .tables import outbox, places, timeline

#: It is no message yet: it may wait for its file, too.
_NOT_YET = or_(and_(_WAITS), and_(_HAS_FILE))
_SETTLED = "settled"
#: Its message may yet leave by itself. One that a person decides about is through, as one that has ended.
_UNDER_WAY = in_states("outbox.state", (*WAITING, *HOLDS_CHAT))
_INTENDED = exists().where(timeline.c.message_id == outbox.c.id, timeline.c.state == State.SENDING)
#: It certainly has not left, and nobody has begun to send it: under another id it is the same.
_UNTOUCHED = and_(in_states("outbox.state", (State.QUEUED, State.CLAIMED)), ~_INTENDED)
_PROMISED = exists().where(
    places.c.connection_id == outbox.c.connection_id,
    ~places.c.gone,
    or_(
        and_(places.c.ration == Ration.FIRST_CONTACT, places.c.holder == outbox.c.chat),
        and_(places.c.ration == Ration.WARM_UP, places.c.holder == outbox.c.id),
    ),
)
_FEED = Prepared(
    update(bulk_rows)
    .where(bulk_rows.c.batch_id == bindparam("batch"), bulk_rows.c.number == bindparam("row"))
    .values(message_id=bindparam("message"), state=bindparam("now_in")),
    (),
)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What of a bulk send is in the queue."""

    ready: int = 0  #: may leave when it is their turn
    held: int = 0  #: told to wait for a better time
    promised: int = 0  #: of these, those that have a place of their own, which nobody else gets
    untouched: int = 0  #: of both, those that nobody has begun to send
    at_rest: int = 0  #: are through, and not noted yet


@dataclass(frozen=True, slots=True)
class Live:
    """A bulk send that has not ended, and its connection."""

    stored: Stored
    connection: ConnectionView | None
    ahead: Ahead
    waits: bool  #: whether any row is ready to become a message
    has_files: bool  #: whether any row waits for its file


def live(conn: Connection) -> Sequence[Live]:
    """All that have not ended, oldest first."""
    mine = bulk_rows.c.batch_id == t.c.id
    waits, files = (
        exists().where(mine, which).correlate(t).label(name)
        for name, which in (("row_waits", _WAITS), ("row_has_file", _HAS_FILE))
    )
    found = conn.execute(select(t, waits, files).where(LIVE).order_by(t.c.id)).all()
    if not found:
        return ()
    views = stored_connections.by_id(conn, {row.connection_id for row in found})
    ahead = _ahead(conn)
    return [
        Live(
            to_stored(row),
            views.get(row.connection_id),
            ahead.get(row.id, Ahead()),
            bool(row.row_waits),
            bool(row.row_has_file),
        )
        for row in found
    ]


def _ahead(conn: Connection) -> Mapping[str, Ahead]:
    def total(*which: ColumnElement[bool] | TextClause) -> ColumnElement[int]:
        return func.sum(case((and_(*which), 1), else_=0))

    held = outbox.c.held.is_(True)
    query = (
        select(
            bulk_rows.c.batch_id,
            total(_UNDER_WAY, ~held),
            total(_UNDER_WAY, held),
            total(_UNDER_WAY, held, _PROMISED),
            total(_UNTOUCHED),
            func.sum(case((_UNDER_WAY, 0), else_=1)),
        )
        .select_from(bulk_rows.outerjoin(outbox, outbox.c.id == bulk_rows.c.message_id))
        .where(_FED)
        .group_by(bulk_rows.c.batch_id)
    )
    return {name: Ahead(*map(int, counted)) for name, *counted in conn.execute(query)}


def next_rows(conn: Connection, batch_id: str, most: int) -> Sequence[Any]:
    """Its first rows that are ready to become messages."""
    query = select(bulk_rows).where(bulk_rows.c.batch_id == batch_id, _WAITS)
    return conn.execute(query.order_by(bulk_rows.c.number).limit(most)).all()


def next_files(conn: Connection, batch_id: str, most: int) -> Sequence[Any]:
    """Its first rows that wait for their files."""
    query = select(bulk_rows).where(bulk_rows.c.batch_id == batch_id, _HAS_FILE)
    return conn.execute(query.order_by(bulk_rows.c.number).limit(most)).all()


def feed(conn: Connection, batch_id: str, fed: Mapping[int, Outgoing]) -> bool:
    """Make these rows messages, if the bulk send still runs and all of them wait; whether it was done."""
    if not fed or _state(conn, batch_id) is not BatchState.RUNNING:
        return False
    mine = (bulk_rows.c.batch_id == batch_id, bulk_rows.c.number.in_(list(fed)))
    waiting = conn.execute(select(func.count()).select_from(bulk_rows).where(*mine, _WAITS)).scalar_one()
    if waiting != len(fed):
        return False
    stored_outbox.add(conn, list(fed.values()))
    _FEED.run(
        conn,
        [
            {"batch": batch_id, "row": number, "message": row.delivery.id, "now_in": "fed"}
            for number, row in fed.items()
        ],
    )
    return True


def settle(conn: Connection, batch_ids: Collection[str]) -> None:
    """Note which of their messages are at rest, so that they are not looked at again."""
    under_way = exists().where(outbox.c.id == bulk_rows.c.message_id, _UNDER_WAY)
    mine = (bulk_rows.c.batch_id.in_(list(batch_ids)), _FED, ~under_way)
    conn.execute(update(bulk_rows).where(*mine).values(state=_SETTLED))


def take_back(conn: Connection, batch_id: str, at: datetime, reason: str) -> None:
    """Take out of the queue what nobody has begun to send; these rows wait again."""
    mine = outbox.c.id.in_(select(bulk_rows.c.message_id).where(bulk_rows.c.batch_id == batch_id, _FED))
    back = [row.delivery.id for row in steps.move_all(conn, (mine, _UNTOUCHED), State.CANCELLED, at, reason)]
    which = (bulk_rows.c.batch_id == batch_id, _FED, bulk_rows.c.message_id.in_(back))
    conn.execute(update(bulk_rows).where(*which).values(state=RowState.WAITING, message_id=None))


def pause(conn: Connection, tenant: str, batch_id: str, at: datetime) -> bool:
    """Let no more of it leave; False when it does not run."""
    if not _turn(conn, tenant, batch_id, BatchState.RUNNING, BatchState.PAUSED):
        return False
    take_back(conn, batch_id, at, f"its bulk send {batch_id} was paused; the row waits for it to go on")
    return True


def resume(conn: Connection, tenant: str, batch_id: str) -> bool:
    """Let it go on; False when it is not paused."""
    return _turn(conn, tenant, batch_id, BatchState.PAUSED, BatchState.RUNNING)


def cancel(conn: Connection, tenant: str, batch_id: str, at: datetime, reason: str) -> bool:
    """Give up whatever has not left; False when it has ended."""
    which = (t.c.id == batch_id, t.c.tenant == tenant, t.c.ended_at.is_(None))
    values = {"state": BatchState.CANCELLED, "reason": reason, "ended_at": at}
    if not conn.execute(update(t).where(*which).values(**values)).rowcount:
        return False
    fed = outbox.c.id.in_(select(bulk_rows.c.message_id).where(bulk_rows.c.batch_id == batch_id, _FED))
    may_go = in_states("outbox.state", (*WAITING, State.CLAIMED))
    steps.move_all(conn, (fed, may_go), State.CANCELLED, at, reason)
    _end_rows(conn, batch_id, RowState.CANCELLED, reason)
    return True


def end_all(conn: Connection, tenant: str, connection_id: str, at: datetime, reason: str) -> None:
    """End whatever is under way on a connection that goes; its messages are ended by who lets it go."""
    mine = (t.c.tenant == tenant, t.c.connection_id == connection_id, t.c.ended_at.is_(None))
    for batch_id in conn.execute(select(t.c.id).where(*mine)).scalars().all():
        fail(conn, tenant, connection_id, batch_id, at, reason)


def fail(conn: Connection, tenant: str, connection_id: str, batch_id: str, at: datetime, reason: str) -> None:
    """End one whose connection is gone, and tell people."""
    values = {"state": BatchState.COMPLETED, "reason": reason, "ended_at": at}
    which = (t.c.id == batch_id, t.c.ended_at.is_(None))
    if conn.execute(update(t).where(*which).values(**values)).rowcount:
        _end_rows(conn, batch_id, RowState.FAILED, reason)
        _tell(conn, tenant, connection_id, f"bulk send {batch_id} ended early: {reason}", at)


def expire(conn: Connection, batch_id: str) -> None:
    """Its time to live has ended: what is no message yet becomes none."""
    reason = "its time to live ended before its turn came"
    which = (bulk_rows.c.batch_id == batch_id, _NOT_YET)
    conn.execute(update(bulk_rows).where(*which).values(state=RowState.EXPIRED, reason=reason))


def complete(conn: Connection, batch_id: str, at: datetime) -> bool:
    """End it, if nothing of it will happen by itself any more; whether it did."""
    left = exists().where(bulk_rows.c.batch_id == batch_id, or_(_NOT_YET, and_(_FED)))
    which = (t.c.id == batch_id, t.c.ended_at.is_(None), ~left)
    values = {"state": BatchState.COMPLETED, "reason": "", "ended_at": at}
    return bool(conn.execute(update(t).where(*which).values(**values)).rowcount)


def stand_still(conn: Connection, stored: Stored, reason: str, at: datetime) -> None:
    """Note why it cannot go on, and tell people; with no reason, that it can again."""
    batch = stored.batch
    which = (t.c.id == batch.batch_id, t.c.ended_at.is_(None), t.c.reason != reason)
    if conn.execute(update(t).where(*which).values(reason=reason)).rowcount and reason:
        said = f"bulk send {batch.batch_id} stands still: {reason}"
        _tell(conn, batch.tenant, batch.connection_id, said, at)


def keep_file(conn: Connection, batch_id: str, row: int, media: Any) -> None:
    """The file of a row is in the spool: its turn may come."""
    which = (bulk_rows.c.batch_id == batch_id, bulk_rows.c.number == row, _HAS_FILE)
    values = {"state": RowState.WAITING, "media": from_media(media)}
    conn.execute(update(bulk_rows).where(*which).values(**values))


def refuse(conn: Connection, batch_id: str, row: int, reason: str) -> None:
    """A row cannot become a message: its file cannot be had, say."""
    which = (bulk_rows.c.batch_id == batch_id, bulk_rows.c.number == row, _NOT_YET)
    conn.execute(update(bulk_rows).where(*which).values(state=RowState.FAILED, reason=reason))


def _state(conn: Connection, batch_id: str) -> str | None:
    found = select(t.c.state).where(t.c.id == batch_id).with_for_update()
    state = conn.execute(found).scalar()
    return None if state is None else BatchState(state)


def _turn(conn: Connection, tenant: str, batch_id: str, since: BatchState, to: BatchState) -> bool:
    which = (t.c.id == batch_id, t.c.tenant == tenant, t.c.state == since, t.c.ended_at.is_(None))
    return bool(conn.execute(update(t).where(*which).values(state=to, reason="")).rowcount)


def _end_rows(conn: Connection, batch_id: str, state: RowState, reason: str) -> None:
    """What is no message yet becomes none; what is one is looked at no more."""
    mine = bulk_rows.c.batch_id == batch_id
    conn.execute(update(bulk_rows).where(mine, _NOT_YET).values(state=state, reason=reason))
    conn.execute(update(bulk_rows).where(mine, _FED).values(state=_SETTLED))


def _tell(conn: Connection, tenant: str, connection_id: str, said: str, at: datetime) -> None:
    fault = Fault(where="bulk", reason=said, tenant=tenant, connection_id=connection_id, at=at)
    journal.tell(conn, fault, at=at)
