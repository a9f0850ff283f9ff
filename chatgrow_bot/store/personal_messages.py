"""Messages that a person wrote, or that were written to him, and what hangs on them.

What others wrote about him stays theirs; where they mentioned him by WhatsApp's own means, his number is
taken out of it. What the hub itself sent to others because he wrote goes with what he wrote.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    Text,
    and_,
    delete,
    exists,
    false,
    or_,
    select,
    true,
    type_coerce,
    update,
)

from ..addresses import GROUP
from ..messages import WAITING, State
from . import spent, steps
from .account_tables import webhook_uses
from .customer_tables import traces
from .people import Person
from .personal import Found, Kind, fields, walk
from .tables import connections, idempotency, inbox, jobs, outbox, places, timeline

_MENTION = re.compile(r"@(\d+)")
#: Why a message ended to somebody who is erased.
ERASED = "whoever it was for is being erased"
#: It may be leaving just now: whoever sends it must come to an end first.
LEAVING = (State.SENDING,)
#: It has not left, or a person was to decide about it: it is taken back.
TO_CANCEL = (*WAITING, State.CLAIMED, State.QUARANTINED)
#: How far back a sweep may look beyond what is known to be stored: minutes, and further in a chat that could
#: not be read.
_SWEPT_AGAIN = timedelta(days=1)


def _wrote(person: Person) -> ColumnElement[bool]:
    return or_(inbox.c.chat.in_(person.names), inbox.c.participant.in_(person.names))


def to_him(person: Person) -> ColumnElement[bool]:
    """What was sent to him, or because he wrote."""
    caused = exists().where(inbox.c.id == outbox.c.cause, inbox.c.tenant == person.tenant, _wrote(person))
    return or_(outbox.c.chat.in_(person.names), and_(outbox.c.cause != "", caused))


def in_states(conn: Connection, person: Person, ids: Sequence[str], states: Sequence[State]) -> Sequence[str]:
    """Those of these outgoing messages that are in one of some states."""
    mine = (outbox.c.tenant == person.tenant, outbox.c.id.in_(ids), outbox.c.state.in_(states))
    return conn.execute(select(outbox.c.id).where(*mine)).scalars().all()


def leaving(conn: Connection, person: Person) -> Sequence[str]:
    """Those to him that may be leaving just now."""
    which = (outbox.c.tenant == person.tenant, outbox.c.state.in_(LEAVING), to_him(person))
    return conn.execute(select(outbox.c.id).where(*which)).scalars().all()


def cancel(conn: Connection, person: Person, ids: Sequence[str], now: datetime) -> int:
    """Take back those of these that have not left, and certainly will not."""
    mine = (outbox.c.tenant == person.tenant, outbox.c.id.in_(ids), outbox.c.state.in_(TO_CANCEL))
    return len(steps.move_all(conn, mine, State.CANCELLED, now, ERASED))


def _out(conn: Connection, person: Person, row: Row[Any]) -> Found:
    is_his = row.chat in person.names or row.chat.endswith(GROUP)
    query = select(timeline.c.at, timeline.c.state, timeline.c.reason).where(timeline.c.message_id == row.id)
    steps_ = [dict(step._mapping) for step in conn.execute(query.order_by(timeline.c.at, timeline.c.id))]
    shown = {**fields(row, "epoch", "held", "lane"), "timeline": steps_} if is_his else None
    return Found(key=row.id, shown=shown, file=row.media["sha256"] if row.media else "")


def _remove_out(conn: Connection, person: Person, ids: Sequence[str], now: datetime) -> int:
    waiting = (*WAITING, State.CLAIMED, State.QUARANTINED, *LEAVING)
    which = (outbox.c.tenant == person.tenant, outbox.c.id.in_(ids), outbox.c.state.not_in(waiting))
    going = conn.execute(select(outbox.c.id).where(*which)).scalars().all()
    conn.execute(delete(places).where(_on_his(places, person), places.c.holder.in_(going)))
    _mark(conn, person, outbox, outbox.c.updated_at, going, now)
    return conn.execute(delete(outbox).where(outbox.c.id.in_(going), *which)).rowcount


def _in(conn: Connection, person: Person, row: Row[Any]) -> Found:
    mine = select(traces).where(traces.c.message_id == row.id).order_by(traces.c.plugin)
    kept = conn.execute(mine)
    shown = {**fields(row), "traces": [fields(trace, "message_id", "page") for trace in kept]}
    return Found(key=row.id, shown=shown, file=row.media["sha256"] if row.media else "")


def _remove_in(conn: Connection, person: Person, ids: Sequence[str], now: datetime) -> int:
    conn.execute(delete(jobs).where(jobs.c.message_id.in_(ids)))
    which = (inbox.c.tenant == person.tenant, inbox.c.id.in_(ids))
    _mark(conn, person, inbox, inbox.c.received_at, ids, now)
    return conn.execute(delete(inbox).where(*which)).rowcount


def _mark(
    conn: Connection,
    person: Person,
    table: Table,
    last: Column[datetime],
    ids: Sequence[str],
    now: datetime,
) -> None:
    """Note those of these that a sweep may bring again, which the row alone kept from being news."""
    query = (
        select(table.c.id, table.c.wa_id, last.label("last"), connections.c.swept_to)
        .outerjoin(connections, connections.c.id == table.c.connection_id)
        .where(table.c.tenant == person.tenant, table.c.id.in_(ids))
        .add_columns(table.c.from_me if table is inbox else true().label("from_me"))
    )
    spent.keep(
        conn,
        [
            (spent.of_message(person.tenant, row.wa_id, bool(row.from_me)), row.id, now)
            for row in conn.execute(query)
            if row.last >= min(row.swept_to or now, now) - _SWEPT_AGAIN
        ],
    )


def _remove_keys(conn: Connection, person: Person, keys: Sequence[tuple[str]], now: datetime) -> int:
    which = (idempotency.c.tenant == person.tenant, idempotency.c.key.in_([key for (key,) in keys]))
    rows = conn.execute(select(idempotency).where(*which)).all()
    used = ((spent.of_key(person.tenant, row.key), row.message_id, row.created_at) for row in rows)
    spent.keep(conn, used)
    return conn.execute(delete(idempotency).where(*which)).rowcount


def _remove_uses(conn: Connection, person: Person, keys: Sequence[tuple[str, str]], now: datetime) -> int:
    t, gone = webhook_uses, 0
    for connection_id, webhook_id in keys:
        this = (_on_his(t, person), t.c.connection_id == connection_id, t.c.webhook_id == webhook_id)
        for row in conn.execute(select(t).where(*this)).all():
            mark = spent.of_use(person.tenant, connection_id, webhook_id)
            spent.keep(conn, [(mark, row.message_id, row.at)])
        gone += conn.execute(delete(t).where(*this)).rowcount
    return gone


def _on_his(table: Table, person: Person) -> ColumnElement[bool]:
    """On a connection of the tenant's."""
    return table.c.connection_id.in_(select(connections.c.id).where(connections.c.tenant == person.tenant))


