"""Business hours: they agree with a person who walks through the days minute by minute beside a clock."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatgrow_bot.config.opening import DAY, Span
from chatgrow_bot.hours import BusinessHours

from .hours_files import JERUSALEM, at, read

MINUTE = timedelta(minutes=1)
#: Days on which clocks are changed: at night, at midnight, by half an hour, by a day.
CHANGES = [
    ("Asia/Jerusalem", date(2026, 3, 27)),
    ("Asia/Jerusalem", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("Europe/London", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/St_Johns", date(2006, 10, 29)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("UTC", date(2026, 1, 1)),
]
SHOP = """
hours:
  zone: Asia/Jerusalem
  open:
    sun-thu: 9:00-18:00
    fri: [9:00-13:00, 16:00-2:00]
  country: IL
  holidays:
    - 2026-09-14
    - {from: 2026-10-01, to: 2026-10-03}
    - {day: 2026-12-31, open: 9:00-12:00}
    - {day: 2026-04-22, open: 10:00-12:00}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    file, problems = read(tmp_path, SHOP)
    assert file, problems
    return BusinessHours.of(file.hours, UTC)


# The walk


def walk(hours: Any, begin: datetime, end: datetime) -> Iterator[tuple[datetime, bool]]:
    """Each minute, and whether it is open: by the latest time that a clock on the wall has shown."""
    shown = (begin - timedelta(days=1)).astimezone(hours.zone).replace(tzinfo=None)
    moment = begin - timedelta(days=1)
    while moment < end:
        shown = max(shown, moment.astimezone(hours.zone).replace(tzinfo=None))
        if moment >= begin:
            yield moment, any(first <= shown < last for first, last in spans_near(hours, shown.date()))
        moment += MINUTE


def spans_near(hours: Any, day: date) -> Iterator[tuple[datetime, datetime]]:
    for near in (day - timedelta(days=1), day):
        midnight = datetime.combine(near, time())
        for span in hours.days[near] if near in hours.days else hours.week[near.weekday()]:
            yield midnight + span.begin * MINUTE, midnight + span.end * MINUTE


@st.composite
def spans(draw: st.DrawFn) -> tuple[Any, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, DAY), max_size=4)))
    found = [Span(one, other) for one, other in zip(cuts[::2], cuts[1::2], strict=False)]
    if found and len(cuts) % 2:  # the last one passes midnight
        found.append(Span(cuts[-1], DAY + draw(st.integers(0, 8 * 60)))) if cuts[-1] < DAY else None
    return tuple(found)


@st.composite
def businesses(draw: st.DrawFn) -> tuple[Any, datetime]:
    zone, day = draw(st.sampled_from(CHANGES))
    week = tuple(draw(spans()) for _ in range(7))
    near = st.integers(-2, 2).map(lambda days: day + timedelta(days=days))
    days: Mapping[date, tuple[Any, ...]] = draw(st.dictionaries(near, spans(), max_size=2))
    begin = datetime.combine(day, time(), UTC) - timedelta(hours=26)
    return BusinessHours(zone=ZoneInfo(zone), week=week, days=days), begin


@settings(max_examples=25, deadline=None)
@given(businesses())
def test_they_agree_with_a_walk_minute_by_minute_where_clocks_change(
    business: tuple[Any, datetime],
) -> None:
    hours, begin = business
    minutes = list(walk(hours, begin, begin + timedelta(days=3)))
    for moment, is_open in minutes:
        assert hours.is_open(moment) is is_open, moment.astimezone(hours.zone)
    turns = [moment for (_, was), (moment, now) in pairwise(minutes) if was is not now]
    for moment, is_open in minutes[:: 7 * 60]:
        later = [turn for turn in turns if turn > moment]
        expected = {("close" if is_open ^ (n % 2 == 1) else "open"): turn for n, turn in enumerate(later[:2])}
        for kind, turn in expected.items():
            found = hours.next_close(moment) if kind == "close" else hours.next_open(moment)
            # in an hour that comes twice, a time is equal to none in another zone
            assert found and found.astimezone(UTC) == turn, (kind, moment.astimezone(hours.zone))


# By hand


@pytest.mark.parametrize(
    ("now", "open_", "opens", "closes", "words"),
    [
        ("2026-11-23 10:00", True, "2026-11-24 09:00", "2026-11-23 18:00", "open until 18:00"),
        ("2026-11-23 09:00", True, "2026-11-24 09:00", "2026-11-23 18:00", "open until 18:00"),
        (
            "2026-11-23 18:00",
            False,
            "2026-11-24 09:00",
            "2026-11-24 18:00",
            "closed: Monday, open 9:00-18:00",
        ),
        ("2026-11-28 01:59", True, "2026-11-29 09:00", "2026-11-28 02:00", "open until 02:00"),
        ("2026-11-28 02:00", False, "2026-11-29 09:00", "2026-11-29 18:00", "closed: Saturday"),
        ("2026-09-13 10:00", False, "2026-09-15 09:00", "2026-09-15 18:00", "closed: Rosh Hashanah"),
        (
            "2026-09-14 10:00",
            False,
            "2026-09-15 09:00",
            "2026-09-15 18:00",
            "closed: 2026-09-14 is a holiday",
        ),
        (
            "2026-10-02 20:00",
            False,
            "2026-10-04 09:00",
            "2026-10-04 18:00",
            "closed: 2026-10-02 is a holiday",
        ),
        (
            "2026-12-31 12:30",
            False,
            "2027-01-01 09:00",
            "2027-01-01 13:00",
            "closed: 2026-12-31 is a holiday, open 9:00-12:00",
        ),
        ("2026-04-22 11:00", True, "2026-04-23 09:00", "2026-04-22 12:00", "open until 12:00"),
    ],
)
def test_a_shop_in_a_year(shop: Any, now: str, open_: bool, opens: str, closes: str, words: str) -> None:
    assert shop.is_open(at(now)) is open_
    assert (shop.next_open(at(now)), shop.next_close(at(now))) == (at(opens), at(closes))
    assert shop.words(at(now)) == words


