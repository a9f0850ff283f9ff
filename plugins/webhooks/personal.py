"""What is kept of people: the log of deliveries shows the beginning of what was sent, and that may be what
somebody wrote. Dead letters name events, which say nothing once the messages are gone."""

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Text, delete, inspect, or_, select, type_coerce

from chatgrow_bot.addresses import names_one_of
from chatgrow_bot.plugin import PersonalData

from .tables import deliveries

#: Rows removed by one statement, at most.
_AT_ONCE = 512


def personal_data(flush: Callable[[], Awaitable[None]]) -> PersonalData:
    """For `register_personal_data`."""
    return PersonalData(name="deliveries", export=_export, erase=_erase, flush=flush)


def _export(
    conn: Connection, tenant: str, chats: Collection[str], message_ids: Collection[str]
) -> Iterable[Any]:
    if chats and inspect(conn).has_table(deliveries.name):
        for row in _of(conn, tenant, chats):
            yield {"at": row.at, "endpoint": row.endpoint, **row.line}


def _erase(conn: Connection, tenant: str, chats: Collection[str], message_ids: Collection[str]) -> int:
    """What was sent names the chat and its writer, so that no message need be looked for by its id."""
    if not (chats and inspect(conn).has_table(deliveries.name)):
        return 0
    gone, ids = 0, [row.id for row in _of(conn, tenant, chats)]
    for start in range(0, len(ids), _AT_ONCE):
        some = deliveries.c.id.in_(ids[start : start + _AT_ONCE])
        gone += conn.execute(delete(deliveries).where(deliveries.c.tenant == tenant, some)).rowcount
    return gone


def _of(conn: Connection, tenant: str, chats: Collection[str]) -> Iterable[Any]:
    """Those that name him; a longer number that has his in it is somebody else's."""
    words = type_coerce(deliveries.c.line, Text)
    digits = sorted({chat.partition("@")[0] for chat in chats})
    holds = or_(*(words.contains(each, autoescape=True) for each in digits))
    t = deliveries.c
    query = select(t.id, t.at, t.endpoint, t.line).where(t.tenant == tenant, holds).order_by(t.id)
    return (row for row in conn.execute(query) if names_one_of(str(row.line), chats))
