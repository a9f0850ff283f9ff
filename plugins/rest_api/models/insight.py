"""Figures by day."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from .base import Answer, Query

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS = range(2000, 2200)


def _text_only(value: Any) -> Any:
    # A bare number would pass for seconds since 1970.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("Write the day as text, for example 2026-01-31")
    return value


def _in_range(day: date) -> date:
    if day.year not in _YEARS:
        raise ValueError("This day is out of range")
    return day


_Day = Annotated[date, BeforeValidator(_text_only), AfterValidator(_in_range)]


class InsightAsked(Query):
    """Which figures, of which days."""

    since: _Day | None = Field(
        default=None,
        alias="from",
        description="the first day, by the hub's time zone; by default a week before the last",
        examples=["2026-01-01"],
    )
    until: _Day | None = Field(
        default=None, alias="to", description="the last day; by default today", examples=["2026-01-31"]
    )
    what: str = Field(
        default="",
        max_length=32,
        description="received, answered, unanswered, opened, `team answered`, ...: only this; by default all",
        examples=["received"],
    )


class FigureShown(Answer):
    """How often one thing happened on a day."""

    day: date
    what: str = Field(examples=["answered"])
    name: str = Field(
        description="which connection, plugin, rule, team, agent or outcome", examples=["auto_reply"]
    )
    count: int
    seconds: int = Field(description="all together, where time is told; of ratings their sum")
    longest: int = Field(description="seconds, of one of them")
    mean: float = Field(description="seconds of one of them; of ratings the mean rating")


class InsightShown(Answer):
    """Figures by day, oldest first; a day on which nothing of the kind happened has no line."""

    since: date = Field(serialization_alias="from", description="the first day that was looked at")
    until: date = Field(serialization_alias="to", description="the last")
    figures: list[FigureShown]
    next: date | None = Field(description="give it as `from` for what follows; null when this was all")
