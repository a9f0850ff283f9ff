"""The automatic replies, as far back as the loop breaker looks. A person's messages are not among them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, TextClause, func, select

from .rows import Outgoing, to_outgoing
from .tables import IS_REPLY, outbox


def to_chat(conn: Connection, connection_id: str, chat: str, since: datetime) -> Sequence[Outgoing]:
    """Those queued for a chat since a time."""
    query = select(outbox).where(*_since(connection_id, since), outbox.c.chat == chat)
    return [to_outgoing(row) for row in conn.execute(query)]


def count(conn: Connection, connection_id: str, since: datetime) -> int:
    """How many were queued on a connection since a time."""
    query = select(func.count()).select_from(outbox).where(*_since(connection_id, since))
    return int(conn.execute(query).scalar_one())


def room(conn: Connection, rows: Sequence[Outgoing], most: int, since: datetime) -> Sequence[Outgoing]:
    """Those of new replies with which their connections have no more than `most` since a time."""
    left = {name: most - count(conn, name, since) for name in {row.delivery.connection_id for row in rows}}
    fit: list[Outgoing] = []
    for row in rows:
        left[row.delivery.connection_id] -= 1
        if left[row.delivery.connection_id] >= 0:
            fit.append(row)
    return fit


def _since(connection_id: str, since: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return outbox.c.connection_id == connection_id, IS_REPLY, outbox.c.created_at > since
