"""What is queued for somebody who wants nothing any more ends at once: on every connection of the tenant,
under every name of the person, whenever it is due; and so does what plugins wait for from him. The look at
the claim and at the intent would end it too, each message when its turn comes; here it ends where everybody
can see it."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from ..hub import RowState
from ..messages import WAITING, State
from . import consent, dialogues, happenings, steps
from .bulk_tables import ROW_IS_TO_COME, bulk_batches, bulk_rows
from .consent import OPTED_OUT, REFUSED
from .tables import connections, outbox
from .tables import consent as said

#: Messages, and rows of bulk sends, that end in one transaction: others wait for it.
AT_ONCE = 1000
_MAY_GO = outbox.c.state.in_((*WAITING, State.CLAIMED))


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What was taken back."""

    connections: Set[str]  #: on which anything was
    more: bool  #: whether there is more of it


def withdraw(conn: Connection, tenant: str, person: str, at: datetime, most: int = AT_ONCE) -> Withdrawn:
    """End what waits for a person, if he wants nothing from the tenant: so many messages at once. One that is
    being sent may leave."""
    if not consent.opted_out(conn, tenant, person):
        return Withdrawn(frozenset(), more=False)
    his = sorted(consent.names(conn, tenant, person))
    dialogues.end_with(conn, tenant, his)
    happenings.close_with(conn, tenant, person, at)
    messages = _messages(conn, tenant, his, at, most)
    rows = _rows(conn, tenant, his, most)
    return Withdrawn({each for each, _ in messages}, more=most in (len(messages), rows))


def unfinished(conn: Connection) -> Sequence[tuple[str, str]]:
    """People who want nothing and for whom something waits all the same, each with his tenant: whoever was
    about to end it died. Asked person by person: they are few among what may be millions of messages."""
    here = (connections.c.tenant == said.c.tenant, outbox.c.connection_id == connections.c.id)
    mine = (outbox.c.tenant.concat("") == said.c.tenant, outbox.c.chat == said.c.person)
    waits = exists().where(*here, *mine, _MAY_GO, said.c.confirmation != outbox.c.id)
    live = (bulk_batches.c.id == bulk_rows.c.batch_id, bulk_batches.c.tenant == said.c.tenant)
    to_come = exists().where(*live, bulk_rows.c.chat == said.c.person, ROW_IS_TO_COME)
    query = select(said.c.tenant, said.c.person).where(said.c.opted_out, or_(waits, to_come))
    return [(row.tenant, row.person) for row in conn.execute(query)]


def end_refused(conn: Connection, ids: Collection[str], at: datetime) -> int:
    """End those of these new messages whose readers want nothing; how many."""
    found = conn.execute(select(outbox.c.id).where(outbox.c.id.in_(list(ids)), REFUSED)).scalars().all()
    if found:
        steps.move_all(conn, (outbox.c.id.in_(found),), State.CANCELLED, at, OPTED_OUT)
    return len(found)


def _messages(
    conn: Connection, tenant: str, his: Collection[str], at: datetime, most: int
) -> Collection[tuple[str, str]]:
    here = outbox.c.connection_id.in_(select(connections.c.id).where(connections.c.tenant == tenant))
    mine = outbox.c.tenant.concat("") == tenant  # a word more, or all of a tenant's millions were looked at
    query = select(outbox.c.id).where(here, outbox.c.chat.in_(his), mine, _MAY_GO, REFUSED)
    ids = conn.execute(query.limit(most)).scalars().all()
    if not ids:
        return ()
    ended = steps.move_all(conn, (outbox.c.id.in_(ids),), State.CANCELLED, at, OPTED_OUT)
    return [(row.delivery.connection_id, row.delivery.id) for row in ended]


def _rows(conn: Connection, tenant: str, his: Collection[str], most: int) -> int:
    """Rows of bulk sends that are no messages yet; how many ended."""
    live = bulk_batches.c.id == bulk_rows.c.batch_id, bulk_batches.c.tenant == tenant
    query = select(bulk_rows.c.batch_id, bulk_rows.c.number).where(
        *live, bulk_rows.c.chat.in_(his), ROW_IS_TO_COME
    )
    found: dict[str, list[int]] = {}
    for batch_id, number in conn.execute(query.limit(most)):
        found.setdefault(batch_id, []).append(number)
    if found:
        conn.execute(
            update(bulk_rows)
            .where(or_(*(_of(batch_id, numbers) for batch_id, numbers in found.items())), ROW_IS_TO_COME)
            .values(state=RowState.CANCELLED, reason=OPTED_OUT)
        )
    return sum(map(len, found.values()))


def _of(batch_id: str, numbers: Collection[int]) -> ColumnElement[bool]:
    return and_(bulk_rows.c.batch_id == batch_id, bulk_rows.c.number.in_(numbers))
