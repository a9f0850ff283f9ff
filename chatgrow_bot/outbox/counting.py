"""What is queued counts for its user's plan, in the transaction that stores it: of however many ask at the
same time, exactly as many are taken in as the plan allows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil

from sqlalchemy import Connection

from ..errors import FileTooLarge, RateLimitExceeded
from ..hub import NEAR, Span, plan_that_counts
from ..limits import Quota, renews
from ..messages import Fault
from ..store import journal
from ..store import usage as store
from ..store.rows import Outgoing
from ..store.usage import Count

_WHEN = {Span.DAY: "today", Span.MONTH: "this month"}
_NO_LIMITS = Quota()


class Counting:
    """Counts messages by what each plan allows."""

    def __init__(self, quotas: Mapping[str, Quota]) -> None:
        self._quotas = quotas

    def too_large(self, conn: Connection, rows: Sequence[Outgoing]) -> Mapping[str, FileTooLarge]:
        """Those that carry a larger file than their users' plans allow, by message id."""
        files = [row for row in rows if row.media]
        plans = store.plans(conn, {row.delivery.tenant for row in files}) if files else {}
        refused: dict[str, FileTooLarge] = {}
        for row in files:
            most = self._quota(plans.get(row.delivery.tenant)).media_size
            if row.media and most is not None and row.media.size > most:
                refused[row.delivery.id] = FileTooLarge(f"The file is larger than {most} bytes")
        return refused

    def take(self, conn: Connection, rows: Sequence[Outgoing]) -> Mapping[str, RateLimitExceeded]:
        """Count these, the first first; those of each user that are too many, by message id."""
        refused: dict[str, RateLimitExceeded] = {}
        for bill, mine in self._bills(conn, rows):
            room = bill.room()
            bill.settle(conn, room)
            for row in mine[room:]:
                refused[row.delivery.id] = bill.refusal(room, room)
        return refused

    def note(self, conn: Connection, rows: Sequence[Outgoing]) -> None:
        """Count automatic replies, of which none is refused: whoever has written is answered."""
        for bill, mine in self._bills(conn, rows):
            bill.settle(conn, len(mine))

    def take_all(self, conn: Connection, tenant: str, at: datetime, count: int) -> None:
        """Count so many. Raises RateLimitExceeded when they are too many, and then none of them is counted:
        who calls lets that end his transaction."""
        plan, before = store.add(conn, tenant, at, count)
        if self._quota(plan).is_limited:
            bill = _Bill(tenant, at, plan_that_counts(plan), self._quota(plan), count, before)
            if (room := bill.room()) < count:
                raise bill.refusal(room, 0, f"; {count:,} more were asked for, and {room:,} are left")
            bill.settle(conn, count)

    def _bills(
        self, conn: Connection, rows: Sequence[Outgoing]
    ) -> Iterator[tuple["_Bill", Sequence[Outgoing]]]:
        """What each user wants, on each day, where there is a limit to it; counted already, all of it."""
        by_day: dict[tuple[str, date], list[Outgoing]] = {}
        for row in rows:
            by_day.setdefault((row.delivery.tenant, row.delivery.created_at.date()), []).append(row)
        for (tenant, _), mine in sorted(by_day.items(), key=lambda each: each[0]):
            at = mine[0].delivery.created_at
            plan, before = store.add(conn, tenant, at, len(mine))
            if self._quota(plan).is_limited:
                count = len(mine)
                yield _Bill(tenant, at, plan_that_counts(plan), self._quota(plan), count, before), mine

    def _quota(self, plan: str | None) -> Quota:
        return self._quotas.get(plan_that_counts(plan), _NO_LIMITS)


@dataclass(frozen=True, slots=True)
class _Bill:
    """Messages of one user on one day."""

    tenant: str
    at: datetime
    plan: str
    quota: Quota
    count: int  #: of them
    before: Mapping[Span, Count]  #: what was used before them

    def room(self) -> int:
        """How many of them the plan allows."""
        rooms = [self.quota.room(span, count.used) for span, count in self.before.items()]
        return min([self.count, *(room for room in rooms if room is not None)])

    def settle(self, conn: Connection, taken: int) -> None:
        """Put right what was counted, if only so many are taken; and tell the user when the end is near."""
        after, news = dict(self.before), []
        for span, count in self.before.items():
            limit, used = self.quota.messages.get(span), count.used + taken
            is_full = limit is not None and used >= limit
            reaches = limit is not None and count.used < limit <= used
            is_news = reaches or (limit is not None and used >= NEAR * limit and not count.warned)
            refused = count.refused + (self.count - taken if is_full else 0)
            after[span] = Count(used=used, refused=refused, warned=count.warned or is_news)
            if is_news:
                news.append(self._fault(span, used))
        counted = {
            span: Count(used=count.used + self.count, refused=count.refused, warned=count.warned)
            for span, count in self.before.items()
        }
        if after != counted:
            store.settle(conn, self.tenant, self.at, after)
        if news:
            journal.tell(conn, *news, at=self.at)

    def refusal(self, room: int, taken: int, more: str = "") -> RateLimitExceeded:
        """Why no more than there is room for: by the limit that is there the longest."""
        full = [span for span, count in self.before.items() if self.quota.room(span, count.used) == room]
        span = max(full, key=lambda each: renews(each, self.at))
        used, resets_at = self.before[span].used + taken, renews(span, self.at)
        return RateLimitExceeded(
            self._said(span, used) + more,
            retry_after=max(1, ceil((resets_at - self.at).total_seconds())),
            limit=self.quota.messages.get(span),
            used=used,
            resetsAt=resets_at.isoformat().replace("+00:00", "Z"),
        )

    def _fault(self, span: Span, used: int) -> Fault:
        return Fault(where="plans", reason=self._said(span, used), tenant=self.tenant, at=self.at)

    def _said(self, span: Span, used: int) -> str:
        renewal = f"it renews at {renews(span, self.at):%F %R} UTC"
        limit = self.quota.messages.get(span)
        return f"{used} of {limit} messages of the plan '{self.plan}' are used {_WHEN[span]}; {renewal}"
