"""The gap between two messages: as configured, never below the plan's floor, whatever the clock does."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chatgrow_bot.limits import Pace, clamped

some = settings(max_examples=60, deadline=None)
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
seconds = st.floats(0, 3600)
paces = st.tuples(seconds, seconds, st.floats(0, 600), st.floats(0, 3600)).map(
    lambda p: Pace(low=min(p[:2]), high=max(p[:2]), jitter=p[2], floor=p[3])
)


@some
@given(paces, st.integers())
def test_a_gap_is_within_its_bounds_and_never_below_the_floor(pace: Pace, seed: int) -> None:
    chance = Random(seed)
    for _ in range(20):
        gap = pace.gap(chance).total_seconds()
        assert max(pace.floor, pace.low - pace.jitter, 0) - 1e-5 <= gap <= pace.longest + 1e-5
    assert pace.floor <= pace.mean <= pace.longest


@some
@given(paces, st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.integers())
def test_a_slot_read_after_the_clock_jumped_is_never_farther_than_one_gap_and_never_sooner_than_written(
    pace: Pace, jump: timedelta, seed: int
) -> None:
    slot = NOW + pace.gap(Random(seed))
    now = NOW + jump
    read = clamped(slot, now, pace)
    assert read <= now + timedelta(seconds=pace.longest)
    assert read == slot or jump < timedelta()
