"""Plots as numbers: where each bar of a picture stands, for the page to draw. Widths and heights are those of
the picture's own grid, which the browser stretches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .gathering import Findings
from .nouns import Outcome, Turn

#: A picture over the whole page, and one beside another.
WIDE, HALF, HEIGHT = 1000, 480, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 6, 10, 24
#: Days up to which each has a bar of its own; then weeks up to as many, then months.
_BARS = 62
#: Labels below a picture, at most.
_LABELS = 8
_MINUTE = timedelta(minutes=1)
#: Until when an answer is in which column.
_WAITS = (
    (_MINUTE, "≤ 1 min"),
    (5 * _MINUTE, "≤ 5 min"),
    (15 * _MINUTE, "≤ 15 min"),
    (60 * _MINUTE, "≤ 1 h"),
    (240 * _MINUTE, "≤ 4 h"),
    (1440 * _MINUTE, "≤ 1 day"),
    (timedelta.max, "later"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how many are answered, and how many are not."""

    label: str
    answered: int = 0
    unanswered: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.answered + self.unanswered


@dataclass(frozen=True, slots=True)
class Bar:
    """A column as it is drawn."""

    x: float
    width: float
    answered: tuple[float, float]  #: where it begins from above, and its height
    unanswered: tuple[float, float]
    title: str
    label: str  #: below it; empty where there is no room


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture."""

    bars: Sequence[Bar]
    lines: Sequence[tuple[float, str]]  #: across it, with what they stand for
    width: int
    right: int  #: where the lines end
    left: int = _LEFT
    bottom: int = HEIGHT - _BOTTOM
    height: int = HEIGHT


def by_day(findings: Findings) -> tuple[Plot, str]:
    """Customers' messages along the calendar; and what a column is."""
    first, last = findings.since.date(), findings.until.date()
    days = (last - first).days + 1
    unit = "day" if days <= _BARS else "week" if days <= 7 * _BARS else "month"
    columns: dict[date, list[int]] = {}
    day = first
    while day <= last:
        columns.setdefault(_start(day, unit), [0, 0])
        day += timedelta(days=1)
    for at, answered in _messages(findings):
        columns[_start(at.date(), unit)][not answered] += 1
    shown = "%b %Y" if unit == "month" else "%-d %b"
    return plotted([Column(f"{day:{shown}}", *counts) for day, counts in columns.items()], WIDE), unit


def by_hour(findings: Findings) -> Plot:
    """Customers' messages round the clock."""
    columns = [[0, 0] for _ in range(24)]
    for at, answered in _messages(findings):
        columns[at.hour][not answered] += 1
    return plotted([Column(f"{hour}:00", *counts) for hour, counts in enumerate(columns)])


def by_wait(turns: Sequence[Turn]) -> Plot:
    """How long customers waited in truth, and whether the bot would have answered."""
    columns = {label: [0, 0] for _, label in (*_WAITS, (None, "never"))}
    for turn in turns:
        waited = turn.waited
        label = "never" if waited is None else next(name for end, name in _WAITS if waited <= end)
        columns[label][not turn.is_answered] += 1
    return plotted([Column(label, *counts) for label, counts in columns.items()])


def plotted(columns: Sequence[Column], width: int = HALF) -> Plot:
    """The picture of some columns."""
    top, step = _scale(max((column.total for column in columns), default=0))
    room = HEIGHT - _TOP - _BOTTOM
    pitch = (width - _LEFT - _RIGHT) / max(1, len(columns))
    every = -(-len(columns) // (_LABELS * width // HALF))
    bars = []
    for number, column in enumerate(columns):
        high, low = column.answered / top * room, column.unanswered / top * room
        floor = HEIGHT - _BOTTOM
        bars.append(
            Bar(
                x=round(_LEFT + number * pitch + pitch * 0.12, 2),
                width=round(pitch * 0.76, 2),
                answered=(round(floor - high, 2), round(high, 2)),
                unanswered=(round(floor - high - low, 2), round(low, 2)),
                title=f"{column.label}: {column.answered:,} answered, {column.unanswered:,} not",
                label="" if number % every else column.label,
            )
        )
    marks = [
        (round(HEIGHT - _BOTTOM - mark / top * room, 2), f"{mark:,}") for mark in range(0, top + 1, step)
    ]
    return Plot(bars=bars, lines=marks, width=width, right=width - _RIGHT)


def _messages(findings: Findings) -> Iterable[tuple[datetime, bool]]:
    for each in findings.performance.played:
        if each.outcome in (Outcome.ANSWERED, Outcome.UNANSWERED):
            yield each.line.at, each.outcome is Outcome.ANSWERED


def _start(day: date, unit: str) -> date:
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
    return day


def _scale(most: int) -> tuple[int, int]:
    """A round number not below the most, and the step of the lines below it."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 4 >= most:
                return step * max(1, -(-most // step)), step
        size *= 10
