"""What came in, and which of it has not yet reached the end of its way in. For the core alone: a message is
shown by `rows.inbound`, to its tenant."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from ..messages import Inbound, Step
from . import journal
from .contacts import canonical
from .dialect import insert_ignore
from .rows import from_media, from_payload, to_inbound
from .tables import inbox, jobs, outbox

_AS_THEY_ARE = {field.name for field in fields(Inbound)} - {"attachment", "media", "payload", "mentions"}


def placed(conn: Connection, message: Inbound) -> Inbound:
    """The message with the people in it under their canonical chats, and with our id of what it is about."""

    def known(chat: str) -> str:
        return canonical(conn, message.connection_id, chat)

    chat = known(message.chat)
    return replace(
        message,
        chat=chat,
        participant=known(message.participant),
        mentions=tuple(known(each) for each in message.mentions),
        about=_id_of(conn, message, chat),
    )


def _id_of(conn: Connection, message: Inbound, chat: str) -> str:
    """Our id of what a message of this chat is about, sent or received there; empty if there is none."""
    if not message.about_wa_id:
        return ""
    for table in (outbox, inbox):
        mine = (table.c.connection_id == message.connection_id, table.c.tenant == message.tenant)
        this = (table.c.chat == chat, table.c.wa_id == message.about_wa_id)
        if found := conn.execute(select(table.c.id).where(*mine, *this).order_by(table.c.id)).scalar():
            return str(found)
    return ""


def add(conn: Connection, message: Inbound) -> bool:
    """Store a message once, with the job of answering it; False when it was there already. The fact of one
    without a file is told here, that of one with a file once it is known what became of the file."""
    if not conn.execute(insert_ignore(inbox).values(**_values(message), outcome="")).rowcount:
        return False
    conn.execute(
        insert(jobs).values(message_id=message.id, connection_id=message.connection_id, chat=message.chat)
    )
    if message.attachment is None:
        journal.tell(conn, message, at=message.received_at)
    return True


def _values(message: Inbound) -> dict[str, Any]:
    return {
        **{name: getattr(message, name) for name in _AS_THEY_ARE},
        "attachment": message.attachment and asdict(message.attachment),
        "media": from_media(message.media),
        "payload": from_payload(message.payload),
        "mentions": list(message.mentions) or None,
    }


def fetched(conn: Connection, message: Inbound, at: datetime) -> None:
    """Note what became of a message's file, and tell of the message."""
    conn.execute(
        update(inbox)
        .where(inbox.c.id == message.id)
        .values(media=from_media(message.media), media_trouble=message.media_trouble)
    )
    journal.tell(conn, message, at=at)


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


def about(conn: Connection, tenant: str, message_id: str) -> Sequence[Inbound]:
    """What came in about a message, oldest first: quotes, reactions, votes, edits, deletions."""
    # The second term is the index's own, without which it is not used.
    mine = (inbox.c.tenant == tenant, inbox.c.about == message_id, text("about != ''"))
    return [to_inbound(row) for row in conn.execute(select(inbox).where(*mine).order_by(inbox.c.id))]


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
