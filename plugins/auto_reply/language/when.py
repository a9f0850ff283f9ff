"""`when:` and `unless:`: what a rule asks of a message. All keys of a group must hold."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from chatgrow_bot.config import Flag, Seconds
from chatgrow_bot.messages import FILES, Kind

from .values import Chats, Entry, FieldName, Labels, Names, Patterns, Phrases, Words, many

#: What `media:` may name.
MEDIA = (*(kind.value for kind in Kind if kind in FILES), "location", "contact", "poll", "any", "none")
_Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
Languages = Annotated[
    tuple[_Language, ...], BeforeValidator(many, json_schema_input_type=_Language | list[_Language])
]
_Medium = Literal[
    "image", "video", "audio", "voice", "sticker", "document", "location", "contact", "poll", "any", "none"
]
_Media = Annotated[tuple[_Medium, ...], BeforeValidator(many, json_schema_input_type=_Medium | list[_Medium])]


class _Asking(Entry):
    """A group of which at least one key is there."""

    may_be_empty: ClassVar[bool] = False

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set and not self.may_be_empty:
            keys = [field.alias or name for name, field in type(self).model_fields.items()]
            raise ValueError(f"nothing is asked: write {_either(keys)}")
        return self


class TextEntry(_Asking):
    """What a rule asks of the text. With several keys, each must hold."""

    any: Phrases | None = Field(None, description="At least one of these is in the message.")
    all: Phrases | None = Field(None, description="Every one of these is in the message, in any order.")
    exact: Phrases | None = Field(None, description="The message is one of these, and nothing else.")
    starts: Phrases | None = Field(None, description="The message begins with one of these.")
    pattern: Patterns | None = Field(
        None, description="An RE2 pattern finds something; `(?P<name>...)` is a field of the reply."
    )
    fuzzy: Phrases | None = Field(
        None, description="One of these is in the message, give or take a slip of the finger."
    )


def _any(value: Any) -> Any:
    """Words alone are those of `any`."""
    return value if isinstance(value, dict | None) else {"any": value}


_TextAsked = Annotated[
    TextEntry,
    BeforeValidator(_any, json_schema_input_type=str | int | list[str | int] | TextEntry),
]


class SilenceEntry(_Asking):
    """How long ago the customer last wrote in this chat."""

    over: Seconds | None = Field(None, gt=0, description="Longer ago than this, or never: 30s, 10m, 1h, 2d.")
    under: Seconds | None = Field(None, gt=0, description="Not so long ago.")


class FieldEntry(_Asking):
    """Whether a field is known of the customer."""

    is_set: Flag = Field(description="`true`: it is known; `false`: it is not.")


_FieldAsked = FieldEntry | Names


class WhenEntry(_Asking):
    """What a rule asks of a message. With several keys, each must hold."""

    text: _TextAsked | None = Field(
        None, description="Words in the message: one, a list of which one is there, or a group."
    )
    media: _Media | None = Field(
        None, description="It carries one of these; `any` is any file, `none` words only."
    )
    first_contact: Flag | None = Field(None, description="The customer never wrote before (`true`), or did.")
    tag: Labels | None = Field(None, description="The customer has one of these tags.")
    field: dict[FieldName, _FieldAsked] | None = Field(
        None, description="What is kept about the customer: `city: Haifa`, a list, or `city: {isSet: true}`."
    )
    language: Languages | None = Field(None, description="The message is in one of these: en, he, ar, ...")
    hours: Literal["open", "closed"] | None = Field(
        None, description="The business is open, or closed, by the file's `hours`."
    )
    sender: Chats | None = Field(None, description="One of these numbers writes.")
    connection: Names | None = Field(None, description="It came to one of these connections.")
    chat: Literal["private", "group"] | None = Field(None, description="Where it was written.")
    reply_to_us: Flag | None = Field(None, description="It quotes a message of ours (`true`), or does not.")
    since_last: SilenceEntry | None = Field(None, description="How long ago the customer last wrote here.")
    poll: Names | None = Field(None, description="It is a vote for one of these options.")
    run: dict[Words, Any] | None = Field(
        None, description="Conditions of other plugins, by name: `guest: true`."
    )
    and_: "list[WhenEntry] | None" = Field(None, alias="and", min_length=1, description="All of these hold.")
    or_: "list[WhenEntry] | None" = Field(
        None, alias="or", min_length=1, description="At least one of these holds."
    )
    not_: "WhenEntry | None" = Field(None, alias="not", description="This does not hold.")

    @model_validator(mode="after")
    def _media_makes_sense(self) -> Self:
        if self.media and len(self.media) > 1 and not {"any", "none"}.isdisjoint(self.media):
            raise ValueError("`any` and `none` stand alone in `media`")
        return self


class _Always(WhenEntry):
    """Asks nothing."""

    may_be_empty: ClassVar[bool] = True


class Never(WhenEntry):
    """Holds for no message: other rules lead here."""

    may_be_empty: ClassVar[bool] = True


def _by_name(value: Any) -> Any:
    named = {"always": _Always, "goto": Never}.get(value) if isinstance(value, str) else None
    return named.model_validate({}) if named else value


#: A rule's own: `always` asks nothing, and `goto` waits for others to lead here.
When = Annotated[
    WhenEntry, BeforeValidator(_by_name, json_schema_input_type=WhenEntry | Literal["always", "goto"])
]


def _either(names: list[str]) -> str:
    *most, last = [f"`{name}`" for name in names[:6]]
    return f"{', '.join(most)} or {last}" if most else last
