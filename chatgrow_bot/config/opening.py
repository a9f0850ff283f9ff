"""How a file says when a business, or a team, is open. Whatever a person can get wrong is told at the value
he typed."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, field_validator, model_validator

from .names import did_you_mean
from .public_days import checked_country
from .values import Section, Zone

DAY = 24 * 60  #: minutes
#: As files name the days; the place in it is Python's number of the day.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SHORT = tuple(day[:3].lower() for day in WEEKDAYS)
_MOST_DAYS = 366  #: of one entry of `holidays`


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a minute of the day until before another, which past DAY is one of the next day."""

    begin: int
    end: int

    def __str__(self) -> str:
        return f"{_shown(self.begin)}-{_shown(self.end if self.end <= DAY else self.end - DAY)}"


def _shown(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


def _span(value: Any) -> Span:
    begin, _, end = value.replace("\u2013", "-").partition("-") if isinstance(value, str) else ("", "", "")
    first, last = _minute(begin), _minute(end)
    if first is None or last is None or first == DAY:
        raise ValueError(f"'{value}' is no time from and to; write 9:00-18:00, 22:00-2:00 or 0:00-24:00")
    if first == last:
        raise ValueError(f"'{value}' is never, or all day? Write 0:00-24:00 for all day, or closed")
    return Span(first, last if last > first else last + DAY)


def _minute(text: str) -> int | None:
    """The minute of the day; None for what is no time of day. 24:00 is its end."""
    hour, colon, minute = text.strip().partition(":")
    numbers = hour.isdecimal() and len(hour) <= 2 and (not colon or (minute.isdecimal() and len(minute) == 2))
    if not numbers or int(minute or 0) >= 60:
        return None
    total = int(hour) * 60 + int(minute or 0)
    return total if total <= DAY else None


def _several(value: Any) -> Any:
    if value in ("closed", ()):
        return []
    if value is None or value == []:
        raise ValueError("it has no hours; write them as 9:00-18:00, or write closed")
    return value if isinstance(value, list) else [value]


def _apart(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    for one, other in pairwise(sorted(spans)):
        if other.begin < one.end:
            raise ValueError(f"{one} and {other} overlap; write them as one")
    return tuple(sorted(spans))


def _days(value: Any) -> tuple[int, ...]:
    """The days that `sun`, `sun-thu` or `mon, wed` stand for."""
    if not isinstance(value, str):
        raise ValueError(f"'{value}' is no day; write sun, sun-thu or sat")  # noqa: TRY004  pydantic wants it
    found: list[int] = []
    for part in value.split(","):
        first, dash, last = part.replace("\u2013", "-").partition("-")
        begin = _weekday(first)
        end = _weekday(last) if dash else begin
        found += [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]
    if len(set(found)) < len(found):
        raise ValueError(f"'{value}' names a day twice")
    return tuple(found)


def _weekday(name: str) -> int:
    word = name.strip().lower()
    for number, day in enumerate(WEEKDAYS):
        if word in (_SHORT[number], day.lower()):
            return number
    meant = did_you_mean(word, [*_SHORT, *(day.lower() for day in WEEKDAYS)])
    raise ValueError(
        f"there is no day '{name.strip()}'{meant or '; write sun, mon, tue, wed, thu, fri or sat'}"
    )


def _date(value: Any) -> date:
    try:
        if isinstance(value, str) and len(value) == len("2026-12-31"):
            return date.fromisoformat(value)
    except ValueError:
        pass  # the 31st of February
    raise ValueError(f"'{value}' is no day; write it as 2026-12-31")


def _single(value: Any) -> Any:
    return value if isinstance(value, dict) else {"day": value}


Spans = Annotated[
    tuple[Annotated[Span, PlainValidator(_span, json_schema_input_type=str)], ...],
    AfterValidator(_apart),
    BeforeValidator(_several, json_schema_input_type=str | list[str]),
]
Days = Annotated[tuple[int, ...], PlainValidator(_days, json_schema_input_type=str)]
_Date = Annotated[date, PlainValidator(_date, json_schema_input_type=str)]


class HolidayEntry(Section):
    """A day, or all days from one to another, that are not as other days of the week."""

    day: _Date | None = Field(None, description="The day, as 2026-12-31.")
    from_: _Date | None = Field(None, alias="from", description="The first of several days.")
    to: _Date | None = Field(None, description="The last of them.")
    open: Spans = Field((), description="When it is open all the same, as 9:00-12:00; closed if left out.")

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        if (self.day is None) is (self.from_ is None) or (self.from_ is None) is not (self.to is None):
            raise ValueError("write `day: 2026-12-31`, or `from:` and `to:`")
        if self.from_ and self.to and not 0 <= (self.to - self.from_).days < _MOST_DAYS:
            raise ValueError(f"from {self.from_} to {self.to} must be 1 to {_MOST_DAYS} days")
        return self


_Holiday = Annotated[HolidayEntry, BeforeValidator(_single, json_schema_input_type=str | HolidayEntry)]
_Country = Annotated[str, AfterValidator(checked_country)]


class HoursEntry(Section):
    """When the business is open."""

    zone: Zone | None = Field(
        None, description="Time zone, as Asia/Jerusalem; if left out, the plugin's, or of a team the hub's."
    )
    open: dict[Days, Spans] = Field(
        description="Days and their hours: `sun-thu: 9:00-18:00`, `fri: [9:00-13:00, 16:00-19:00]`."
    )
    country: _Country | None = Field(
        None, description="Its public holidays are closed: IL, US, or a part, as DE-BY."
    )
    holidays: tuple[_Holiday, ...] = Field(
        (), description="Days of your own, which go over the country's; of two for one day the later counts."
    )

    @field_validator("open")
    @classmethod
    def _each_day_once(cls, value: dict[tuple[int, ...], Any]) -> dict[tuple[int, ...], Any]:
        if not value:
            raise ValueError("write at least one day, such as `sun-thu: 9:00-18:00`")
        days = [day for key in value for day in key]
        if twice := next((day for day in days if days.count(day) > 1), None):
            raise ValueError(f"{WEEKDAYS[twice]} stands in two lines; write its hours once")
        return value