def _mentioned(table: Table, person: Person) -> ColumnElement[bool]:
    words = type_coerce(table.c.mentions, Text)
    return or_(false(), *(words.contains(f'"{name}"', autoescape=True) for name in sorted(person.names)))


def _unmention(table: Table, conn: Connection, person: Person, ids: Sequence[str], now: datetime) -> int:
    mine = (table.c.tenant == person.tenant, table.c.id.in_(ids))
    changed = 0
    for row in conn.execute(select(table.c.id, table.c.text, table.c.mentions).where(*mine)).all():
        left = [name for name in row.mentions or () if name not in person.names]
        text = _MENTION.sub(lambda said: "@…" if said[1] in person.digits else said[0], row.text)
        values = {"mentions": left or None, "text": text}
        changed += conn.execute(update(table).where(table.c.id == row.id, *mine).values(values)).rowcount
    return changed


def _mentions(name: str, table: Table) -> Kind:
    return Kind(
        name=name,
        tables=(),
        look=walk(table, [table.c.id], _of(table), partial(_mentioned, table), _bare),
        remove=partial(_unmention, table),
    )


def _of(table: Table) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: table.c.tenant == person.tenant


def _bare(conn: Connection, person: Person, row: Row[Any]) -> Found:
    return Found(key=row.id, shown=None)


#: They lead to messages, and go before them.
KEYS = Kind(
    name="idempotencyKeys",
    tables=("idempotency",),
    look=walk(
        idempotency,
        [idempotency.c.key],
        _of(idempotency),
        lambda person: exists().where(
            outbox.c.id == idempotency.c.message_id, outbox.c.tenant == person.tenant, to_him(person)
        ),
        lambda conn, person, row: Found(key=(row.key,), shown={"key": row.key, "messageId": row.message_id}),
    ),
    remove=_remove_keys,
)
USES = Kind(
    name="webhookUses",
    tables=("webhook_uses",),
    look=walk(
        webhook_uses,
        [webhook_uses.c.connection_id, webhook_uses.c.webhook_id],
        lambda person: _on_his(webhook_uses, person),
        lambda person: exists().where(
            inbox.c.id == webhook_uses.c.message_id, inbox.c.tenant == person.tenant, _wrote(person)
        ),
        lambda conn, person, row: Found(key=(row.connection_id, row.webhook_id), shown=fields(row)),
    ),
    remove=_remove_uses,
)
OUT = Kind(
    name="messagesOut",
    tables=("outbox", "timeline"),
    look=walk(outbox, [outbox.c.id], _of(outbox), to_him, _out),
    remove=_remove_out,
    messages=True,
)
IN = Kind(
    name="messagesIn",
    tables=("inbox", "jobs", "traces"),
    look=walk(inbox, [inbox.c.id], _of(inbox), _wrote, _in),
    remove=_remove_in,
    messages=True,
)
MENTIONS = (_mentions("mentionsIn", inbox), _mentions("mentionsOut", outbox))
