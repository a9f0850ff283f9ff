"""Quiet hours: pure functions over a time and the zones that somebody may be in. All reckoning is in UTC, and
what clocks show is only read from it: the hour that summer time skips or repeats is then no special case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: How far ahead a moment is looked for that is quiet in none of several zones.
_FARTHEST = timedelta(days=3)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From `start` to `end` by the clock on the wall, past midnight if `end` is the earlier; never equal."""

    start: time
    end: time
    zone: str = "UTC"  #: for those of whom no zone is known

    def until(self, now: datetime, zones: Sequence[str] = ()) -> datetime | None:
        """The first moment from `now` on that is quiet in none of these zones; None when `now` is not."""
        moment = self._clear(now.astimezone(UTC), self._known(now, zones))
        return None if moment == now else moment

    def after(self, now: datetime, busy: timedelta, zones: Sequence[str] = ()) -> datetime:
        """When so much time that is quiet in none of these zones will have passed."""
        known, left = self._known(now, zones), busy
        moment = self._clear(now.astimezone(UTC), known)
        while moment and (begins := min(self._change(moment, zone) for zone in known)) < moment + left:
            left -= begins - moment
            moment = self._clear(begins, known)
        return (moment or now) + left

    def _known(self, now: datetime, zones: Sequence[str]) -> Sequence[ZoneInfo]:
        """The zones that count. Those that leave no moment, for they go around the world, tell nothing."""
        known = [ZoneInfo(name) for name in zones or (self.zone,)]
        return known if self._clear(now.astimezone(UTC), known) else [ZoneInfo(self.zone)]

    def _clear(self, now: datetime, zones: Sequence[ZoneInfo]) -> datetime | None:
        """The first moment from `now` on that is quiet in none of these zones; None if there is none soon."""
        moment = now
        while quiet := [zone for zone in zones if self.is_quiet(moment, zone)]:
            moment = max(self._change(moment, zone) for zone in quiet)
            if moment > now + _FARTHEST:
                return None
        return moment

    def is_quiet(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet in a zone."""
        shown = moment.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= shown < self.end
        return shown >= self.start or shown < self.end

    def _change(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment after this one at which it begins, or ceases, to be quiet in a zone."""
        was_quiet = self.is_quiet(moment, zone)
        edge = self.end if was_quiet else self.start
        while True:
            at = moment + _until_shown(edge, moment, zone)
            turned = _turned(moment, at, zone)
            if turned is None:
                return at
            moment = turned  # clocks are put on or back before that: from there they are read anew
            if self.is_quiet(moment, zone) != was_quiet:
                return moment


def _until_shown(edge: time, moment: datetime, zone: ZoneInfo) -> timedelta:
    """How long until clocks show a time, as long as nobody puts them on or back."""
    shown = moment.astimezone(zone)
    return (datetime.combine(shown, edge) - shown.replace(tzinfo=None)) % _DAY


def _turned(since: datetime, to: datetime, zone: ZoneInfo) -> datetime | None:
    """When clocks are put on or back within a stretch of a day at most; None when they are not."""
    # Nobody does that within a second.
    low, high = int(since.timestamp()), int(to.timestamp())
    before = _offset(low, zone)
    if _offset(high, zone) == before:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(timestamp: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(timestamp, zone).utcoffset()
