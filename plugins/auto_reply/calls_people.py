"""What the calls of rules hold of people, for whoever asks for what is kept of him or has it erased."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, delete, inspect, or_, select

from chatgrow_bot.addresses import names_one_of
from chatgrow_bot.plugin import PersonalData

from .calls_rows import calls

#: Rows removed by one statement, at most.
_AT_ONCE = 512


def personal_data(instance: str) -> PersonalData:
    """For `register_personal_data`: each instance of the plugin tells of its own calls. Whichever is asked
    first erases those of all, so that nothing stays of one that was taken out of the configuration."""
    return PersonalData(name="webhooks of rules", export=partial(_export, instance), erase=_erase)


def _export(
    instance: str, conn: Connection, tenant: str, chats: Collection[str], messages: Collection[str]
) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "message_id": row.message_id,
            "rule": row.rule,
            "url": row.url,
            "body": row.body,
            "added_at": row.added_at.isoformat(),
        }
        for row in _his(conn, tenant, chats, messages)
        if row.instance == instance
    ]


def _erase(conn: Connection, tenant: str, chats: Collection[str], messages: Collection[str]) -> int:
    gone, ids = 0, [row.id for row in _his(conn, tenant, chats, messages)]
    for start in range(0, len(ids), _AT_ONCE):
        some = calls.c.id.in_(ids[start : start + _AT_ONCE])
        gone += conn.execute(delete(calls).where(calls.c.tenant == tenant, some)).rowcount
    return gone


def _his(
    conn: Connection, tenant: str, chats: Collection[str], messages: Collection[str]
) -> Iterator[Row[Any]]:
    """Calls about his messages, and those whose body names him, however it spells his number; a longer number
    that has his in it is somebody else's."""
    if not inspect(conn).has_table(calls.name):
        return
    t, about = calls.c, set(messages)
    asked = t.message_id.in_(about)
    where = t.tenant == tenant, or_(asked, t.body != "") if chats else asked
    for row in conn.execute(select(calls).where(*where).order_by(t.id)):
        if row.message_id in about or (chats and names_one_of(row.body, chats)):
            yield row
