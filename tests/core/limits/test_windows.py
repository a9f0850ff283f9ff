"""Sending hours over years and zones, by every clock that somebody may look at."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chatgrow_bot.hub import SendingHours
from chatgrow_bot.limits import windows

MINUTE = timedelta(minutes=1)
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
days = st.frozensets(st.integers(0, 6), min_size=1)
zones = st.sampled_from(["UTC", "Asia/Jerusalem", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
hours = st.builds(
    lambda start, end, days, zone: SendingHours(start=start, end=end, days=days, zone=zone),
    *(times, times, days, zones),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SUMMER = datetime(2026, 3, 27, tzinfo=UTC)  # Jerusalem skips two o'clock


def shown(at: datetime, given: SendingHours) -> bool:
    """Whether the clock on the wall is within the hours, of today's or of last night's."""
    wall = at.astimezone(ZoneInfo(given.zone))
    today, before = wall.weekday() in given.days, (wall - timedelta(days=1)).weekday() in given.days
    clock = wall.time().replace(tzinfo=None)
    if given.start < given.end:
        return today and given.start <= clock < given.end
    return (today and clock >= given.start) or (before and clock < given.end)


def is_plain(given: SendingHours, now: datetime) -> bool:
    """Whether nobody puts a clock on or back about then."""
    zone = ZoneInfo(given.zone)
    return len({(now + timedelta(days=n)).astimezone(zone).utcoffset() for n in range(-3, 12)}) == 1


@given(hours, moments)
@settings(max_examples=150, deadline=None)
def test_it_is_open_when_the_clock_on_the_wall_says_so(given: SendingHours, now: datetime) -> None:
    assume(given.start != given.end and is_plain(given, now))
    opens = windows.opens(given, now)
    assert (opens == now) is shown(now, given)
    assert shown(opens, given)
    if opens > now:
        assert not shown(opens - MINUTE, given) or opens - MINUTE < now
    closes = windows.closes(given, now)
    assert closes > opens and shown(closes - timedelta(seconds=1), given)


@given(hours, moments, st.timedeltas(timedelta(0), timedelta(days=9)))
@settings(max_examples=100, deadline=None)
@example(SendingHours(start=time(1), end=time(4), zone="Asia/Jerusalem"), SUMMER, timedelta(hours=5))
def test_so_much_time_within_the_hours_has_passed(
    given: SendingHours, now: datetime, busy: timedelta
) -> None:
    assume(given.start != given.end)
    done = windows.after(given, now, busy)
    if done is None:
        return
    passed, at = timedelta(0), now
    while at < done:
        begins = windows.opens(given, at)
        ends = min(done, windows.closes(given, begins))
        passed, at = passed + max(timedelta(0), ends - begins), max(ends, begins)
    assert passed == busy


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    friday = SendingHours(start=time(22), end=time(2), days=frozenset({4}))
    at = datetime(2026, 1, 3, 1, tzinfo=UTC)  # Saturday
    assert windows.opens(friday, at) == at
    assert windows.closes(friday, at) == datetime(2026, 1, 3, 2, tzinfo=UTC)
    assert windows.opens(friday, at + timedelta(hours=1)) == datetime(2026, 1, 9, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "opens", "closes"),
    [
        (time(1), time(2, 30), (26, 23), (27, 0)),  # over when two o'clock would come
        (time(2, 30), time(4), (27, 0), (27, 1)),
        (time(22), time(2, 30), (26, 20), (27, 0)),
        (time(2, 10), time(2, 50), (27, 23, 10), (27, 23, 50)),  # on that day there is no such time
    ],
)
def test_a_time_that_the_clock_skips_is_when_it_is_put_on(
    start: time, end: time, opens: tuple[int, ...], closes: tuple[int, ...]
) -> None:
    given = SendingHours(start=start, end=end, zone="Asia/Jerusalem")
    now = datetime(2026, 3, 26, 19, tzinfo=UTC)
    assert windows.opens(given, now) == datetime(2026, 3, *opens, tzinfo=UTC)  # type: ignore[arg-type,misc]
    assert windows.closes(given, now) == datetime(2026, 3, *closes, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_an_hour_that_comes_twice_is_over_after_its_second_time() -> None:
    given = SendingHours(start=time(1, 30), end=time(1, 45), zone="Asia/Jerusalem")
    now = datetime(2026, 10, 24, 20, tzinfo=UTC)
    assert windows.opens(given, now) == datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    assert windows.closes(given, now) == datetime(2026, 10, 24, 23, 45, tzinfo=UTC)
