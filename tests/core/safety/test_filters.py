"""Filters: dates, amounts, numbers and names, as a language writes them."""

# ruff: noqa: RUF001 - digits of other scripts are the test

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.templates import Template, as_typed

MOMENT = datetime(2026, 3, 5, 14, 5, tzinfo=UTC)


def written(filters: str, value: Any, locale: str = "en") -> str:
    """As a person would type it."""
    return as_typed(Template(f"{{{{ x | {filters} }}}}").render({"x": value}, locale))


@pytest.mark.parametrize(
    ("filters", "value", "locale", "expected"),
    [
        ('money("ILS")', "120.5", "en", "₪120.50"),
        ('money("ILS")', "120.5", "he", "120.50 ₪"),
        ('money("EUR")', Decimal("1234.5"), "de", "1.234,50 €"),
        ('money("JPY")', 1200, "en", "¥1,200"),
        ('money("USD")', "-3", "he", "-3.00 $"),
        ('money("USD")', "1,200.50", "en", "$1,200.50"),
        ('money("USD")', " ٣٤٥٫٥ ", "ar", "345.50 US$"),
        ("number", 1234567.5, "en", "1,234,567.5"),
        ("number", "1234.5", "fr", "1 234,5"),
        ("number", 0.1, "en", "0.1"),
        ("date", "2026-03-05", "en", "Mar 5, 2026"),
        ("date", "2026-03-05", "en-GB", "5 Mar 2026"),
        ("date", date(2026, 3, 5), "he", "5 במרץ 2026"),
        ("date", "2026-03-05 23:30", "en", "Mar 5, 2026"),
        ('date("long")', MOMENT, "en", "March 5, 2026"),
        ('date("d MMMM")', "2026-03-05", "en_GB", "5 March"),
        ('date("EEEE")', "2026-03-05", "es", "jueves"),
        ("time", "9:05", "en", "9:05 AM"),
        ("time", MOMENT, "he", "14:05"),
        ("time", "2026-03-05T14:05:00+02:00", "de", "14:05"),
        ('time("HH:mm")', time(7, 30), "en", "07:30"),
        ("first", "  Dana Maria Levi", "en", "Dana"),
        ("first | upper", "dana levi", "en", "DANA"),
        ("first", " ", "en", ""),
        ("phone", "972541112233", "en", "+972 54-111-2233"),
        ("phone", "00972 54 111 2233", "he", "+972 54-111-2233"),
        ("phone", 14155550123, "en", "+1 415-555-0123"),
        ("phone", "\u200e+14155550123", "en", "+1 415-555-0123"),
        ('money("ILS") | default("-")', "", "en", "-"),
        ('date | default("soon")', None, "en", "soon"),
        ('default("2026-03-05") | date', None, "en", "Mar 5, 2026"),
    ],
)
def test_values_are_written_as_the_language_does(
    filters: str, value: Any, locale: str, expected: str
) -> None:
    assert written(filters, value, locale) == expected


def test_a_moment_and_a_time_have_a_plain_way_too() -> None:
    assert Template("{{ x }} {{ y }}").render({"x": MOMENT, "y": time(7, 30)}) == "2026-03-05 14:05 07:30"


@pytest.mark.parametrize(
    "locale", ["xx", "", "../../etc/passwd", "en-" * 30, "he\x00", "e" * 9, "e", "en-XX", "root"]
)
def test_a_language_that_does_not_exist_is_taken_for_english(locale: str) -> None:
    assert written("date", "2026-03-05", locale) == "Mar 5, 2026"


@pytest.mark.parametrize("value", ["abc", "1.2.3", "12e5", "1,20", "nan", "-", "9" * 60_000, True, MOMENT])
@pytest.mark.parametrize("filters", ['money("ILS")', "number"])
def test_what_is_no_number_is_told(filters: str, value: Any) -> None:
    with pytest.raises(BadInput, match="'x' is no number such as 120"):
        written(filters, value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 1e300, Decimal("1E+999999"), Decimal("1E-999999")]
)
def test_a_number_without_end_is_told(value: Any) -> None:
    with pytest.raises(BadInput, match="is no number"):
        written("number", value)


def test_a_comma_is_read_as_the_language_does() -> None:
    with pytest.raises(BadInput):  # 1.2 euros, or 1200?
        written('money("EUR")', "1,200", "de")


@pytest.mark.parametrize(
    "value", ["abc", "2026-02-31", "5.3.2026", "5/3/2026", "20260305", "2026-03-05 25:00", 5]
)
def test_what_is_no_date_is_told(value: Any) -> None:
    with pytest.raises(BadInput, match="'x' is no date such as 2026-03-05"):
        written("date", value)


@pytest.mark.parametrize(
    ("filters", "value", "says"),
    [
        ("date", "14:30", "is a time of day and has no date"),
        ("time", "2026-03-05", "is a date and has no time of day"),
        ("time", "24:30", "is no date such as"),
        ("phone", "054-1112233", "is no phone number in international form"),
        ("phone", "Dana", "is no phone number"),
        ("phone", "+1" * 90, "is no phone number"),
        ("upper", ["a"], "is not a single value"),
        ("number", b"5", "is not a single value"),
    ],
)
def test_what_a_filter_cannot_read_is_told_without_the_words_of_the_customer(
    filters: str, value: Any, says: str
) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        written(filters, value)
    assert str(value) not in str(caught.value)


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ("money", r'is written \{\{ field \| money\("ILS"\) \}\}'),
        ('money("NIS")', "by its code of three letters"),
        ('money("ils")', "by its code of three letters"),
        ('date("foo")', "write one such as"),
        ('date("HH:mm")', "write one such as"),
        ('time("d MMMM")', "write one such as"),
        ('date("")', "write one such as"),
        ('date("MMMMMMM")', "write one such as"),
        (f'date("{"y" * 100}")', "write one such as"),
        ('number("5")', r"is written \{\{ field \| number \}\}"),
        ('first("5")', r"is written \{\{ field \| first \}\}"),
        ("frist", "did you mean 'first'"),
        ("currency", "there are upper, lower, title, default"),
    ],
)
def test_a_wrong_filter_is_told_before_anyone_writes(filters: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        Template(f"{{{{ x | {filters} }}}}")


SCALARS = st.one_of(
    st.text(max_size=60),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.booleans(),
    st.none(),
)
FILTER = st.sampled_from(
    [
        "upper",
        "title",
        "first",
        "phone",
        "date",
        'date("full")',
        "time",
        'money("ILS")',
        "number",
        'default("-")',
    ]
)


@given(
    SCALARS, st.lists(FILTER, min_size=1, max_size=4), st.sampled_from(["en", "he", "ar", "fa", "ja", "xx"])
)
def test_any_value_is_written_or_refused(value: Any, filters: list[str], locale: str) -> None:
    try:
        assert isinstance(written(" | ".join(filters), value, locale), str)
    except BadInput as error:
        assert "'x'" in str(error)
