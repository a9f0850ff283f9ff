"""What is sent little of: never more than allowed in any stretch of time, and never less for no reason."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chatgrow_bot.limits import FirstContacts, WarmUp

some = settings(max_examples=60, deadline=None)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
limits = st.one_of(st.none(), st.integers(1, 12))
gaps = st.lists(st.timedeltas(timedelta(), timedelta(hours=3)), min_size=1, max_size=60)


def nth_newest(times: Sequence[datetime], n: int) -> datetime | None:
    return sorted(times, reverse=True)[n - 1] if len(times) >= n else None


def most_within(times: Sequence[datetime], span: timedelta) -> int:
    """In any stretch of this length, wherever it begins."""
    return max(sum(begin <= each < begin + span for each in times) for begin in times)


@some
@given(limits, limits, gaps)
def test_no_hour_and_no_day_has_more_first_contacts_than_allowed(
    per_hour: int | None, per_day: int | None, asked: list[timedelta]
) -> None:
    rules, now, times = FirstContacts(per_hour=per_hour, per_day=per_day), NOW, list[datetime]()
    for gap in asked:
        now += gap
        times.append(rules.place(lambda n: nth_newest(times, n), now))
        assert times[-1] >= now
    assert per_hour is None or most_within(times, HOUR) <= per_hour
    assert per_day is None or most_within(times, DAY) <= per_day


@some
@given(st.integers(1, 12), st.integers(1, 40))
def test_those_who_wait_are_spread_as_closely_as_the_allowance_lets_them(most: int, waiting: int) -> None:
    rules, times = FirstContacts(per_hour=most), list[datetime]()
    for _ in range(waiting):
        times.append(rules.place(lambda n: nth_newest(times, n), NOW))
    assert times == [NOW + HOUR * (n // most) for n in range(waiting)]


def test_a_pause_ends_by_itself_and_a_clock_set_back_does_not_prolong_it() -> None:
    rules = FirstContacts(pause=3600)
    assert rules.paused(None, NOW) is None
    assert rules.paused(NOW, NOW) is None
    assert rules.paused(NOW + HOUR / 2, NOW) == NOW + HOUR / 2
    assert rules.paused(NOW + DAY, NOW) == NOW + HOUR


@some
@given(st.integers(1, 90), st.integers(1, 500), st.integers(0, 2000))
def test_a_warm_up_grows_evenly_from_first_to_last_and_ends(days: int, first: int, more: int) -> None:
    warm_up = WarmUp(days=days, first=first, last=first + more)
    allowed = [warm_up.allowed(day) or 0 for day in range(1, days + 1)]
    assert allowed[0] == first
    assert allowed[-1] == (first if days == 1 else first + more)
    steps = [after - before for before, after in pairwise(allowed)]
    assert not steps or max(steps) - min(steps) <= 1
    assert warm_up.allowed(days + 1) is None


@some
@given(st.integers(1, 10), st.integers(1, 9), st.integers(0, 20), gaps)
def test_no_day_of_a_warm_up_has_more_than_it_allows_and_none_is_left_empty(
    days: int, first: int, more: int, asked: list[timedelta]
) -> None:
    warm_up, linked_at, now = WarmUp(days=days, first=first, last=first + more), NOW, NOW
    times: list[datetime] = []

    def taken(day: int) -> int:
        return sum(warm_up.day(linked_at, each) == day for each in times)

    for gap in asked:
        now += gap
        times.append(warm_up.place(linked_at, taken, max([now, *times])))
        today, its = warm_up.day(linked_at, now), warm_up.day(linked_at, times[-1])
        assert all(taken(day) == (warm_up.allowed(day) or 0) for day in range(today, its) if day < days)
    for day in range(1, days + 1):
        assert taken(day) <= (warm_up.allowed(day) or 0)


@some
@given(st.integers(1, 10), st.integers(1, 9), st.integers(0, 20), st.integers(0, 30), st.integers(0, 300))
def test_the_day_that_is_told_is_the_day_on_which_it_leaves(
    days: int, first: int, more: int, gone: int, ahead: int
) -> None:
    warm_up, linked_at, now = WarmUp(days=days, first=first, last=first + more), NOW, NOW + HOUR
    times = [NOW] * gone

    def taken(day: int) -> int:
        return sum(warm_up.day(linked_at, each) == day for each in times)

    told = warm_up.when(linked_at, now, gone, ahead)
    for _ in range(ahead + 1):
        times.append(warm_up.place(linked_at, taken, max([now, *times])))
    assert told == times[-1]


def test_a_moment_before_the_account_was_linked_counts_as_its_first_day() -> None:
    warm_up = WarmUp(days=3, first=10, last=30)
    assert [warm_up.day(NOW, NOW + n * DAY) for n in (-2, -1, 0, 1)] == [1, 1, 1, 2]
    assert [warm_up.allowed(day) for day in range(1, 5)] == [10, 20, 30, None]
