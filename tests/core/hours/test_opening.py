"""How business hours are written in a rule file, and what is told to whoever writes them wrongly."""

from datetime import UTC
from pathlib import Path

import pytest

from chatgrow_bot.config.opening import Span
from chatgrow_bot.hours import BusinessHours

from .hours_files import read


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("fri-mon", {4, 5, 6, 0}),
        ("Monday - Friday", {0, 1, 2, 3, 4}),
        ("sun, tue-wed", {6, 1, 2}),
        ("sat", {5}),
        ("mon-sun", set(range(7))),
    ],
)
def test_days_as_people_write_them(tmp_path: Path, written: str, days: set[int]) -> None:
    file, problems = read(tmp_path, f"hours:\n  open:\n    {written}: 9:00 - 18:00\n")
    assert file, problems
    week = BusinessHours.of(file.hours, UTC).week
    assert {day for day in range(7) if week[day]} == days
    assert {span for spans in week for span in spans} == {Span(540, 1080)}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("open: {sun-thur: '9:00-18:00'}", "there is no day 'thur', did you mean 'thu'"),
        ("open: {7: '9:00-18:00'}", "there is no day '7'; write sun, mon"),
        ("open: {fri: 9am-5pm}", "'9am-5pm' is no time from and to; write 9:00-18:00"),
        ("open: {fri: '9:60-10:00'}", "'9:60-10:00' is no time from and to"),
        ("open: {fri: '24:00-1:00'}", "'24:00-1:00' is no time from and to"),
        ("open: {fri: '9:00-25:00'}", "'9:00-25:00' is no time from and to"),
        ("open: {fri: '9:00-9:00'}", "is never, or all day?"),
        ("open: {fri: ['9:00-13:00', '12:00-19:00']}", "9:00-13:00 and 12:00-19:00 overlap"),
        ("open: {fri: }", "it has no hours; write them as 9:00-18:00, or write closed"),
        ("open: {}", "write at least one day"),
        ("open: {sun-thu: '9:00-18:00', wed: closed}", "Wednesday stands in two lines"),
        ("open: {'mon, sun-mon': closed}", "'mon, sun-mon' names a day twice"),
        ("country: Israel", "there is no country 'Israel', did you mean IL?"),
        ("country: Germny", "there is no country 'Germny', did you mean DE?"),
        ("country: XX", "there is no country 'XX'; write its code"),
        ("country: DE-QQ", "DE has no part 'QQ'; write DE with one of BB"),
        ("zone: Asia/Jerusalen", "there is no time zone 'Asia/Jerusalen'"),
        ("holidays: [2026-02-31]", "item 1 of 'holidays': '2026-02-31' is no day; write it as 2026-12-31"),
        ("holidays: [31.12.2026]", "'31.12.2026' is no day"),
        ("holidays: [{from: 2026-01-01}]", "write `day: 2026-12-31`, or `from:` and `to:`"),
        ("holidays: [{}]", "write `day: 2026-12-31`"),
        ("holidays: [{from: 2026-02-01, to: 2026-01-01}]", "must be 1 to 366 days"),
        ("holidays: [{from: 2020-01-01, to: 9999-01-01}]", "must be 1 to 366 days"),
        ("holidays: [{day: 2026-01-01, opn: '9:00-12:00'}]", "did you mean 'open'"),
        ("holiday: []", "did you mean 'holidays'"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(tmp_path: Path, line: str, says: str) -> None:
    rest = "" if line.startswith("open") else "  open: {sun: '9:00-18:00'}\n"
    file, problems = read(tmp_path, f"hours:\n{rest}  {line}\n")
    assert file is None
    assert says in problems


def test_every_mistake_is_told_at_its_own_line(tmp_path: Path) -> None:
    _, problems = read(
        tmp_path,
        """hours:
  open:
    sonday: 9:00-18:00
    mon: 9:00
  country: Isreal
  holidays:
    - 2026-01-32
""",
    )
    assert [line.split(":")[1] for line in problems.splitlines() if "rules.yaml:" in line] == [
        "3",
        "4",
        "5",
        "7",
    ]
