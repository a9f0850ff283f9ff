"""Who is who: WhatsApp knows a person by a phone number, by a linked id, or by both. Once a connection has
seen both together, the person's chat is that of the number, also for what was stored before."""

from sqlalchemy import Connection, exists, or_, select, update

from ..addresses import LINKED_ID
from ..messages import HOLDS_CHAT, State
from . import consent, customers, dialogues, happenings, places, suppressions
from .dialect import upsert
from .partial import in_states
from .tables import contacts as t
from .tables import inbox, jobs, outbox

_OTHER_HOLDS = in_states("other.state", HOLDS_CHAT)


def canonical(conn: Connection, connection_id: str, chat: str) -> str:
    """The chat under which somebody stands on a connection: that of his number where it is known."""
    if not chat.endswith(LINKED_ID):
        return chat
    known = select(t.c.chat).where(t.c.connection_id == connection_id, t.c.lid == chat)
    return conn.execute(known).scalar() or chat


def learn(conn: Connection, tenant: str, connection_id: str, lid: str, chat: str) -> bool:
    """Note that a linked id and a number's chat are one person, and bring together what stands under either;
    False when it was known."""
    if canonical(conn, connection_id, lid) == chat:
        return False
    conn.execute(upsert(t).values(connection_id=connection_id, lid=lid, chat=chat))
    suppressions.recall(conn, {(tenant, lid), (tenant, chat)})
    consent.join(conn, tenant, lid, chat)
    customers.join(conn, tenant, chat)
    _move_incoming(conn, connection_id, lid, chat)
    dialogues.move(conn, connection_id, lid, chat)
    happenings.join(conn, connection_id, lid, chat)
    places.move(conn, connection_id, lid, chat)
    bring_home(conn, connection_id, lid)
    return True


def _move_incoming(conn: Connection, connection_id: str, lid: str, chat: str) -> None:
    """What came under both names already is left where it is: it is the same message, stored twice."""
    mine, other = inbox.c.connection_id == connection_id, inbox.alias("other")
    same = (
        other.c.connection_id == connection_id,
        other.c.tenant == inbox.c.tenant,
        other.c.from_me == inbox.c.from_me,
        other.c.wa_id == inbox.c.wa_id,
    )
    there = exists().where(*same, other.c.chat == chat, other.c.participant == inbox.c.participant)
    conn.execute(update(inbox).where(mine, inbox.c.chat == lid, ~there).values(chat=chat))
    there = exists().where(*same, other.c.chat == inbox.c.chat, other.c.participant == chat)
    conn.execute(update(inbox).where(mine, inbox.c.participant == lid, ~there).values(participant=chat))
    conn.execute(
        update(jobs).where(jobs.c.connection_id == connection_id, jobs.c.chat == lid).values(chat=chat)
    )


def bring_home(conn: Connection, connection_id: str, lid: str) -> None:
    """Put what goes out under a linked id under the number's chat, once that is known. One that holds its
    chat comes along only if nothing holds the other, for there can be one. A retry then waits its turn there,
    and what is on its way comes when it has ended."""
    chat = canonical(conn, connection_id, lid)
    if chat == lid:
        return
    other = outbox.alias("other")
    held = exists().where(other.c.connection_id == connection_id, other.c.chat == chat, _OTHER_HOLDS)
    is_free = outbox.c.state.notin_(HOLDS_CHAT)
    here = (outbox.c.connection_id == connection_id, outbox.c.chat == lid)
    conn.execute(update(outbox).where(*here, or_(is_free, ~held)).values(chat=chat))
    waits = outbox.c.state == State.RETRY
    conn.execute(update(outbox).where(*here, waits).values(chat=chat, state=State.QUEUED, held=True))
