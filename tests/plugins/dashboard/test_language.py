"""The languages' own words: complete, and as people say them."""

from datetime import timedelta

import pytest

from chatgrow_bot.messages import ConnectionState

from .conftest import LANGUAGES


def test_every_language_says_everything() -> None:
    duals = {"ago.minutes_2", "ago.hours_2", "ago.days_2"}
    first, *others = LANGUAGES.values()
    for other in others:
        assert first.words.keys() - duals == other.words.keys() - duals
    for language in LANGUAGES.values():
        assert {f"state.{state}" for state in ConnectionState} <= language.words.keys()


@pytest.mark.parametrize(
    ("seconds", "english", "hebrew"),
    [
        (-5, "just now", "ממש עכשיו"),
        (59, "just now", "ממש עכשיו"),
        (60, "a minute ago", "לפני דקה"),
        (7200, "2 hours ago", "לפני שעתיים"),
        (86_400, "yesterday", "אתמול"),
        (3 * 86_400, "3 days ago", "לפני 3 ימים"),
    ],
)
def test_how_long_ago_is_said_as_people_say_it(seconds: int, english: str, hebrew: str) -> None:
    age = timedelta(seconds=seconds)
    assert (LANGUAGES["en"].ago(age), LANGUAGES["he"].ago(age)) == (english, hebrew)
