"""Which number of a date is the day. A phone writes dates as its country does, so that 03/04 may be either:
the whole file decides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise

from .heads import Head

ORDERS: Mapping[str, str] = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year/month/day"}
#: WhatsApp began in 2009: years of two digits before that are days or months.
_FIRST, _LAST = 9, 99
#: Thai years begin 543 years earlier. Other calendars have other months, and are told as doubt.
_THAI, _THAI_FROM, _OTHER = 543, 2400, 1900
#: From so many heads on, a clock without an hour past twelve has only twelve.
_MANY = 40


def moment(head: Head, order: str) -> datetime | None:
    """When a head says it was; None if there is no such day or time in that order."""
    year, month, day = _ordered(head, order)
    hour, minute, second = head.clock
    if head.half and hour == 12:
        hour = 0
    if head.half == "pm" and hour < 12:
        hour += 12
    try:
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    except ValueError:
        return None


def order_of(heads: Sequence[Head], asked: str) -> tuple[str, tuple[str, ...]]:
    """The order in which most dates exist and follow each other, unless one is asked for; and the doubts."""
    costs = _costs(heads)
    if asked:
        better = min(costs, key=lambda order: sum(costs[order]))
        if asked in costs and costs[asked][0] > costs[better][0]:
            return asked, (
                f"{costs[asked][0]} of {len(heads)} dates do not exist as {ORDERS[asked]}, and "
                f"{costs[better][0]} as {ORDERS[better]}: is `--dates {better}` meant?",
            )
        return asked, ()
    least = min(sum(cost) for cost in costs.values())
    likely = [order for order, cost in costs.items() if sum(cost) == least]
    chosen = _usual(heads[0], likely)
    if len(likely) == 1:
        return chosen, ()
    others = " or ".join(f"`--dates {order}`" for order in likely if order != chosen)
    return chosen, (
        f"Every date can be read in {len(likely)} ways; they are read as {ORDERS[chosen]}. "
        f"If that is wrong, add {others}.",
    )


def doubts_of(heads: Sequence[Head], moments: Sequence[datetime]) -> list[str]:
    """What the clock and the calendar leave open."""
    doubts = []
    if moments and max(moments).year < _OTHER:
        doubts.append(
            "The years are of another calendar, and so are months and days: set the phone to the Gregorian "
            "calendar and export again if the dates matter."
        )
    if has_no_halves(heads):
        doubts.append("No hour is past 12 and none says am or pm: afternoons are read as mornings.")
    return doubts


def has_no_halves(heads: Sequence[Head]) -> bool:
    """Whether the clock has twelve hours, and nothing tells the halves of the day."""
    hours = {head.clock[0] for head in heads}
    plain = not any(head.half for head in heads)
    return plain and len(heads) >= _MANY and max(hours) <= 12 and 0 not in hours


def _ordered(head: Head, order: str) -> tuple[int, int, int]:
    first, second, third = head.numbers
    year, month, day = third, second, first
    if head.year_first or (order == "ymd" and not head.year_last):
        year, month, day = first, second, third
    elif order == "mdy":
        month, day = first, second
    if year >= _THAI_FROM:
        return year - _THAI, month, day
    if year <= _LAST:
        return (2000 + year if year >= _FIRST else 0), month, day  # 0: no such year
    return year, month, day


def _costs(heads: Sequence[Head]) -> dict[str, tuple[int, int]]:
    """By order: how many dates there are not, and how often the days go back. Of two orders that say the
    same of every date, the first."""
    costs: dict[str, tuple[int, int]] = {}
    told: list[list[date | None]] = []
    for order in ORDERS:
        days = [at.date() if (at := moment(head, order)) else None for head in heads]
        if days in told:
            continue
        told.append(days)
        there = [day for day in days if day]
        back = sum(later < earlier for earlier, later in pairwise(there))
        costs[order] = len(days) - len(there), back
    return costs


def _usual(head: Head, likely: Sequence[str]) -> str:
    """Who writes slashes and a clock of twelve hours in Latin letters is in America; most others begin with
    the day."""
    american = "/" in head.shape and head.half and head.is_plain
    wanted = ("mdy", "dmy", "ymd") if american else ("dmy", "mdy", "ymd")
    return next(order for order in wanted if order in likely)
