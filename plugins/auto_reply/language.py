"""What a rule file may say. Whatever a person can get wrong is found here, at the value he typed; what passes
is ready for use: phrases folded, patterns compiled, replies parsed."""

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)

from chatgrow_bot.config import Count, Seconds, Section
from chatgrow_bot.errors import BadInput
from chatgrow_bot.safety.patterns import Pattern, compile_pattern
from chatgrow_bot.safety.templates import Template

from .conditions import Phrase
from .folding import folded

#: Fields that every reply may use; what the rule's patterns capture comes on top, and wins.
FIELDS = ("name", "text", "phone", "time", "date")

#: What an example expects when no rule shall answer.
NOTHING = "nothing"

_TIMES = {"once": 1, "twice": 2}
_YEAR = 366 * 86_400.0


def _text(value: Any) -> str:
    """Text as it is; a whole number as its digits, for who answers a menu by 1, 2, 3."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError('this is not text; put it in "quotes"')


def _many(value: Any) -> Any:
    if value == []:
        raise ValueError("the list is empty; write at least one, or remove the key")
    return value if isinstance(value, list) else [value]


def _phrase(value: Any) -> Phrase:
    written = _text(value)
    words = folded(written)
    if not words:
        raise ValueError(f"'{written}' holds no letter, digit or symbol, and punctuation is ignored")
    return Phrase(written=written, folded=words)


def _pattern(value: Any) -> Pattern:
    try:
        return compile_pattern(_text(value), ignore_case=True)
    except BadInput as error:
        raise ValueError(error.detail) from error


def _id(value: str) -> str:
    if not value or len(value) > 64 or not all(char.isalnum() or char in "-_" for char in value):
        raise ValueError("write 1 to 64 letters, digits, - or _")
    if value == NOTHING:
        raise ValueError(f"'{NOTHING}' is what a test expects when no rule answers; choose another id")
    return value


def _limit(value: Any) -> Any:
    """`once per 1h` and `3 per 1d` as the two values they stand for."""
    if not isinstance(value, str):
        return value
    times, per, duration = value.partition(" per ")
    count = _TIMES.get(times.strip(), times.strip())
    if not per or not str(count).isdecimal():
        raise ValueError("write it as `once per 1h` or `3 per 1d`")
    return {"times": int(count), "per": duration}


def _tenants(value: Any) -> Any:
    return None if value == "all" else _many(value)


Phrases = Annotated[
    tuple[Annotated[Phrase, PlainValidator(_phrase, json_schema_input_type=str)], ...],
    BeforeValidator(_many, json_schema_input_type=str | list[str]),
]
Patterns = Annotated[
    tuple[Annotated[Pattern, PlainValidator(_pattern, json_schema_input_type=str)], ...],
    BeforeValidator(_many, json_schema_input_type=str | list[str]),
]
Words = Annotated[str, BeforeValidator(_text)]


class _Entry(Section):
    model_config = ConfigDict(arbitrary_types_allowed=True)  # what is ready for use is not pydantic's own


class TextEntry(_Entry):
    """What a rule asks of the text. With several keys, each must hold."""

    any: Phrases | None = Field(None, description="At least one of these is in the message.")
    all: Phrases | None = Field(None, description="Every one of these is in the message, in any order.")
    exact: Phrases | None = Field(None, description="The message is one of these, and nothing else.")
    pattern: Patterns | None = Field(
        None, description="An RE2 pattern finds something; its (?P<named>groups) are fields of the reply."
    )

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.any or self.all or self.exact or self.pattern):
            raise ValueError("nothing is asked: write `any`, `all`, `exact` or `pattern`")
        return self


class WhenEntry(_Entry):
    """What a rule asks of a message."""

    text: TextEntry = Field(description="Words or patterns in the message.")


class LimitEntry(_Entry):
    """How often a rule may answer one chat."""

    times: Count = Field(ge=1, le=1_000, description="So many answers ...")
    per: Seconds = Field(
        ge=1, le=_YEAR, description="... in so long a time: 30s, 10m, 1h, 2d; a year at most."
    )


class ExampleEntry(_Entry):
    """A test beside the rule: something a customer may say, and what shall come of it."""

    say: Words = Field(description="What the customer writes.")
    name: str = Field("", description="The customer's name, for replies that use it.")
    expect: str | None = Field(
        None, description=f"The id of the rule that shall answer, or `{NOTHING}`; this rule if left out."
    )
    reply: str | None = Field(None, description="The whole text that shall be answered.")


class RuleEntry(_Entry):
    """One rule."""

    id: Annotated[str, AfterValidator(_id)] = Field(description="Its name in traces and tests; used once.")
    when: WhenEntry = Field(description="When it answers.")
    reply: Template = Field(description="What it answers; {{ fields }} are filled in.")
    limit: Annotated[LimitEntry, BeforeValidator(_limit, json_schema_input_type=str | LimitEntry)] | None = (
        Field(None, description="How often it may answer one chat: `once per 1h`.")
    )
    tests: tuple[ExampleEntry, ...] = Field((), description="What `chatgrow rules test` tries.")

    @field_validator("reply", mode="plain", json_schema_input_type=str)
    @classmethod
    def _parsed(cls, value: Any, info: ValidationInfo) -> Template:
        text = _text(value).rstrip("\n")  # of a block of lines in YAML; whatever else was typed stays
        if not text.strip():
            raise ValueError("write what to answer")
        when: WhenEntry | None = info.data.get("when")
        captured = [name for pattern in (when and when.text.pattern) or () for name in pattern.names]
        try:
            # without a valid `when`, what it captures is not known
            return Template(text, known=(*FIELDS, *captured) if when else None)
        except BadInput as error:
            raise ValueError(error.detail) from error


class FileHead(_Entry):
    """What a rule file says besides its `rules`; these are checked one by one."""

    #: Nothing after `tenants:` is an error, because a file for one must not become a file for all.
    tenants: Annotated[
        tuple[str, ...] | None, BeforeValidator(_tenants, json_schema_input_type=str | list[str])
    ] = Field(
        None,
        validate_default=False,
        description="User ids whose customers are answered; `all`, or left out: all of the plugin's tenants.",
    )
