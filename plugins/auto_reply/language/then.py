"""`then:` and `else:`: what a rule does. Each entry of the list is a group with one key."""

from string import ascii_letters, digits
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chatgrow_bot.config import Count, Flag, Seconds

from ..calls_sending import OURS
from .asking import (
    Choice,
    DateEntry,
    FileKind,
    HandOffEntry,
    NumberEntry,
    Parting,
    PhoneEntry,
    WordsEntry,
    bare,
)
from .saying import Said, SendEntry, short
from .values import Emoji, Entry, FieldName, Id, Labels, Phrases, Text, Url, Words, many

_MONTH = 30 * 86_400.0
_True = Annotated[Literal[True], Field(description="`true`.")]
#: What the name of a header may be made of.
_NAMING = frozenset("!#$%&'*+-.^_`|~" + digits + ascii_letters)


class NotifyEntry(Entry):
    """What other plugins (Slack, webhooks, ...) are told."""

    topic: Annotated[str, Field(pattern=r"^[\w.-]{1,64}$")] = Field(description="A word for it: `order`.")
    note: str = Field("", max_length=500, description="A sentence for people; no customer's words in it.")


def _header_name(name: str) -> str:
    if not name or not _NAMING.issuperset(name):
        raise ValueError("this is no name of a header; write one such as X-Shop")
    if name.lower() in OURS:
        raise ValueError(f"each call has its own '{name}' already; choose another header, or leave it out")
    return name


def _header_value(value: str) -> str:
    if not value.isprintable():
        raise ValueError("a header has one line, of characters that can be seen")
    return value


class CallEntry(Entry):
    """A web address that is called, with JSON."""

    url: Url = Field(description="Where to.")
    headers: dict[
        Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header_value)]
    ] = Field({}, max_length=20, description="Headers to send along.")
    data: dict[Words, Text] = Field(
        {}, max_length=50, description="What to send besides the message's id, chat and rule."
    )


_Notice = Annotated[
    NotifyEntry, BeforeValidator(short(lambda _: "topic"), json_schema_input_type=str | NotifyEntry)
]
_Team = Annotated[
    HandOffEntry, BeforeValidator(short(lambda _: "team"), json_schema_input_type=str | HandOffEntry)
]
_Call = Annotated[CallEntry, BeforeValidator(short(lambda _: "url"), json_schema_input_type=str | CallEntry)]


class QuestionEntry(Entry):
    """What menus and questions have in common."""

    text: Text = Field(description="What the customer is asked; {{ fields }} are filled in.")
    again: Text | None = Field(None, description="What he is told when his answer is none; ours if left out.")
    tries: Count = Field(3, ge=1, le=10, description="After so many wrong answers it ends.")
    otherwise: "Actions | None" = Field(None, description="What is done then; a polite end if left out.")
    expires: Seconds = Field(
        1_800.0, ge=10, le=_MONTH, description="How long his answer is awaited: 30m if left out."
    )
    farewell: Parting | None = Field(
        None, description="What he is told when that time is over; `false` says nothing, ours if left out."
    )
    keep: Flag = Field(False, description="Whether the answer is kept about him too, as by `set`.")


