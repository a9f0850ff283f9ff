"""The users' plans: what each allows, and what a user has used of it. That no more is taken in than is
allowed is seen to where messages are: `outbox/counting.py`."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from .clock import Clock
from .config.models import Settings
from .config.plans import Plan
from .errors import BulkNotAllowed
from .hub import Span, Usage, Used, plan_that_counts
from .limits import Quota, renews
from .store import connections as stored_connections
from .store import usage as store
from .store.database import Database


class Plans:
    """Implements hub.Plans."""

    def __init__(self, settings: Settings, db: Database, clock: Clock) -> None:
        self._plans = settings.plans
        self._db = db
        self._clock = clock

    def quotas(self) -> Mapping[str, Quota]:
        """What each plan allows, by its name."""
        plans: Mapping[str, Plan] = dict(self._plans)
        return {
            name: Quota(messages=_limits(plan), media_size=plan.media_size) for name, plan in plans.items()
        }

    async def usage(self, tenant: str) -> Usage:
        """What a user's plan allows, and what he has used of it."""
        now = self._clock.now()

        def look(conn: Connection) -> Usage:
            name, counts = self._named(conn, tenant), store.of(conn, tenant, now)
            plan: Plan = getattr(self._plans, name)
            return Usage(
                plan=name,
                messages=[
                    Used(
                        span=span,
                        used=counts[span].used,
                        limit=limit,
                        refused=counts[span].refused,
                        resets_at=renews(span, now),
                    )
                    for span, limit in _limits(plan).items()
                ],
                connections=stored_connections.count(conn, tenant),
                connections_allowed=plan.connections,
                media_size=plan.media_size,
                pacing_floor=timedelta(seconds=plan.pacing_floor),
                bulk=plan.bulk,
            )

        return await self._db.read(look)

    async def media_size(self, tenant: str) -> int:
        """How many bytes a file may have that he sends."""
        plan: Plan = getattr(self._plans, await self._db.read(lambda conn: self._named(conn, tenant)))
        return plan.media_size

    async def check_bulk(self, tenant: str) -> None:
        """Raises BulkNotAllowed where a user's plan has no bulk sends, naming those that have."""
        name = await self._db.read(lambda conn: self._named(conn, tenant))
        plans: Mapping[str, Plan] = dict(self._plans)
        if not plans[name].bulk:
            others = [f"'{each}'" for each, plan in plans.items() if plan.bulk]
            which = f"; {' and '.join(others)} {'has' if len(others) == 1 else 'have'}" if others else ""
            raise BulkNotAllowed(f"The plan '{name}' has no bulk sends{which}")

    def _named(self, conn: Connection, tenant: str) -> str:
        return plan_that_counts(store.plan_of(conn, tenant))


def _limits(plan: Plan) -> Mapping[Span, int | None]:
    return {Span.DAY: plan.messages_per_day, Span.MONTH: plan.messages_per_month}