def test_a_moment_is_one_whatever_zone_it_is_told_in(shop: Any) -> None:
    tokyo = at("2026-11-23 10:00").astimezone(ZoneInfo("Asia/Tokyo"))
    assert shop.is_open(tokyo)
    assert shop.next_close(tokyo) == at("2026-11-23 18:00")
    assert str(shop.next_close(tokyo)) == "2026-11-23 18:00:00+02:00"  # as the business's own clock shows it


def test_who_opens_at_an_hour_that_the_clock_jumps_over_opens_at_the_jump(tmp_path: Path) -> None:
    file, _ = read(tmp_path, "hours: {zone: Asia/Jerusalem, open: {sun-sat: '2:30-4:00'}}")
    assert file
    hours = BusinessHours.of(file.hours, UTC)
    assert hours.next_open(at("2026-03-27 00:00")) == at("2026-03-27 03:00")


def test_hours_that_the_clock_jumps_over_are_none(tmp_path: Path) -> None:
    file, _ = read(tmp_path, "hours: {zone: Asia/Jerusalem, open: {sun-sat: '2:10-2:50'}}")
    assert file
    hours = BusinessHours.of(file.hours, UTC)
    assert hours.next_open(at("2026-03-27 00:00")) == at("2026-03-28 02:10")


def test_hours_that_meet_or_overlap_are_one(tmp_path: Path) -> None:
    lines = "{thu: ['9:00-13:00', '13:00-18:00'], fri: '22:00-10:00', sat: '9:00-9:30'}"
    file, problems = read(tmp_path, f"hours: {{zone: Asia/Jerusalem, open: {lines}}}")
    assert file, problems
    hours = BusinessHours.of(file.hours, UTC)
    assert hours.next_close(at("2026-03-05 10:00")) == at("2026-03-05 18:00")
    assert hours.next_open(at("2026-03-05 10:00")) == at("2026-03-06 22:00")
    assert hours.next_close(at("2026-03-06 23:00")) == at("2026-03-07 10:00")


@pytest.mark.parametrize("year", [1, 1000, 8999, 9999])
def test_no_moment_is_too_odd(shop: Any, year: int) -> None:
    for now in (datetime(year, 1, 1, tzinfo=JERUSALEM), datetime(year, 12, 31, 23, 59, tzinfo=UTC)):
        assert shop.is_open(now) in (True, False)
        assert isinstance(shop.words(now), str)
        shop.next_open(now)
        shop.next_close(now)


def test_who_never_closes_and_who_never_opens(tmp_path: Path) -> None:
    always, _ = read(tmp_path, "hours: {open: {mon-sun: '0:00-24:00'}}")
    never, _ = read(tmp_path, "hours: {open: {mon-sun: closed}}")
    assert always and never
    now = at("2026-03-05 12:00")
    hours = BusinessHours.of(always.hours, JERUSALEM)
    assert (hours.is_open(now), hours.next_open(now), hours.next_close(now)) == (True, None, None)
    assert hours.words(now) == "open"
    hours = BusinessHours.of(never.hours, JERUSALEM)
    assert (hours.is_open(now), hours.next_open(now), hours.next_close(now)) == (False, None, None)


def test_the_zone_of_the_plugin_is_for_files_that_name_none(tmp_path: Path) -> None:
    file, _ = read(tmp_path, "hours: {open: {thu: '12:00-13:00'}}")
    assert file
    assert BusinessHours.of(file.hours, JERUSALEM).is_open(at("2026-03-05 12:30"))
    assert not BusinessHours.of(file.hours, UTC).is_open(at("2026-03-05 12:30"))


def test_a_part_of_a_country_has_days_of_its_own(tmp_path: Path) -> None:
    germany, _ = read(tmp_path, "hours: {open: {mon-sun: '9:00-18:00'}, country: DE}")
    bavaria, _ = read(tmp_path, "hours: {open: {mon-sun: '9:00-18:00'}, country: de-by}")
    assert germany and bavaria
    epiphany = at("2026-01-06 12:00", ZoneInfo("Europe/Berlin"))
    assert BusinessHours.of(germany.hours, UTC).is_open(epiphany)
    assert BusinessHours.of(bavaria.hours, UTC).words(epiphany) == "closed: Epiphany"


def test_hours_that_are_asked_for_at_every_message_cost_little(shop: Any) -> None:
    began, now = datetime.now(UTC), at("2026-11-23 10:00")
    for minute in range(2000):
        shop.is_open(now + minute * MINUTE)
    assert datetime.now(UTC) - began < timedelta(seconds=1)  # 15 microseconds each
