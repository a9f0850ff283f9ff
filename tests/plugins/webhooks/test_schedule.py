"""The schedule and what an answer means, for every status, count and wish."""

import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

load_plugin_module(built_in_folder() / "webhooks")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def part() -> ModuleType:
    return sys.modules["chatgrow_plugins.webhooks.schedule"]


@given(st.integers(100, 599))
def test_every_status_means_one_thing(status: int) -> None:
    schedule = part()
    verdict = schedule.judge(status)
    if 200 <= status < 300:
        assert verdict == "delivered"
    elif status == 410:
        assert verdict == "gone"
    elif 400 <= status < 500 and status not in (408, 429):
        assert verdict == "refused"
    else:
        assert verdict == "later"
    assert schedule.judge(None) == "later"


@given(st.integers(1, 30), st.floats(-1e9, 1e9), st.floats(0, 1))
def test_a_wait_is_that_of_the_standard_or_what_was_asked_for(
    attempts: int, asked: float, luck: float
) -> None:
    wait = part().wait_after(attempts, asked, luck)
    least = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    if attempts > len(least):
        assert wait is None
        return
    assert least[attempts - 1] <= wait <= max(least[attempts - 1] * 1.1, 86400)
    assert wait >= min(asked, 86400)
    if attempts > 1:
        assert part().wait_after(attempts, 0, 0) > part().wait_after(attempts - 1, 0, 1)


@given(st.text())
def test_no_header_breaks_it(text: str) -> None:
    assert 0 <= part().retry_after(text, NOW) < 1e12


def test_a_retry_after_is_a_number_or_a_time() -> None:
    read = part().retry_after
    later = NOW + timedelta(seconds=90)
    assert read("120", NOW) == 120
    assert read(format_datetime(later, usegmt=True), NOW) == 90
    assert read(format_datetime(NOW - timedelta(days=1), usegmt=True), NOW) == 0
    for odd in ("", "-5", "1e9", "soon", "1" * 40, "\N{ARABIC-INDIC DIGIT THREE}"):
        assert read(odd, NOW) == 0
