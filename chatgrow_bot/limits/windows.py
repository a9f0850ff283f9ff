"""Sending hours: pure functions over a time. Each day's opening and closing is worked out by the clock on
the wall of its zone and compared in UTC: the hour that summer time skips or repeats is no special case."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..hub import SendingHours

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
#: How far ahead is looked.
_FARTHEST = 3 * 366


def opens(hours: SendingHours, now: datetime) -> datetime:
    """The first moment from `now` on that is within the hours."""
    return max(now, next(_stretches(hours, now))[0])


def closes(hours: SendingHours, now: datetime) -> datetime:
    """When the hours end that run at `now`, or the next ones."""
    return next(_stretches(hours, now))[1]


def after(hours: SendingHours, now: datetime, busy: timedelta) -> datetime | None:
    """When so much time within the hours will have passed; None when that takes years."""
    left = busy
    for begins, ends in _stretches(hours, now):
        begins = max(begins, now)
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    return None


def _stretches(hours: SendingHours, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when to when they run, those first that have not ended yet."""
    zone = ZoneInfo(hours.zone)
    first = now.astimezone(zone).date() - _DAY
    for ahead in range(_FARTHEST):
        day = first + ahead * _DAY
        if day.weekday() in hours.days:
            begins, ends = _bounds(hours, day, zone)
            if ends > max(now, begins):
                yield begins, ends


def _bounds(hours: SendingHours, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if hours.start < hours.end else day + _DAY
    # What comes twice begins with its first time, and is over after its second.
    return _times(day, hours.start, zone)[0], _times(last, hours.end, zone)[1]


def _times(day: date, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the clock on the wall shows this, for the first and for the last time; when it skips it, then."""
    wall = datetime.combine(day, at, zone)
    first, last = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    before, after = last, first  # the clock is put on somewhere between them
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == first.astimezone(zone).utcoffset():
            after = middle
        else:
            before = middle
    return after, after
