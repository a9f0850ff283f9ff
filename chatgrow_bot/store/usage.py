"""How much of what his plan allows a tenant has used, by day and month. Counted in the transaction that
stores the messages: what is counted is stored, and what is stored is counted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, or_, select, tuple_, update

from ..hub import Span
from .account_tables import usage, users
from .dialect import insert_ignore
from .prepared import Asked, Prepared

_IS_TENANTS = usage.c.tenant == bindparam("tenant")
_PLAN = select(users.c.plan).where(users.c.id == bindparam("tenant")).scalar_subquery()
_COLUMNS = (usage.c.span, usage.c.used, usage.c.refused, usage.c.warned)
#: One statement that adds first and answers what there is then: whoever else adds waits for this transaction
#: to end, so that nobody decides by what was true a moment ago.
_ADD = Asked(
    update(usage)
    .where(_IS_TENANTS, usage.c.span.in_(bindparam("spans", expanding=True)))
    .values(used=usage.c.used + bindparam("amount"))
    .returning(*_COLUMNS, _PLAN.label("plan"))
)
_SETTLE = Prepared(
    update(usage).where(_IS_TENANTS, usage.c.span == bindparam("which")), ("used", "refused", "warned")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What was used in a span."""

    used: int = 0
    refused: int = 0
    warned: bool = False  #: it was told that the end is near


def name(span: Span, at: datetime) -> str:
    """The span in which a moment is, as it is stored: `day:2026-01-31`, `month:2026-01`."""
    return _names(at.astimezone(UTC).date())[span]


@lru_cache(maxsize=64)
def _names(day: date) -> Mapping[Span, str]:
    return {Span.DAY: f"{Span.DAY}:{day:%Y-%m-%d}", Span.MONTH: f"{Span.MONTH}:{day:%Y-%m}"}


def add(conn: Connection, tenant: str, at: datetime, amount: int) -> tuple[str | None, Mapping[Span, Count]]:
    """Count so many messages; the tenant's plan, and how much was used before them."""
    names = _names(at.astimezone(UTC).date())
    rows = list(_ADD.rows(conn, tenant=tenant, spans=[*names.values()], amount=amount))
    if missing := {*names.values()} - {row.span for row in rows}:
        new = [{"tenant": tenant, "span": each, "used": 0, "refused": 0, "warned": False} for each in missing]
        conn.execute(insert_ignore(usage), new)
        rows += _ADD.rows(conn, tenant=tenant, spans=sorted(missing), amount=amount)
    found = {row.span: row for row in rows}
    return rows[0].plan, {span: _before(found[each], amount) for span, each in names.items()}


def _before(row: Any, amount: int) -> Count:
    return Count(used=row.used - amount, refused=row.refused, warned=row.warned)


def settle(conn: Connection, tenant: str, at: datetime, counts: Mapping[Span, Count]) -> None:
    """Put right what `add` counted before in this transaction."""
    _SETTLE.run(
        conn,
        [
            {
                "tenant": tenant,
                "which": name(span, at),
                "used": count.used,
                "refused": count.refused,
                "warned": count.warned,
            }
            for span, count in counts.items()
        ],
    )


def of(conn: Connection, tenant: str, at: datetime) -> Mapping[Span, Count]:
    """What was used in each of the spans in which a moment is."""
    names = {name(span, at): span for span in Span}
    query = select(*_COLUMNS).where(usage.c.tenant == tenant, usage.c.span.in_(list(names)))
    found = {
        names[row.span]: Count(used=row.used, refused=row.refused, warned=row.warned)
        for row in conn.execute(query)
    }
    return {span: found.get(span, Count()) for span in Span}


def plan_of(conn: Connection, tenant: str) -> str | None:
    """A user's plan; None when there is no such user."""
    return conn.execute(select(users.c.plan).where(users.c.id == tenant)).scalar()


def plans(conn: Connection, tenants: Collection[str]) -> Mapping[str, str]:
    """The plans of these users, by id."""
    rows = conn.execute(select(users.c.id, users.c.plan).where(users.c.id.in_(list(tenants))))
    return {row.id: row.plan for row in rows}


def ended(conn: Connection, before: datetime, most: int) -> Sequence[tuple[str, str]]:
    """The tenant and name of spans that were over before then."""
    query = select(usage.c.tenant, usage.c.span).where(_is_over(before)).limit(most)
    return [(row.tenant, row.span) for row in conn.execute(query)]


def remove(conn: Connection, found: Sequence[tuple[str, str]], before: datetime) -> int:
    """Forget these, if they are; how many went."""
    named = tuple_(usage.c.tenant, usage.c.span).in_(found)
    return conn.execute(delete(usage).where(named, _is_over(before))).rowcount


def _is_over(before: datetime) -> ColumnElement[bool]:
    """Names of one kind sort by time."""
    first = [and_(usage.c.span.like(f"{span}:%"), usage.c.span < name(span, before)) for span in Span]
    return or_(*first)
