"""Business hours: whether it is open at a moment, and when that changes. Pure arithmetic over the week, the
holidays and the clock of the business's time zone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from .config.opening import WEEKDAYS, HolidayEntry, HoursEntry, Span
from .config.public_days import public_days

__all__ = ["BusinessHours", "HoursEntry"]

#: Days before one that may reach into it: a span ends on the next day, and a zone may skip one.
_REACH = 2
#: Days that are looked ahead; the longest holiday is shorter.
_AHEAD = 400
#: Years in which every day has others around it.
_YEARS = range(1000, 9000)
_SOME_YEAR = 2026
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """When a business is open. Its answers are right for any aware moment and none raises.

    A day's hours are told by the clock on its wall, and hours past midnight belong to the day they begin on.
    It opens and closes when that clock first shows the time, or jumps over it.
    """

    zone: tzinfo
    week: Sequence[Sequence[Span]]  #: from Monday
    days: Mapping[date, Sequence[Span]]  #: own holidays, which go over everything
    country: str | None = None  #: whose public holidays are closed

    @classmethod
    def of(cls, entry: HoursEntry, zone: tzinfo) -> Self:
        """The hours that a file tells of; `zone` is for one that names none."""
        week: list[Sequence[Span]] = [()] * 7
        for weekdays, spans in entry.open.items():
            for weekday in weekdays:
                week[weekday] = spans
        days = {day: holiday.open for holiday in entry.holidays for day in _days_of(holiday)}
        if entry.country:
            public_days(entry.country, _SOME_YEAR)  # imported now, and not while the first customer waits
        own = ZoneInfo(entry.zone) if entry.zone else zone
        return cls(zone=own, week=tuple(week), days=days, country=entry.country)

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at this moment."""
        return any(begin <= now < end for begin, end in self._stretches(now, 1))

    def next_open(self, now: datetime) -> datetime | None:
        """When it opens next, by the business's clock: of one that is open, after it has closed. None when it
        does not within a year."""
        found = (begin for begin, _ in self._stretches(now, _AHEAD) if begin > now)
        return self._local(next(found, None))

    def next_close(self, now: datetime) -> datetime | None:
        """When it closes next, by the business's clock: of one that is closed, after it has opened. None when
        it does not within a year."""
        found = next((end for _, end in self._stretches(now, _AHEAD) if end > now), None)
        # what lasts until where the look ahead ends has no end there
        return self._local(found) if found and found < now + timedelta(days=_AHEAD - _REACH) else None

    def after(self, since: datetime, seconds: float) -> datetime | None:
        """When it has been open for so long since a moment; None when that is not within a year."""
        left = timedelta(seconds=seconds)
        for begin, end in self._stretches(since, _AHEAD):
            start = max(begin, since)
            if end - start >= left:
                return self._local(start + left)
            left -= max(timedelta(0), end - start)
        return None

    def words(self, now: datetime) -> str:
        """How it is at this moment and why, for people: `open until 18:00`, `closed: Saturday`."""
        if self.is_open(now):
            end = self.next_close(now)
            return f"open until {end:%H:%M}" if end else "open"
        today = now.astimezone(self.zone).date() if now.year in _YEARS else None
        if today is None:
            return "closed"
        spans = ", ".join(map(str, self._spans(today)))
        name = WEEKDAYS[today.weekday()]
        if today in self.days:
            name = f"{today} is a holiday"
        elif not spans:
            name = self._public(today) or name
        return f"closed: {name}{spans and f', open {spans}'}"

    def _spans(self, day: date) -> Sequence[Span]:
        if day in self.days:
            return self.days[day]
        return () if self._public(day) else self.week[day.weekday()]

    def _public(self, day: date) -> str | None:
        return public_days(self.country, day.year).get(day) if self.country else None

    def _stretches(self, now: datetime, ahead: int) -> Iterator[tuple[datetime, datetime]]:
        """When it opens and closes again, in order, from before `now` for so many days; what meets is one."""
        if now.year not in _YEARS:
            return
        first = now.astimezone(self.zone).date() - timedelta(days=_REACH)
        opened = closes = None
        for number in range(_REACH + ahead + 1):
            day = first + timedelta(days=number)
            for span in self._spans(day):
                begin, end = _moment(self.zone, day, span.begin), _moment(self.zone, day, span.end)
                if begin == end:  # the clock jumped over all of it
                    continue
                if opened and closes and begin <= closes:
                    closes = max(closes, end)
                    continue
                if opened and closes:
                    yield opened, closes
                opened, closes = begin, end
        if opened and closes:
            yield opened, closes

    def _local(self, moment: datetime | None) -> datetime | None:
        return moment.astimezone(self.zone) if moment else None


@lru_cache(maxsize=8192)  # many messages of a day ask for the same hours
def _moment(zone: tzinfo, day: date, minute: int) -> datetime:
    """When a clock on the wall first shows this minute of the day, or jumps over it."""
    wall = datetime.combine(day, time()) + minute * _MINUTE
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if _wall(zone, moment) == wall:
        return moment
    # by the offset after the jump it is too early, by the one before it too late
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        before, after = (before, middle) if _wall(zone, middle) >= wall else (middle, after)
    return after.replace(microsecond=0)


def _wall(zone: tzinfo, moment: datetime) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _days_of(holiday: HolidayEntry) -> Iterator[date]:
    first, last = holiday.from_ or holiday.day, holiday.to or holiday.day
    if first and last:
        yield from (first + timedelta(days=number) for number in range((last - first).days + 1))
