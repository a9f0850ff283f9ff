"""What rules want to have called, as it is kept: each call by its message and its number in it, so that a
message that is asked about again adds nothing twice; done ones are remembered for a while for that alone."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    func,
    insert,
    not_,
    select,
    update,
)

from chatgrow_bot.store.types import Json, Moment, Words

#: How long a call is remembered that was made, or given up.
KEPT = timedelta(days=7)
#: The longest that a call waits for its next try. A time further off was set by another clock.
LONGEST = timedelta(days=1)

_DONE: Mapping[str, Any] = {"url": "", "headers": {}, "body": "", "due": None}

metadata = MetaData()
calls = Table(
    "auto_reply_calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("instance", String(64), nullable=False),  # the plugin may run under several names
    Column("tenant", String(64), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("rule", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("line", String(64), nullable=False),  # of the URL: calls of a line are made one after another
    Column("headers", Json, nullable=False),
    Column("body", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", Moment),
    Column("aside", Boolean, nullable=False),  # those behind it may pass it until it is due
    Column("added_at", Moment, nullable=False),
    Column("done_at", Moment),
    UniqueConstraint("instance", "tenant", "message_id", "number", name="auto_reply_calls_once"),
)
Index("auto_reply_calls_waiting", calls.c.instance, calls.c.done_at, calls.c.tenant, calls.c.line, calls.c.id)


def first_tables(conn: Connection) -> None:
    """All of them."""
    metadata.create_all(conn)


STEPS = (first_tables,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A POST that a rule asks for."""

    rule: str  #: what the log calls it
    url: str
    body: Mapping[str, Any]  #: JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The calls of one tenant to one URL."""

    tenant: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A call that is still to be made."""

    row: int
    tenant: str
    message_id: str
    number: int
    rule: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    attempts: int  #: so far
    due: datetime | None  #: None: not tried before
    added_at: datetime

    @property
    def id(self) -> str:
        """The same at every try: receivers know a repeat by it."""
        return f"{self.message_id}-{self.number}"


def add(
    conn: Connection, instance: str, tenant: str, message_id: str, wanted: Sequence[Call], now: datetime
) -> None:
    """Keep a message's calls, save those that are kept already."""
    t, mine = calls, _of(instance, tenant)
    known = set(conn.execute(select(t.c.number).where(*mine, t.c.message_id == message_id)).scalars())
    rows = [
        {
            "instance": instance,
            "tenant": tenant,
            "message_id": message_id,
            "number": number,
            "rule": call.rule,
            "url": call.url,
            "line": _line(call.url),
            "headers": dict(call.headers),
            "body": json.dumps(call.body, ensure_ascii=False, separators=(",", ":")),
            "attempts": 0,
            "aside": False,
            "added_at": now,
        }
        for number, call in enumerate(wanted)
        if number not in known
    ]
    if rows:
        conn.execute(insert(t), rows)


def lines(conn: Connection, instance: str) -> Sequence[Line]:
    """All that something waits for, whosever it is."""
    query = select(calls.c.tenant, calls.c.url).where(*_waiting(instance)).distinct()
    return [Line(tenant=row.tenant, url=row.url) for row in conn.execute(query)]


def first(conn: Connection, instance: str, line: Line, now: datetime) -> Waiting | None:
    """The call of a line whose turn is next, if one waits: the oldest that does not stand aside just now, and
    where all do, the one that is due first."""
    t, there = calls.c, select(calls).where(*_in_line(instance, line)).limit(1)
    stands_aside = and_(t.aside, t.due > now, t.due <= now + LONGEST)
    row = conn.execute(there.where(not_(stands_aside)).order_by(t.id)).first()
    row = row or conn.execute(there.order_by(t.due, t.id)).first()
    return _read(row) if row else None


def put_off(conn: Connection, call: Waiting, attempts: int, due: datetime, *, aside: bool) -> None:
    """It is tried again."""
    conn.execute(update(calls).where(*_row(call)).values(attempts=attempts, due=due, aside=aside))


def finish(conn: Connection, call: Waiting, now: datetime) -> None:
    """It was made, or is given up. Nothing of what it said is kept."""
    conn.execute(update(calls).where(*_row(call)).values(done_at=now, **_DONE))


def finish_older(
    conn: Connection, instance: str, line: Line, before: datetime, now: datetime
) -> Mapping[str, int]:
    """Give up what has waited in a line since before a time; how many of each rule's."""
    where = [*_in_line(instance, line), calls.c.added_at <= before]
    query = select(calls.c.rule, func.count()).where(*where).group_by(calls.c.rule)
    found = {rule: count for rule, count in conn.execute(query)}
    if found:
        conn.execute(update(calls).where(*where).values(done_at=now, **_DONE))
    return found


def tidy(conn: Connection, instance: str, now: datetime) -> None:
    """Forget what is long done, whosever it was."""
    conn.execute(delete(calls).where(calls.c.instance == instance, calls.c.done_at < now - KEPT))


def _read(row: Row[Any]) -> Waiting:
    return Waiting(
        row=row.id,
        tenant=row.tenant,
        message_id=row.message_id,
        number=row.number,
        rule=row.rule,
        url=row.url,
        headers=row.headers,
        body=row.body.encode(),
        attempts=row.attempts,
        due=row.due,
        added_at=row.added_at,
    )


def _line(url: str) -> str:
    return hashlib.sha256(url.encode(errors="replace")).hexdigest()  # of any length, for the index


def _of(instance: str, tenant: str) -> list[ColumnElement[bool]]:
    return [calls.c.instance == instance, calls.c.tenant == tenant]


def _waiting(instance: str) -> list[ColumnElement[bool]]:
    return [calls.c.instance == instance, calls.c.done_at.is_(None)]


def _in_line(instance: str, line: Line) -> list[ColumnElement[bool]]:
    return [*_waiting(instance), calls.c.tenant == line.tenant, calls.c.line == _line(line.url)]


def _row(call: Waiting) -> list[ColumnElement[bool]]:
    # while it was on its way it may have been erased, and SQLite gives the number of its row to another
    is_it = calls.c.message_id == call.message_id, calls.c.number == call.number
    return [calls.c.id == call.row, calls.c.tenant == call.tenant, *is_it]
