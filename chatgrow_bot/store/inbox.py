"""What came in, and which of it has not yet reached the end of its way in. For the core alone: a message is
shown by `rows.inbound`, to its tenant."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from ..messages import Inbound, Step
from . import journal
from .dialect import insert_ignore
from .rows import from_media, to_inbound
from .tables import inbox, jobs

_COLUMNS = [field.name for field in fields(Inbound) if field.name != "media"]


def add(conn: Connection, message: Inbound) -> bool:
    """Store a message once, with its fact and the job of answering it; False when it was there already."""
    values = {name: getattr(message, name) for name in _COLUMNS}
    added = conn.execute(insert_ignore(inbox).values(**values, media=from_media(message.media), outcome=""))
    if not added.rowcount:
        return False
    conn.execute(
        insert(jobs).values(message_id=message.id, connection_id=message.connection_id, chat=message.chat)
    )
    journal.tell(conn, message, at=message.received_at)
    return True


def finish(conn: Connection, message_id: str, outcome: str, trace: Sequence[Step]) -> bool:
    """End a message's way in; False when it had ended before (then nothing may follow from it again)."""
    if not conn.execute(delete(jobs).where(jobs.c.message_id == message_id)).rowcount:
        return False
    steps = [asdict(step) for step in trace]
    conn.execute(update(inbox).where(inbox.c.id == message_id).values(outcome=outcome, trace=steps))
    return True


def pending(conn: Connection) -> Sequence[Inbound]:
    """Messages whose way in a stop or a crash cut short, oldest first."""
    rows = conn.execute(select(inbox).join(jobs, jobs.c.message_id == inbox.c.id).order_by(inbox.c.id))
    return [to_inbound(row) for row in rows]


def ended_as(
    conn: Connection, connection_id: str, chat: str, outcome: str, since: datetime
) -> Sequence[datetime]:
    """When the messages of a chat came whose way in ended so, since a time."""
    found = select(inbox.c.received_at).where(
        inbox.c.connection_id == connection_id,
        inbox.c.chat == chat,
        inbox.c.outcome == outcome,
        inbox.c.received_at > since,
    )
    return conn.execute(found).scalars().all()
