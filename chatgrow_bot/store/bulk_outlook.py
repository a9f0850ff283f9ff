"""What stands before the end of a bulk send, for whoever wants to know when that is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, exists, func, or_, select

from ..hub import BatchState
from ..messages import UNSENT, WAITING, Lane, Priority
from .bulk_tables import IS_FED, LIVE, ROW_HAS_FILE, ROW_WAITS, bulk_rows
from .bulk_tables import bulk_batches as t
from .partial import in_states
from .tables import outbox

_NOT_YET = or_(and_(ROW_WAITS), and_(ROW_HAS_FILE))


def left(conn: Connection, tenant: str, connection_id: str) -> Mapping[str, int]:
    """The rows that have not left, of each bulk send of a connection that runs."""
    under_way = exists().where(outbox.c.id == bulk_rows.c.message_id, in_states("outbox.state", UNSENT))
    running = (t.c.tenant == tenant, t.c.connection_id == connection_id, t.c.state == BatchState.RUNNING)
    query = (
        select(bulk_rows.c.batch_id, func.count())
        .join(t, t.c.id == bulk_rows.c.batch_id)
        .where(*running, LIVE, or_(_NOT_YET, and_(IS_FED, under_way)))
        .group_by(bulk_rows.c.batch_id)
    )
    return {str(name): int(count) for name, count in conn.execute(query)}


def before(conn: Connection, connection_id: str, now: datetime) -> int:
    """How many messages of a connection are due that go before those of bulk sends."""
    which = (
        outbox.c.connection_id == connection_id,
        outbox.c.lane == Lane.SEND,
        outbox.c.priority < Priority.LOW,
        outbox.c.due <= now,
        in_states("outbox.state", WAITING),
    )
    return int(conn.execute(select(func.count()).select_from(outbox).where(*which)).scalar_one())


def last_chat(conn: Connection, batch_id: str) -> str:
    """Whom the last of its rows is for that are no messages yet; empty when all are."""
    query = select(bulk_rows.c.chat).where(bulk_rows.c.batch_id == batch_id, _NOT_YET)
    return conn.execute(query.order_by(bulk_rows.c.number.desc()).limit(1)).scalar() or ""
