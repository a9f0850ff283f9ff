"""What came in, and which of it has not yet reached the end of its way in. For the core alone: a message is
shown by `rows.inbound`, to its tenant."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, text, update

from ..messages import REMARKS, Inbound, Kind, Step
from . import journal
from .contacts import canonical
from .dialect import insert_ignore
from .rows import from_media, from_payload, to_inbound
from .tables import CUT, TYPED, inbox, jobs, outbox


@dataclass(frozen=True, slots=True)
class Job:
    """A message that waits to be answered."""

    connection_id: str
    chat: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a message's way in ended, and what led there."""

    outcome: str
    trace: Sequence[Step]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What can be told of a message that may be past reading."""

    tenant: str
    connection_id: str
    received_at: datetime
    from_me: bool
    kind: Kind
    outcome: str  #: how its way in had ended before, where only its file was left to do


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


def add(conn: Connection, message: Inbound, ended: Ended | None = None) -> bool:
    """Store a message once, with the job of fetching its file and answering it; False when it was there. If
    its answering has `ended` before it began, only its file is left to do. The fact of one without a file is
    told here, that of one with a file once it is known what became of the file."""
    outcome, trace = (ended.outcome, [asdict(step) for step in ended.trace]) if ended else ("", None)
    row = {**_values(message), "outcome": outcome, "trace": trace}
    if not conn.execute(insert_ignore(inbox), row).rowcount:
        return False
    if ended is None or message.attachment:
        job = {"message_id": message.id, "connection_id": message.connection_id, "chat": message.chat}
        conn.execute(insert(jobs), job)
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


def finish(conn: Connection, message_id: str, ended: Ended | None) -> bool:
    """End a message's way in, as is known already or so; False when it had ended before (then nothing may
    follow from it again)."""
    if not conn.execute(delete(jobs).where(jobs.c.message_id == message_id)).rowcount:
        return False
    if ended is not None:
        note(conn, message_id, ended)
    return True


def note(conn: Connection, message_id: str, ended: Ended) -> None:
    """Write down how a message's way in ended."""
    steps = [asdict(step) for step in ended.trace]
    conn.execute(update(inbox).where(inbox.c.id == message_id).values(outcome=ended.outcome, trace=steps))


def give_up(conn: Connection, message_id: str, ended: Ended) -> GivenUp | None:
    """End the way in of a message that may be past reading; None if it had ended."""
    names = [field.name for field in fields(GivenUp)]
    row = conn.execute(select(*(inbox.c[name] for name in names)).where(inbox.c.id == message_id)).first()
    if not finish(conn, message_id, ended) or row is None:
        return None
    return GivenUp(**row._mapping)


def pending(conn: Connection) -> Sequence[Job]:
    """Messages whose way in has not ended, oldest first."""
    found = conn.execute(select(jobs).order_by(jobs.c.message_id))
    return [Job(row.connection_id, row.chat, row.message_id) for row in found]


def unfinished(conn: Connection, message_id: str) -> tuple[Inbound, str] | None:
    """A message whose way in has not ended, and its outcome if that is known before; None when it has."""
    found = select(inbox).join(jobs, jobs.c.message_id == inbox.c.id).where(jobs.c.message_id == message_id)
    row = conn.execute(found).first()
    return (to_inbound(row), row.outcome) if row else None


def about(conn: Connection, tenant: str, message_id: str) -> Sequence[Inbound]:
    """What came in about a message, oldest first: quotes, reactions, votes, edits, deletions."""
    # The second term is the index's own, without which it is not used.
    mine = (inbox.c.tenant == tenant, inbox.c.about == message_id, text("about != ''"))
    return [to_inbound(row) for row in conn.execute(select(inbox).where(*mine).order_by(inbox.c.id))]


def cuts(conn: Connection, connection_id: str, chat: str, since: datetime) -> Sequence[datetime]:
    """When the messages of a chat came at which a reply loop was cut, since a time."""
    there = (inbox.c.connection_id == connection_id, inbox.c.chat == chat, CUT)
    found = select(inbox.c.received_at).where(*there, inbox.c.received_at > since)
    return conn.execute(found).scalars().all()


def typed(conn: Connection, connection_id: str, chat: str, since: datetime) -> datetime | None:
    """When a person last wrote in a chat from the phone itself, since a time; never later than it came. A
    reaction or a vote is no writing."""
    there = (inbox.c.connection_id == connection_id, inbox.c.chat == chat, TYPED)
    writes = inbox.c.kind.notin_([*REMARKS, Kind.VOTE])
    at = case((inbox.c.sent_at < inbox.c.received_at, inbox.c.sent_at), else_=inbox.c.received_at)
    found = select(func.max(at)).where(*there, writes, inbox.c.sent_at > since)
    return conn.execute(found).scalar()
