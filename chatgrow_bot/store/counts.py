"""What happened, counted by day. A row says how often, on a tenant's connection, on a day in UTC; the rows of
nobody are everybody's sums since counting began. What the words mean is for stats/ to know."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, case, delete, func, select, tuple_

from .account_tables import counts
from .dialect import add_up
from .prepared import Prepared

#: A tenant, a connection, a day (2026-01-31) and what happened.
Key = tuple[str, str, str, str]
#: Begins what is counted by its reason. Reasons are written by whoever failed: there is no end of them.
REASON, OTHER = "failed:", "failed:other"
#: Reasons told apart on a day and connection; further ones count as OTHER.
REASONS = 50

_ADD = Prepared(add_up(counts), counts.c.keys())


def day(moment: datetime) -> str:
    """The day that a moment in UTC counts for."""
    return f"{moment:%Y-%m-%d}"


def add(conn: Connection, tally: Mapping[Key, int]) -> None:
    """Count so much more."""
    found: dict[Key, int] = {}
    for key, amount in _within_reason(conn, tally):
        found[key] = found.get(key, 0) + amount
    for (*_, what), amount in tally.items():
        if not what.startswith(REASON):
            found["", "", "", what] = found.get(("", "", "", what), 0) + amount
    rows = [dict(zip(counts.c.keys(), (*key, found[key]), strict=True)) for key in sorted(found)]
    _ADD.run(conn, rows)


def _within_reason(conn: Connection, tally: Mapping[Key, int]) -> Iterable[tuple[Key, int]]:
    """The same, with no more reasons a day and connection than are told apart."""
    yield from ((key, amount) for key, amount in tally.items() if not key[3].startswith(REASON))
    reasons = [key for key in tally if key[3].startswith(REASON)]
    for where, keys in groupby(sorted(reasons, key=lambda key: key[:3]), key=lambda key: key[:3]):
        here = (counts.c.tenant, counts.c.connection_id, counts.c.day)
        there = (column == value for column, value in zip(here, where, strict=True))
        query = select(counts.c.what).where(*there, counts.c.what.startswith(REASON))
        known = {str(what) for what in conn.execute(query).scalars()} - {OTHER}
        for key in keys:
            if key[3] not in known and len(known) >= REASONS:
                yield (*where, OTHER), tally[key]
            else:
                known.add(key[3])
                yield key, tally[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How often something happened."""

    connection_id: str
    what: str
    amount: int
    today: int  #: how much of it on the last day


def since(
    conn: Connection, tenant: str | None, first: str, last: str, only: Collection[str] | None = None
) -> Sequence[Amount]:
    """What happened from one day to another on a tenant's connections, or everybody's, or `only` these."""
    today = func.sum(case((counts.c.day == last, counts.c.amount), else_=0))
    query = select(counts.c.connection_id, counts.c.what, func.sum(counts.c.amount), today)
    query = query.where(counts.c.day.between(first, last))
    if tenant is not None:
        query = query.where(counts.c.tenant == tenant)
    if only is not None:
        query = query.where(counts.c.connection_id.in_(list(only)))
    found = conn.execute(query.group_by(counts.c.connection_id, counts.c.what))
    return [
        Amount(connection_id=name, what=what, amount=int(amount), today=int(here))
        for name, what, amount, here in found
    ]


def totals(conn: Connection) -> Mapping[str, int]:
    """Everybody's together, since counting began; without reasons."""
    nobody = (counts.c.tenant == "", counts.c.connection_id == "", counts.c.day == "")
    return {
        what: amount for what, amount in conn.execute(select(counts.c.what, counts.c.amount).where(*nobody))
    }


_DAY = (counts.c.tenant, counts.c.connection_id, counts.c.day)


def old(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str, str]]:
    """The days before then of which there are figures, of each tenant and connection."""
    query = select(*_DAY).where(counts.c.day < day(before), counts.c.day != "").distinct().limit(most)
    return [(row.tenant, row.connection_id, row.day) for row in conn.execute(query)]


def remove(conn: Connection, days: Sequence[tuple[str, str, str]], before: datetime) -> int:
    """Let go of the figures of these days; the sums stay."""
    old_ones = (tuple_(*_DAY).in_(days), counts.c.day < day(before), counts.c.day != "")
    return conn.execute(delete(counts).where(*old_ones)).rowcount
