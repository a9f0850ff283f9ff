"""Which number is the day, and which half of the day it was."""

# ruff: noqa: RUF001 - digits of other scripts

from pathlib import Path

import pytest

from chatgrow_bot.errors import BadInput

from .telling import heads, read


def _chat(*dates: str, clock: str = "14:05") -> str:
    return "".join(f"{date}, {clock} - Dana: hi\n" for date in dates)


def _days(chat: object) -> list[str]:
    return [at[:10] for at, _, _ in heads(chat)]


def test_one_date_that_can_be_read_in_one_way_decides(tmp_path: Path) -> None:
    chat = read(tmp_path, _chat("03/04/2026", "03/05/2026", "03/13/2026"))
    assert _days(chat) == ["2026-03-04", "2026-03-05", "2026-03-13"]
    assert chat.problems == ()


def test_where_all_dates_are_open_the_order_of_messages_decides(tmp_path: Path) -> None:
    chat = read(tmp_path, _chat("11/02/2026", "12/02/2026", "01/03/2026", "02/03/2026"))
    assert _days(chat) == ["2026-02-11", "2026-02-12", "2026-03-01", "2026-03-02"]
    assert chat.problems == ()


def test_a_doubt_is_told_and_can_be_decided(tmp_path: Path) -> None:
    text = _chat("03/04/2026", "05/06/2026")
    chat = read(tmp_path, text)
    assert _days(chat) == ["2026-04-03", "2026-06-05"]
    assert chat.problems == (
        "Every date can be read in 2 ways; they are read as day/month/year. "
        "If that is wrong, add `--dates mdy`.",
    )
    chat = read(tmp_path, text, "mdy")
    assert _days(chat) == ["2026-03-04", "2026-05-06"]
    assert chat.problems == ()


def test_an_american_clock_makes_american_dates_likely(tmp_path: Path) -> None:
    chat = read(tmp_path, _chat("3/4/26", clock="2:05 PM"))
    assert heads(chat)[0][0] == "2026-03-04 14:05:00"
    assert "`--dates dmy`" in chat.problems[0]


def test_an_order_that_the_dates_deny_is_doubted(tmp_path: Path) -> None:
    chat = read(tmp_path, _chat("03/04/2026", "13/04/2026", "14/04/2026"), "mdy")
    assert chat.problems[0] == (
        "2 of 3 dates do not exist as month/day/year, and 0 as day/month/year: is `--dates dmy` meant?"
    )
    assert sum(entry.last_line - entry.first_line + 1 for entry in chat.entries) == 3


def test_years_of_two_digits_may_come_first(tmp_path: Path) -> None:
    chat = read(tmp_path, _chat("25/12/30", "25/12/31", "26/01/01", "26/01/02"))
    assert _days(chat) == ["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"]


def test_a_year_of_four_digits_says_where_it_is(tmp_path: Path) -> None:
    assert _days(read(tmp_path, _chat("2026/03/04"))) == ["2026-03-04"]
    assert _days(read(tmp_path, _chat("2026/03/04"), "mdy")) == ["2026-03-04"]


def test_an_unknown_order_is_an_error_that_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="dmy, mdy, ymd, not 'dym'"):
        read(tmp_path, "", "dym")


@pytest.mark.parametrize(
    ("clock", "hour"),
    [
        ("12:05 AM", 0), ("12:05 PM", 12), ("1:05 a. m.", 1), ("1:05\u202fp.\u00a0m.", 13), ("1:05 pm", 13),
        ("1:05 אחה״צ", 13), ("1:05 לפנה\"צ", 1), ("12:05 ص", 0), ("٣:٠٥ م", 15), ("下午1:05", 13),
        ("오전 1:05", 1),
        ("1:05 ÖS", 13), ("1:05 μ.μ.", 13), ("13:05", 13), ("13.05", 13),
    ],
)  # fmt: skip
def test_halves_of_the_day(clock: str, hour: int, tmp_path: Path) -> None:
    at = read(tmp_path, f"[13/03/2026, {clock}] Dana: hi").entries[0].at
    assert (at.hour, at.minute) == (hour, 5)


def test_a_clock_that_leaves_the_halves_out_is_told(tmp_path: Path) -> None:
    text = "".join(f"{13 + n // 12}/03/2026, {n % 12 + 1}:05 - Dana: hi\n" for n in range(48))
    chat = read(tmp_path, text)
    assert len(chat.entries) == 48
    assert chat.problems == ("No hour is past 12 and none says am or pm: afternoons are read as mornings.",)


def test_thai_years_are_ours_and_other_calendars_are_told(tmp_path: Path) -> None:
    assert _days(read(tmp_path, _chat("13/3/2569"))) == ["2026-03-13"]
    assert "another calendar" in read(tmp_path, _chat("1404/12/22")).problems[0]
