"""The automatic messages, as far back as the loop breaker looks: replies, and what was sent to somebody else
because of what came in. A person's messages are not among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, TextClause, func, select

from .rows import Outgoing, to_outgoing
from .tables import IS_ELSEWHERE, IS_REPLY, inbox, outbox

#: The source of what a person says in a conversation, as fast as a reply.
PERSON = "agent"


@dataclass(frozen=True, slots=True)
class Caused:
    """An automatic message, and where the message came in that it was sent because of."""

    row: Outgoing
    connection_id: str
    chat: str


def to_chat(conn: Connection, connection_id: str, chat: str, since: datetime) -> Sequence[Outgoing]:
    """Those queued for a chat since a time."""
    query = select(outbox).where(*_since(connection_id, since), outbox.c.chat == chat)
    return [to_outgoing(row) for row in conn.execute(query)]


def from_elsewhere(conn: Connection, connection_id: str, chat: str, since: datetime) -> Sequence[Caused]:
    """Those queued for a chat since a time because of what came in elsewhere."""
    query = (
        select(outbox, inbox.c.connection_id.label("there"), inbox.c.chat.label("said_in"))
        .join(inbox, inbox.c.id == outbox.c.cause)
        .where(*_since(connection_id, since, IS_ELSEWHERE), outbox.c.chat == chat)
    )
    return [Caused(to_outgoing(row), row.there, row.said_in) for row in conn.execute(query)]


def count(conn: Connection, connection_id: str, since: datetime) -> int:
    """How many were queued on a connection since a time."""
    counted = 0
    for which in (IS_REPLY, IS_ELSEWHERE):  # an index each
        query = select(func.count()).select_from(outbox).where(*_since(connection_id, since, which))
        counted += int(conn.execute(query).scalar_one())
    return counted


def room(conn: Connection, rows: Sequence[Outgoing], most: int, since: datetime) -> Sequence[Outgoing]:
    """Those of new replies with which their connections have no more than `most` since a time."""
    left = {name: most - count(conn, name, since) for name in {row.delivery.connection_id for row in rows}}
    fit: list[Outgoing] = []
    for row in rows:
        left[row.delivery.connection_id] -= 1
        if left[row.delivery.connection_id] >= 0:
            fit.append(row)
    return fit


def _since(
    connection_id: str, since: datetime, which: TextClause = IS_REPLY
) -> tuple[ColumnElement[bool] | TextClause, ...]:
    automatic = outbox.c.source != PERSON
    return outbox.c.connection_id == connection_id, which, outbox.c.created_at > since, automatic
