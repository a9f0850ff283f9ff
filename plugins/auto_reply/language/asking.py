"""What `ask:` takes for an answer, and whom `handOff:` hands a customer to."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import phonenumbers
from pydantic import Field, PlainValidator, model_validator

from chatgrow_bot.config import Count, Flag
from chatgrow_bot.safety.templates import Template

from ..conditions.text import Phrase
from ..dialogues.days import Edge
from .values import Entry, Patterns, Text, Words, phrase, template

#: Digits of a number of days.
_AHEAD = 4
_SOME_DAY = date(2026, 3, 5)
#: Characters of an answer in words, at most.
LONGEST = 1_000


def _edge(value: Any) -> Edge:
    if value == "today":
        return Edge()
    if isinstance(value, date):
        return Edge(day=value)
    written = str(value)
    ahead = written.removeprefix("+").removesuffix("d")
    if written == f"+{ahead}d" and ahead.isascii() and ahead.isdecimal() and len(ahead) <= _AHEAD:
        return Edge(ahead=int(ahead))
    try:
        return Edge(day=date.fromisoformat(written))
    except ValueError:
        raise ValueError("write `today`, a day ahead such as `+30d`, or a date such as 2026-12-31") from None


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("this is not a number; write one such as 20")  # noqa: TRY004  told as input
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > 10**15:
        raise ValueError("this number is too large")
    return number


def _country(value: Any) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"'{value}' is no country; write one such as IL or US")
    return str(value)


def bare(value: Any) -> Any:
    """`true` asks for any of the kind."""
    return {} if value is True else value


def _parting(value: Any) -> Template | bool:
    """A text; `false` for none."""
    return value if value is False else template(value)


_Edge = Annotated[Edge, PlainValidator(_edge, json_schema_input_type=str)]
_Number = Annotated[Decimal, PlainValidator(_number, json_schema_input_type=int | float)]
_Country = Annotated[str, PlainValidator(_country, json_schema_input_type=str)]
Parting = Annotated[Template | bool, PlainValidator(_parting, json_schema_input_type=str | Literal[False])]
FileKind = Literal["image", "video", "audio", "voice", "sticker", "document", "any"]
Choice = Annotated[Phrase, PlainValidator(phrase, json_schema_input_type=str | int)]


class WordsEntry(Entry):
    """An answer in words."""

    min: Count = Field(1, ge=1, le=LONGEST, description="Characters at least.")
    max: Count = Field(500, ge=1, le=LONGEST, description="Characters at most; 1000 is the most there is.")
    pattern: Patterns | None = Field(None, description="An RE2 pattern finds something in it.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("`min` is more than `max`")
        return self


class NumberEntry(Entry):
    """A number."""

    from_: _Number | None = Field(None, alias="from", description="The smallest.")
    to: _Number | None = Field(None, description="The largest.")
    whole: Flag = Field(True, description="Whether 2.5 is none.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("`from` is more than `to`")
        return self


class DateEntry(Entry):
    """A day."""

    from_: _Edge | None = Field(
        None, alias="from", description="The first that is taken: `today`, `+1d`, 2026-12-31."
    )
    to: _Edge | None = Field(None, description="The last.")
    month_first: Flag | None = Field(
        None, description="Whether 3/12 is the 12th of March; if left out, where `hours.country` is US."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        low, high = self.from_, self.to
        if (
            low
            and high
            and (low.day is None) is (high.day is None)
            and low.on(_SOME_DAY) > high.on(_SOME_DAY)
        ):
            raise ValueError("`from` is after `to`")
        return self


class PhoneEntry(Entry):
    """A phone number."""

    country: _Country | None = Field(
        None, description="Where it is dialled without +, as IL; if left out, where the customer's own is."
    )


class HandOffEntry(Entry):
    """A team of people that takes the chat over."""

    team: Words = Field(min_length=1, max_length=64, description="Its name, from `teams` in chatgrow.yaml.")
    note: Text | None = Field(None, description="What whoever takes it is told.")