class OptionEntry(Entry):
    """One option of a menu."""

    say: Choice = Field(description="What the customer reads behind its number.")
    words: Phrases | None = Field(None, description="Further words by which he may choose it.")
    goto: Id | None = Field(None, description="Do what that rule does.")
    then: "Actions | None" = Field(None, description="What is done when it is chosen.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.goto and self.then:
            raise ValueError("write either `goto` or `then`; a `goto` may stand in the list of `then`")
        return self


class MenuEntry(QuestionEntry):
    """Options, of which the customer chooses one."""

    options: list[OptionEntry] = Field(
        min_length=1, max_length=20, description="What he may choose from, numbered from 1."
    )
    into: FieldName | None = Field(
        None, description="Its name: `{{ answer.NAME }}` is then the option that he chose."
    )


class AskEntry(QuestionEntry):
    """One question, with the kind of answer that is taken; any words if none is named."""

    into: FieldName = Field(description="The name of the answer: `{{ answer.NAME }}`.")
    words: Annotated[WordsEntry, BeforeValidator(bare, json_schema_input_type=WordsEntry | _True)] | None = (
        Field(None, description="Words; what is asked for if no kind is named.")
    )
    number: (
        Annotated[NumberEntry, BeforeValidator(bare, json_schema_input_type=NumberEntry | _True)] | None
    ) = Field(None, description="A number, in digits of any script; `true` is any whole number.")
    date: Annotated[DateEntry, BeforeValidator(bare, json_schema_input_type=DateEntry | _True)] | None = (
        Field(None, description="A day, as people write it: 12.3., tomorrow, Sunday; `true` is any.")
    )
    phone: Annotated[PhoneEntry, BeforeValidator(bare, json_schema_input_type=PhoneEntry | _True)] | None = (
        Field(None, description="A phone number; `true` is any.")
    )
    email: _True | None = Field(None, description="An e-mail address.")
    choice: (
        Annotated[
            tuple[Choice, ...],
            Field(min_length=2, max_length=20),
            BeforeValidator(many, json_schema_input_type=list[str | int]),
        ]
        | None
    ) = Field(None, description="One of these, numbered from 1.")
    location: _True | None = Field(None, description="A place that he sends.")
    media: (
        Annotated[
            tuple[FileKind, ...], BeforeValidator(many, json_schema_input_type=FileKind | list[FileKind])
        ]
        | None
    ) = Field(None, description="A file of one of these kinds; `any` is each.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(self.kinds) > 1:
            listed = " and ".join(f"`{each}`" for each in self.kinds)
            raise ValueError(f"it asks for {listed}; ask for one kind of answer at a time")
        return self

    @property
    def kinds(self) -> list[str]:
        """The kinds of answer that it names."""
        kinds = ("words", "number", "date", "phone", "email", "choice", "location", "media")
        return [each for each in kinds if getattr(self, each) is not None]


class ThenEntry(Entry):
    """One thing to do: a group with one key."""

    reply: Said | None = Field(None, description="Answer the customer.")
    react: Emoji | None = Field(None, description="Put an emoji on his message.")
    mark_read: _True | None = Field(None, description="He sees that his messages were read.")
    send: SendEntry | None = Field(None, description="Write to somebody else.")
    wait: Seconds | None = Field(
        None, gt=0, le=_MONTH, description="What follows leaves so much later: 3s, 10m, 1d."
    )
    tag: Labels | None = Field(None, description="Put tags on the customer.")
    untag: Labels | None = Field(None, description="Take tags off him.")
    set: dict[FieldName, Text | None] | None = Field(
        None, min_length=1, max_length=20, description="Keep fields about him; `city: null` forgets one."
    )
    goto: Id | None = Field(None, description="Do what that rule does.")
    opt_out: _True | None = Field(None, description="He gets nothing more, as after STOP.")
    opt_in: _True | None = Field(None, description="He gets messages again, as after START.")
    notify: _Notice | None = Field(None, description="Tell other plugins.")
    webhook: _Call | None = Field(None, description="Call a web address.")
    run: dict[Words, Any] | None = Field(
        None, min_length=1, max_length=1, description="An action of another plugin, by name."
    )
    menu: MenuEntry | None = Field(None, description="Let him choose; what follows is done then.")
    ask: AskEntry | None = Field(None, description="Ask him something; what follows is done then.")
    hand_off: _Team | None = Field(None, description="Hand him to a team of people.")

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("write one action in each `- ` of the list, such as `- reply: Hello!`")
        return self

    @property
    def name(self) -> str:
        """The key, as it stands in the file."""
        [field] = self.model_fields_set
        return type(self).model_fields[field].alias or field


Actions = Annotated[
    Annotated[tuple[ThenEntry, ...], Field(max_length=50)],
    BeforeValidator(many, json_schema_input_type=ThenEntry | list[ThenEntry]),
]
