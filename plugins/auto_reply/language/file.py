"""A rule file: its head, its rules, their tests."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chatgrow_bot.config import Count, Flag, Seconds
from chatgrow_bot.hours import HoursEntry

from .saying import Said
from .then import Actions
from .values import NOTHING, Chat, Entry, FieldName, Group, Id, Labels, Names, Words, many
from .when import Languages, When, WhenEntry

_TIMES = {"once": 1, "twice": 2}
_YEAR = 366 * 86_400.0
#: How a test tells a time.
MOMENT = "%Y-%m-%d %H:%M"
_MOMENT = r"^\d{4}-\d\d-\d\d \d{1,2}:\d\d$"


def _limit(value: Any) -> Any:
    """`once per 1h` and `3 per 1d` as the two values they stand for."""
    if not isinstance(value, str):
        return value
    times, per, duration = value.partition(" per ")
    count = _TIMES.get(times.strip(), times.strip())
    if not per or not str(count).isdecimal():
        raise ValueError("write it as `once per 1h` or `3 per 1d`")
    return {"times": int(count), "per": duration}


def _moment(value: str) -> str:
    try:
        datetime.strptime(value, MOMENT)  # noqa: DTZ007 (by the clock on the business's wall)
    except ValueError:
        raise ValueError(f"there is no such time as '{value}'; write one such as 2026-03-05 14:00") from None
    return value


def _all_or(value: Any) -> Any:
    return value if value in ("all", "none") else many(value)


class LimitEntry(Entry):
    """How often a rule may answer one chat."""

    times: Count = Field(ge=1, le=1_000, description="So many answers ...")
    per: Seconds = Field(
        ge=1, le=_YEAR, description="... in so long a time: 30s, 10m, 1h, 2d; a year at most."
    )


_Media = Literal["image", "video", "audio", "voice", "sticker", "document", "location", "contact"]


class LineEntry(Entry):
    """One message of a talk, and what shall come of it."""

    say: Words = Field("", description="What the customer writes.")
    media: _Media | None = Field(None, description="What his message carries.")
    poll: Words | None = Field(None, description="He votes for this option.")
    after: Seconds = Field(10.0, ge=0, description="How long after the one before: 10s if left out.")
    expect: str | None = Field(
        None, description=f"The rule that shall answer, or go on with its questions; or `{NOTHING}`."
    )
    asks: str | None = Field(
        None, description=f"The question that shall be open then, by its name; or `{NOTHING}`."
    )
    reply: Words | None = Field(None, description="The whole text that shall be answered.")
    does: tuple[Words, ...] | None = Field(None, description="All that is done besides.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.say.strip() or self.media or self.poll):
            raise ValueError("write what the customer says: `say: ...`, or `media`, or `poll`")
        return self


class ExampleEntry(Entry):
    """A test beside the rule: something a customer may say, and what shall come of it."""

    say: Words = Field("", description="What the customer writes.")
    name: str = Field("", description="The customer's name, for replies that use it.")
    media: _Media | None = Field(None, description="What his message carries.")
    poll: Words | None = Field(None, description="He votes for this option.")
    at: Annotated[str, Field(pattern=_MOMENT), AfterValidator(_moment)] | None = Field(
        None, description="When, by the business's clock: `2026-03-05 14:00`; now if left out."
    )
    from_: Chat | None = Field(None, alias="from", description="His number.")
    group: Flag = Field(False, description="Whether he writes in a group.")
    connection: Words | None = Field(
        None, description="The connection he writes to; the file's first if left out."
    )
    first_contact: Flag = Field(False, description="Whether he writes for the first time.")
    since_last: Seconds | None = Field(None, description="How long ago he last wrote.")
    reply_to_us: Flag = Field(False, description="Whether he quotes a message of ours.")
    tags: Labels = Field((), description="Tags that he has.")
    fields: dict[FieldName, Words] = Field({}, description="What is known of him.")
    told: dict[Words, Flag] = Field({}, description="What other plugins' conditions (`run`) say.")
    expect: str | None = Field(
        None, description=f"The id of the rule that shall answer, or `{NOTHING}`; this rule if left out."
    )
    reply: Words | None = Field(None, description="The whole text that shall be answered.")
    does: tuple[Words, ...] | None = Field(
        None, description="All that is done besides, as `chatgrow say` shows it."
    )
    talk: tuple[LineEntry, ...] = Field(
        (), max_length=100, description="Several messages, one after the other, instead of `say`."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.talk:
            if single := sorted(self.model_fields_set & {"say", "media", "poll", "reply", "does"}):
                raise ValueError(f"with `talk`, `{single[0]}` stands in its lines")
        elif not (self.say.strip() or self.media or self.poll):
            raise ValueError("write what the customer says: `say: ...`, or `media`, or `poll`")
        return self


class RuleEntry(Entry):
    """One rule."""

    id: Id = Field(description="Its name in traces and tests; used once in all files.")
    when: When = Field(
        description="When it answers; `always` for whatever no rule before it took, `goto` where only other "
        "rules lead here."
    )
    unless: WhenEntry | None = Field(None, description="When it does not, all the same.")
    then: Actions | None = Field(None, description="What it does, in this order.")
    else_: Actions | None = Field(
        None, alias="else", description="What it does when `when` holds and `unless` does too."
    )
    reply: Said | None = Field(None, description="Short for `then: [{reply: ...}]`.")
    limit: Annotated[LimitEntry, BeforeValidator(_limit, json_schema_input_type=str | LimitEntry)] | None = (
        Field(None, description="How often it may answer one chat: `once per 1h`.")
    )
    continue_: Flag = Field(False, alias="continue", description="The rules behind it are asked as well.")
    tests: tuple[ExampleEntry, ...] = Field((), description="What `chatgrow rules test` tries.")

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.then and self.reply:
            raise ValueError("it has `reply` and `then`; write the reply as the first action of `then`")
        if not self.then and not self.reply:
            raise ValueError("it does nothing; write `reply: ...`, or `then:` with a list of actions")
        if self.else_ and not self.unless:
            raise ValueError("`else` is what it does when `unless` holds; write `unless`, or another rule")
        return self


class FileHead(Entry):
    """What a rule file says besides its `rules`; these are checked one by one."""

    #: Nothing after `tenants:` is an error, because a file for one must not become a file for all.
    tenants: Annotated[
        tuple[str, ...] | Literal["all"] | None,
        BeforeValidator(_all_or, json_schema_input_type=str | list[str]),
    ] = Field(
        None,
        validate_default=False,
        description="User ids whose customers are answered; `all`, or left out: all of the plugin's tenants.",
    )
    connections: Names | None = Field(
        None, description="Connections that the rules are for; left out: all of them."
    )
    language: Languages | None = Field(
        None,
        description="Only messages in one of these languages (en, he, ar, ...), and those without words; "
        "dates and amounts of replies are written in the first.",
    )
    contacts: Annotated[
        tuple[Chat, ...] | Literal["all", "none"],
        BeforeValidator(_all_or, json_schema_input_type=str | int | list[str | int]),
    ] = Field("all", description="Who is answered in private: `all`, `none`, or numbers.")
    groups: Annotated[
        tuple[Group, ...] | Literal["all", "none"],
        BeforeValidator(_all_or, json_schema_input_type=str | list[str]),
    ] = Field("none", description="Groups that are answered in: `none`, `all`, or chat ids.")
    hours: HoursEntry | None = Field(None, description="When the business is open, for `hours: open`.")


class RuleFile(FileHead):
    """A whole rule file, for editors."""

    rules: list[RuleEntry] | None = Field(None, description="The rules, asked from top to bottom.")
