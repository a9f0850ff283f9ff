"""The kinds of values that rules are made of, each with the way people write it."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, field_validator
from yarl import URL

from chatgrow_bot.addresses import GROUP, chat_of
from chatgrow_bot.config import Section
from chatgrow_bot.errors import BadInput, InvalidPhoneNumber
from chatgrow_bot.messages import TEXT_LIMIT
from chatgrow_bot.payloads import WORDS_LIMIT
from chatgrow_bot.safety.patterns import Pattern, compile_pattern
from chatgrow_bot.safety.templates import Template

from ..conditions.text import Phrase
from ..folding import folded, plain

#: What a test expects when no rule shall answer.
NOTHING = "nothing"
#: Characters of a tag or a field's name.
_LABEL = 64
#: What is not a letter to a pattern.
_SIGNS = frozenset("\\^$.|?*+()[]{}")


class Entry(Section):
    """A group of keys in a rule file. A key with nothing behind it is an error: what narrows a rule must not
    let everything through once its lines are commented out."""

    # what is ready for use is not pydantic's own
    model_config = ConfigDict(arbitrary_types_allowed=True, validate_default=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_there(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("nothing stands behind it; write something, or remove the key")
        return value


def text_of(value: Any) -> str:
    """Text as it is; a whole number as its digits, for who answers a menu by 1, 2, 3."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError('this is not text; put it in "quotes"')


def many(value: Any) -> Any:
    """One thing as a list of one."""
    if value == []:
        raise ValueError("the list is empty; write at least one, or remove the key")
    return value if isinstance(value, list | tuple) else [value]


def phrase(value: Any) -> Phrase:
    """Words to look for. Raises ValueError for what holds none."""
    written = text_of(value)
    words = folded(written)
    if not words:
        raise ValueError(f"'{written}' holds no letter, digit or symbol, and punctuation is ignored")
    return Phrase(written=written, folded=words)


def _pattern(value: Any) -> Pattern:
    try:
        return compile_pattern(_as_seen(text_of(value)), ignore_case=True)
    except BadInput as error:
        raise ValueError(error.detail) from error


def _as_seen(pattern: str) -> str:
    """A pattern with the letters that it will meet: what editors put in between, vowel points and accents
    that are signs of their own would never match. One whose own signs would change stays as it is."""
    seen = plain(pattern)
    return seen if [c for c in seen if c in _SIGNS] == [c for c in pattern if c in _SIGNS] else pattern


def template(value: Any) -> Template:
    """A text with fields. Raises ValueError, telling what is wrong."""
    text = text_of(value).rstrip("\n")  # of a block of lines in YAML; whatever else was typed stays
    if not text.strip():
        raise ValueError("write what to answer")
    if len(text) > TEXT_LIMIT:
        raise ValueError(f"it has {len(text):,} characters; WhatsApp takes {TEXT_LIMIT:,}")
    try:
        return Template(text)
    except BadInput as error:
        raise ValueError(error.detail) from error


def _id(value: str) -> str:
    if not value or len(value) > 64 or not all(char.isalnum() or char in "-_" for char in value):
        raise ValueError("write 1 to 64 letters, digits, - or _")
    if value == NOTHING:
        raise ValueError(f"'{NOTHING}' is what a test expects when no rule answers; choose another id")
    return value


def _label(value: Any) -> str:
    written = text_of(value).strip()
    if not written or len(written) > _LABEL or not written.isprintable():
        raise ValueError(f"write 1 to {_LABEL} characters")
    return written


def _field_name(value: Any) -> str:
    name = _label(value)
    if not name.isidentifier():
        raise ValueError(f"'{name}' is no name for a field; write letters, digits and _, such as city")
    return name


def chat(value: Any) -> str:
    """A number, or a chat id, as a chat id."""
    try:
        return chat_of(text_of(value))
    except InvalidPhoneNumber as error:
        raise ValueError(f'{error.detail}; write it in quotes, such as "+972541112233"') from error


def _group(value: Any) -> str:
    if not (named := chat(value)).endswith(GROUP):
        raise ValueError(f"'{value}' is no group's chat id, such as 120363000000000011@g.us")
    return named


def _url(value: str) -> str:
    try:
        url = URL(value)
        is_whole = bool(url.host) and url.port is not None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ValueError("this web address cannot be read; write one such as https://shop.example/orders")
    if "@" in url.raw_authority:
        raise ValueError("a web address with a user name or password in it is never called; leave them out")
    return value


def _emoji(value: Any) -> str:
    written = text_of(value).strip()
    if not written or len(written) > 16 or any(char.isalpha() or char.isspace() for char in written):
        raise ValueError("write one emoji, such as 👍")
    return written


Phrases = Annotated[
    tuple[Annotated[Phrase, PlainValidator(phrase, json_schema_input_type=str | int)], ...],
    BeforeValidator(many, json_schema_input_type=str | int | list[str | int]),
]
Patterns = Annotated[
    tuple[Annotated[Pattern, PlainValidator(_pattern, json_schema_input_type=str | int)], ...],
    BeforeValidator(many, json_schema_input_type=str | int | list[str | int]),
]
Text = Annotated[Template, PlainValidator(template, json_schema_input_type=str | int)]
Words = Annotated[str, BeforeValidator(text_of, json_schema_input_type=str | int)]
Short = Annotated[Words, Field(min_length=1, max_length=WORDS_LIMIT)]
Id = Annotated[str, AfterValidator(_id)]
Label = Annotated[str, PlainValidator(_label, json_schema_input_type=str | int)]
Labels = Annotated[
    Annotated[tuple[Label, ...], Field(max_length=20)],
    BeforeValidator(many, json_schema_input_type=str | int | list[str | int]),
]
FieldName = Annotated[str, PlainValidator(_field_name, json_schema_input_type=str)]
Chat = Annotated[str, PlainValidator(chat, json_schema_input_type=str | int)]
Chats = Annotated[tuple[Chat, ...], BeforeValidator(many, json_schema_input_type=str | int | list[str | int])]
Group = Annotated[str, PlainValidator(_group, json_schema_input_type=str)]
Names = Annotated[
    tuple[Words, ...], BeforeValidator(many, json_schema_input_type=str | int | list[str | int])
]
Emoji = Annotated[str, PlainValidator(_emoji, json_schema_input_type=str)]


Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2048), AfterValidator(_url)]
