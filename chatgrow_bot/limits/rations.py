"""What is sent a little of: first contacts, and everything from an account that is new. Pure functions over
when others of the kind left, or were promised to leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """So many within any stretch of that length, wherever it begins."""

    most: int
    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContacts:
    """How many people may be written to for the first time."""

    per_hour: int | None = None
    per_day: int | None = None
    pause: float = 86_400.0  #: seconds without any, after WhatsApp has refused one

    @property
    def windows(self) -> Sequence[Window]:
        """The limits there are."""
        limits = ((self.per_hour, HOUR), (self.per_day, DAY))
        return [Window(most, span) for most, span in limits if most is not None]

    @property
    def none_at_all(self) -> bool:
        """Whether nobody is ever written to first."""
        return 0 in (self.per_hour, self.per_day)

    def place(self, nth_newest: Callable[[int], datetime | None], earliest: datetime) -> datetime:
        """When one more may leave, from `earliest` on. `nth_newest(n)` is when the n-th newest of the others
        leaves or left, None if there are fewer."""
        opens = earliest
        for window in self.windows:
            last = nth_newest(window.most)
            if last is not None:
                opens = max(opens, last + window.span)
        return opens

    def paused(self, until: datetime | None, now: datetime) -> datetime | None:
        """Until when there are none; a clock that was set back must not prolong it."""
        if until is None or until <= now:
            return None
        return min(until, now + timedelta(seconds=self.pause))


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """So many messages on each day since an account was linked, evenly more from `first` to `last`."""

    days: int
    first: int
    last: int

    def day(self, linked_at: datetime, moment: datetime) -> int:
        """Which of its days a moment is on, the first being 1, also for a moment before it was linked."""
        return max(0, (moment - linked_at) // DAY) + 1

    def begins(self, linked_at: datetime, day: int) -> datetime:
        """When a day begins."""
        return linked_at + (day - 1) * DAY

    def allowed(self, day: int) -> int | None:
        """How many messages may leave on a day; None for any number."""
        if day > self.days:
            return None
        if self.days == 1:
            return self.first
        return self.first + (self.last - self.first) * (day - 1) // (self.days - 1)

    def place(self, linked_at: datetime, taken: Callable[[int], int], newest: datetime) -> datetime:
        """When one more may leave, not before the newest of the others. `taken(day)` is how many of those
        leave or left on a day."""
        day = self.day(linked_at, newest)
        allowed = self.allowed(day)
        if allowed is None or taken(day) < allowed:
            return newest
        return self.begins(linked_at, day + 1)

    def when(self, linked_at: datetime, now: datetime, taken: int, ahead: int) -> datetime:
        """From when on the next but `ahead` may leave, if `taken` have left today."""
        day, before = self.day(linked_at, now), ahead + taken
        while (allowed := self.allowed(day)) is not None and before >= allowed:
            before -= max(allowed, taken)
            day, taken = day + 1, 0
        return max(now, self.begins(linked_at, day))
