"""Figures by day: how often something happened to a tenant, and how long it took. Each is written in the
transaction in which it happens, so it counts exactly once. What the words mean is for hub/insight.py to say;
no name in here is a person's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from ..hub import Tallied
from .conversation_tables import tallies
from .dialect import add_up
from .prepared import Asked, Prepared

#: Names told apart on a day, of one kind; further ones count as OTHER. Plugins make names up: there need be
#: no end of them.
NAMES, OTHER = 1000, "other"

_WHAT, _NAME = 20, 64
_KEY = (tallies.c.tenant, tallies.c.day, tallies.c.what, tallies.c.name)
_DAY = _KEY[:2]
_ADD = Prepared(add_up(tallies), tallies.c.keys())
_KNOWN = Asked(
    select(tallies.c.name).where(*(each == bindparam(f"its_{each.key}") for each in _KEY)),
)
_THERE = Asked(
    select(func.count().label("names")).where(*(each == bindparam(f"its_{each.key}") for each in _KEY[:3]))
)


@dataclass(frozen=True, slots=True)
class Count:
    """One thing to count, of a tenant's."""

    what: str
    name: str
    count: int = 1
    seconds: float = 0.0  #: how long it took, where time is told


def day_of(moment: datetime, zone: tzinfo) -> str:
    """The day that a moment counts for, where the business is: 2026-12-31."""
    return f"{moment.astimezone(zone):%Y-%m-%d}"


def add(
    conn: Connection, tenant: str, day: str, what: str, name: str, *, count: int = 1, seconds: float = 0.0
) -> None:
    """Count so much more, under a name that may be a new one."""
    what, name = what[:_WHAT], name[:_NAME]
    kind = {"its_tenant": tenant, "its_day": day, "its_what": what}
    if not _KNOWN.rows(conn, **kind, its_name=name) and _THERE.rows(conn, **kind)[0].names >= NAMES:
        name = OTHER
    add_all(conn, tenant, day, [Count(what, name, count, seconds)])


def add_all(conn: Connection, tenant: str, day: str, counts: Sequence[Count]) -> None:
    """Count all of these, each of another kind; their names are the hub's own, and few."""
    rows = [
        {
            "tenant": tenant,
            "day": day,
            "what": each.what,
            "name": each.name,
            "count": each.count,
            "seconds": (took := max(0, round(each.seconds))),
            "longest": took,
        }
        for each in counts
    ]
    _ADD.run(conn, rows)


def read(conn: Connection, tenant: str, since: date, until: date, what: str = "") -> Sequence[Tallied]:
    """What was counted from a day to another, both included, in their order; all of it, or of one kind."""
    query = select(tallies).where(
        tallies.c.tenant == tenant, tallies.c.day.between(since.isoformat(), until.isoformat())
    )
    if what:
        query = query.where(tallies.c.what == what)
    return [
        Tallied(
            day=date.fromisoformat(row["day"]),
            **{each: row[each] for each in ("what", "name", "count", "seconds", "longest")},
        )
        for row in conn.execute(query.order_by(*_KEY)).mappings()
    ]


def old(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """The days before then of which there are figures, of each tenant."""
    query = select(*_DAY).where(tallies.c.day < _utc_day(before)).distinct().limit(most)
    return [(row.tenant, row.day) for row in conn.execute(query)]


def remove(conn: Connection, days: Sequence[tuple[str, str]], before: datetime) -> int:
    """Let go of the figures of these days."""
    going = (tuple_(*_DAY).in_(days), tallies.c.day < _utc_day(before))
    return conn.execute(delete(tallies).where(*going)).rowcount


def _utc_day(moment: datetime) -> str:
    """For what is hundreds of days old, whose zone a day is of makes no difference."""
    return f"{moment:%Y-%m-%d}"
