"""When a plan's limits renew, and what is left of them."""

from datetime import datetime

import pytest

from chatgrow_bot.hub import Span
from chatgrow_bot.limits import Quota, renews


@pytest.mark.parametrize(
    ("at", "day", "month"),
    [
        ("2026-01-31T23:59:00+00:00", "2026-02-01", "2026-02-01"),
        ("2026-02-01T00:00:00+00:00", "2026-02-02", "2026-03-01"),
        ("2026-12-31T12:00:00+00:00", "2027-01-01", "2027-01-01"),
        ("2028-02-28T12:00:00+00:00", "2028-02-29", "2028-03-01"),
        ("2026-03-01T01:00:00+03:00", "2026-03-01", "2026-03-01"),
    ],
)
def test_days_and_months_end_by_the_calendar_in_utc(at: str, day: str, month: str) -> None:
    moment = datetime.fromisoformat(at)

    assert renews(Span.DAY, moment) == datetime.fromisoformat(f"{day}T00:00Z")
    assert renews(Span.MONTH, moment) == datetime.fromisoformat(f"{month}T00:00Z")


def test_there_is_room_up_to_the_limit_and_none_beyond() -> None:
    quota = Quota(messages={Span.DAY: 3, Span.MONTH: None})

    assert [quota.room(Span.DAY, used) for used in (0, 2, 3, 9)] == [3, 1, 0, 0]
    assert quota.room(Span.MONTH, 10**9) is None
    assert Quota().room(Span.DAY, 1) is None
