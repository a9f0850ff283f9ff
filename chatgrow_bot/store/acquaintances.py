"""The people with whom a connection has written, by their chat ids. Each is looked up by himself, so that a
chat of a million messages costs no more than one of two."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select, union_all

from ..addresses import GROUP
from ..hub import Contact
from . import consent
from .tables import inbox, outbox

#: Chats that a page looks at: groups are among them, and are no people.
_MOST = 1000
#: Of the newest messages of a person: one from outside WhatsApp need not have his name.
_NAMED = 20


def _here(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.tenant == bindparam("tenant"), table.c.connection_id == bindparam("name")


def _with(table: Table) -> tuple[ColumnElement[bool], ...]:
    return *_here(table), table.c.chat == bindparam("chat")


_FIRSTS = [
    select(table.c.chat)
    .where(*_here(table), table.c.chat > bindparam("after"))
    .order_by(table.c.chat)
    .limit(1)
    .subquery()
    for table in (inbox, outbox)
]
# The smaller one in the database's own order, which need not be ours.
_EITHER = union_all(*(select(each.c.chat) for each in _FIRSTS)).subquery()
_NEXT = select(func.min(_EITHER.c.chat))
_CAME = (
    select(inbox.c.name, inbox.c.received_at)
    .where(*_with(inbox), ~inbox.c.from_me)
    .order_by(inbox.c.id.desc())
    .limit(_NAMED)
)
_SENT = select(outbox.c.created_at).where(*_with(outbox)).order_by(outbox.c.id.desc()).limit(1)
_TYPED = select(inbox.c.id).where(*_with(inbox)).limit(1)


def page(
    conn: Connection, tenant: str, connection_id: str, after: str, limit: int
) -> tuple[Sequence[Contact], str]:
    """People from behind a chat id on; and behind what the next page begins, empty after the last."""
    found: list[Contact] = []
    here = {"tenant": tenant, "name": connection_id}
    for _ in range(_MOST):
        if len(found) == limit:
            break
        following = _next_chat(conn, here, after)
        if following is None:
            return found, ""
        after = following
        if not after.endswith(GROUP) and (contact := one(conn, tenant, connection_id, after)):
            found.append(contact)
    return found, after if _next_chat(conn, here, after) else ""


def one(conn: Connection, tenant: str, connection_id: str, chat: str) -> Contact | None:
    """A person by his canonical chat; None if nothing was written either way."""
    there = {"tenant": tenant, "name": connection_id, "chat": chat}
    came = conn.execute(_CAME, there).all()
    sent = conn.execute(_SENT, there).scalar()
    # or at least was written to from the phone itself
    if not came and sent is None and conn.execute(_TYPED, there).first() is None:
        return None
    return Contact(
        chat=chat,
        name=next((row.name for row in came if row.name), ""),
        last_inbound_at=came[0].received_at if came else None,
        last_outbound_at=sent,
        opted_out=consent.opted_out(conn, tenant, chat),
    )


def _next_chat(conn: Connection, here: Mapping[str, str], after: str) -> str | None:
    return conn.execute(_NEXT, {**here, "after": after}).scalar()
