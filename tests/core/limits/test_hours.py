"""Quiet hours over years and zones: by every clock that somebody may look at, and past every summer time."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chatgrow_bot.limits import QuietHours, zones_of

NIGHT = QuietHours(start=time(21), end=time(8))
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
some = settings(max_examples=25, deadline=None)  # each reads a clock a few thousand times

times_of_day = st.times().map(lambda at: at.replace(second=0, microsecond=0))
windows = st.tuples(times_of_day, times_of_day).filter(lambda pair: pair[0] != pair[1])
hours = windows.map(lambda pair: QuietHours(start=pair[0], end=pair[1]))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zone_names = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
#: Clocks are put on or back within a day of these; Lord Howe by half an hour, Troll by two hours.
turns = st.tuples(
    st.sampled_from(
        [
            ("Asia/Jerusalem", "2026-03-27T00:00"),
            ("Asia/Jerusalem", "2026-10-24T23:00"),
            ("America/New_York", "2026-03-08T07:00"),
            ("America/New_York", "2026-11-01T06:00"),
            ("Australia/Lord_Howe", "2026-04-04T15:00"),
            ("Australia/Lord_Howe", "2026-10-03T15:30"),
            ("Antarctica/Troll", "2026-03-29T01:00"),
            ("America/Santiago", "2026-09-06T04:00"),  # at midnight
            ("Pacific/Apia", "2011-12-30T10:00"),  # a whole day was skipped
        ]
    ),
    st.timedeltas(timedelta(days=-1), timedelta(days=1)),
)


def shown(moment: datetime, zone: str) -> time:
    return moment.astimezone(ZoneInfo(zone)).time()


def is_within(at: time, quiet: QuietHours) -> bool:
    """Written out by the minutes of a day."""
    minute, start, end = (each.hour * 60 + each.minute for each in (at, quiet.start, quiet.end))
    return minute in (range(start, end) if start < end else {*range(start, 24 * 60), *range(end)})


def holds(quiet: QuietHours, now: datetime, zone: str) -> None:
    """What `until` promises: it is never quiet then, and always was before."""
    until = quiet.until(now, (zone,))
    assert (until is None) is not is_within(shown(now, zone), quiet)
    if until is None:
        return
    assert until > now
    assert not is_within(shown(until, zone), quiet)
    before = [until - SECOND, until - MINUTE, *(now + (until - now) * n / 7 for n in range(7))]
    assert all(is_within(shown(each, zone), quiet) for each in before if each >= now)


@some
@given(hours, moments, zone_names)
def test_until_is_the_first_moment_that_is_not_quiet_in_any_year_and_zone(
    quiet: QuietHours, now: datetime, zone: str
) -> None:
    holds(quiet, now, zone)


@settings(max_examples=100, deadline=None)
@given(hours, turns)
@example(QuietHours(start=time(21), end=time(2, 30)), (("Asia/Jerusalem", "2026-03-27T00:00"), -MINUTE))
@example(QuietHours(start=time(21), end=time(1, 30)), (("Asia/Jerusalem", "2026-10-24T23:00"), -MINUTE))
@example(QuietHours(start=time(21), end=time(0, 30)), (("America/Santiago", "2026-09-06T04:00"), -MINUTE))
def test_it_holds_on_the_days_on_which_clocks_are_put_on_or_back(
    quiet: QuietHours, turn: tuple[tuple[str, str], timedelta]
) -> None:
    (zone, at), away = turn
    holds(quiet, datetime.fromisoformat(at).replace(tzinfo=UTC) + away, zone)


@some
@given(hours, moments, st.lists(zone_names, min_size=2, max_size=5))
def test_who_may_be_in_several_places_is_left_alone_while_it_is_quiet_in_any(
    quiet: QuietHours, now: datetime, zones: list[str]
) -> None:
    until = quiet.until(now, zones)
    moment = until or now
    free = not any(is_within(shown(moment, zone), quiet) for zone in zones)
    steps = (now + timedelta(minutes=10 * n) for n in range(6 * 24 * 2))
    around_the_world = all(any(quiet.is_quiet(at, ZoneInfo(zone)) for zone in zones) for at in steps)
    assert free or around_the_world
    if not free:
        assert not is_within(shown(moment, "UTC"), quiet)  # then our own zone counts


def test_zones_around_the_whole_world_tell_nothing_and_the_own_zone_counts() -> None:
    world = ("Pacific/Auckland", "Europe/London", "America/Los_Angeles", "Asia/Kolkata")
    here = QuietHours(start=time(21), end=time(8), zone="Asia/Jerusalem")
    assert here.until(datetime(2026, 7, 1, 12, tzinfo=UTC), world) is None
    until = here.until(datetime(2026, 7, 1, 20, tzinfo=UTC), world)
    assert until == datetime(2026, 7, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("end", "now", "until"),
    [
        ("02:30", "2026-03-26T23:00", "2026-03-27T00:00"),  # 02:30 never comes: at 02:00 it is 03:00
        ("01:30", "2026-10-24T22:00", "2026-10-24T22:30"),  # 01:30 comes twice: the first time is an end
        ("01:30", "2026-10-24T23:10", "2026-10-24T23:30"),  # ... and so is the second
        ("08:00", "2026-03-26T22:00", "2026-03-27T05:00"),  # a night that is an hour shorter
        ("08:00", "2026-10-24T22:00", "2026-10-25T06:00"),  # one that is an hour longer
    ],
)
def test_a_night_in_which_summer_time_begins_or_ends(end: str, now: str, until: str) -> None:
    quiet = QuietHours(start=time(21), end=time.fromisoformat(end))
    found = quiet.until(datetime.fromisoformat(now).replace(tzinfo=UTC), ("Asia/Jerusalem",))
    assert found == datetime.fromisoformat(until).replace(tzinfo=UTC)


@some
@given(hours, moments, st.integers(0, 36 * 60).map(lambda minutes: minutes * MINUTE), zone_names)
def test_work_that_rests_in_quiet_hours_takes_as_long_as_it_takes(
    quiet: QuietHours, now: datetime, busy: timedelta, zone: str
) -> None:
    now = now.replace(second=0, microsecond=0)  # nothing begins or ends within a minute then
    ends = quiet.after(now, busy, (zone,))
    assume(ends - now < timedelta(days=10))  # a minute a day takes years, and as long to count
    minutes = (now + n * MINUTE for n in range((ends - now) // MINUTE))
    worked = sum(not is_within(shown(minute, zone), quiet) for minute in minutes)
    assert worked * MINUTE == busy
    assert not busy or not is_within(shown(ends - MINUTE, zone), quiet)


@some
@given(moments, st.lists(st.timedeltas(timedelta(), timedelta(days=3)), min_size=2, max_size=6))
def test_more_work_never_ends_sooner(now: datetime, amounts: list[timedelta]) -> None:
    ends = [NIGHT.after(now, each, ("Asia/Jerusalem",)) for each in sorted(amounts)]
    assert all(one <= next_one for one, next_one in pairwise(ends))


@pytest.mark.parametrize(
    ("chat", "zones"),
    [
        ("972501234567@c.us", {"Asia/Jerusalem"}),
        ("12125550123@c.us", {"America/New_York"}),
        ("5511987654321@c.us", {"America/Sao_Paulo"}),
        ("120363000000000000@g.us", set()),
        ("123456789012345@lid", set()),
        ("21012345@c.us", set()),  # no country has this code
    ],
)
def test_a_number_tells_where_in_the_world_it_may_be(chat: str, zones: set[str]) -> None:
    assert set(zones_of(chat)) == zones


def test_a_country_of_many_zones_counts_as_all_of_them_and_a_new_range_as_its_country() -> None:
    assert {"Europe/Moscow", "Asia/Vladivostok"} < set(zones_of("79161234567@c.us"))
    assert zones_of("972541112233@c.us") == ("Asia/Jerusalem",)  # not a range that the library knows
