"""A day as an answer."""

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from .asking import Heard
from .dates import day_of
from .texts import Texts, babel_of

#: The day that an example shows is so far ahead.
_EXAMPLE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Edge:
    """The first or the last day that is taken: so many days from today, or a certain one."""

    ahead: int = 0
    day: date | None = None

    def on(self, today: date) -> date:
        """The day itself."""
        return self.day or today + timedelta(days=self.ahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day, within bounds if there are any."""

    low: Edge | None = None
    high: Edge | None = None
    month_first: bool = False  #: 3/12 is the 12th of March

    @property
    def listed(self) -> str:
        """Nothing."""
        return ""

    def named(self, heard: Heard) -> str | None:
        """Never: a wish to leave goes before it."""
        return None

    def read(self, heard: Heard) -> str | None:
        """The day as 2026-03-12, as the filter `date` takes it."""
        try:
            today = heard.now.date()
            subject = heard.subject
            day = day_of(subject.folded, subject.plain, today, heard.locale, self.month_first)
            low, high = (edge.on(today) if edge else None for edge in (self.low, self.high))
        except OverflowError:  # at the end of all years
            return None
        if day is None or (low and day < low) or (high and day > high):
            return None
        return day.isoformat()

    def again(self, texts: Texts, heard: Heard) -> str:
        """Between which days it must be, and how one is written."""
        today, locale = heard.now.date(), babel_of(heard.locale)
        pattern = "M/d" if self.month_first else "d/M"
        soon = max(today, self.low.on(today) if self.low else today) + _EXAMPLE
        example = format_date(min(soon, self.high.on(today)) if self.high else soon, pattern, locale=locale)
        if not self.low or not self.high:
            return texts.day.format(example=example)
        first, last = (format_date(edge.on(today), "long", locale=locale) for edge in (self.low, self.high))
        return texts.days.format(low=first, high=last, example=example)
