"""What a message may carry."""

from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Discriminator, Field, JsonValue, Tag, model_validator

from chatgrow_bot.messages import TEXT_LIMIT
from chatgrow_bot.payloads import CARD_NUMBERS, CARDS, POLL_OPTIONS, WORDS_LIMIT

from .base import Request


def _exactly_one(*names: str) -> ConfigDict:
    """For the document: one of these keys is there and not null, and no other of them."""
    given = [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names]
    return ConfigDict(json_schema_extra={"oneOf": cast(JsonValue, given)})


_Words = Annotated[str, Field(min_length=1, max_length=WORDS_LIMIT)]
_Number = Annotated[
    str, Field(min_length=1, max_length=64, description="in international form", examples=["+14155550123"])
]


class MediaSource(Request):
    """A file, by exactly one of its four names."""

    model_config = _exactly_one("path", "url", "uploadId", "data")

    path: str | None = Field(
        default=None, min_length=1, max_length=4096, description="inside the allowed folders"
    )
    url: str | None = Field(
        default=None, min_length=1, max_length=2048, examples=["https://example.com/menu.png"]
    )
    upload_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    data: str | None = Field(default=None, min_length=1, description="base64")
    type: Literal["image", "video", "audio", "voice", "sticker", "document"] | None = Field(
        default=None, description="by default, what the file is"
    )
    filename: str = Field(default="", max_length=255)
    mimetype: str = Field(default="", max_length=255)

    @model_validator(mode="after")
    def _one_source(self) -> "MediaSource":
        if sum(source is not None for source in (self.path, self.url, self.upload_id, self.data)) != 1:
            raise ValueError("Name the file by exactly one of path, url, uploadId and data")
        return self


class Place(Request):
    """A location."""

    latitude: float = Field(ge=-90, le=90, description="degrees", examples=[32.0853])
    longitude: float = Field(ge=-180, le=180, description="degrees", examples=[34.7818])
    name: str = Field(default="", max_length=WORDS_LIMIT)
    address: str = Field(default="", max_length=WORDS_LIMIT)


class Card(Request):
    """Somebody's name with one number, or several."""

    model_config = _exactly_one("number", "numbers")

    name: _Words
    number: _Number | None = None
    numbers: list[_Number] | None = Field(
        default=None, min_length=CARD_NUMBERS[0], max_length=CARD_NUMBERS[-1]
    )

    @model_validator(mode="after")
    def _one_or_several(self) -> "Card":
        if (self.number is None) == (self.numbers is None):
            raise ValueError("Give either 'number' or 'numbers'")
        return self

    @property
    def all_numbers(self) -> list[str]:
        """The numbers, whichever way they were given."""
        return self.numbers or [self.number or ""]


class Question(Request):
    """A poll."""

    question: _Words
    options: list[_Words] = Field(min_length=POLL_OPTIONS[0], max_length=POLL_OPTIONS[-1])
    choices: int = Field(default=1, ge=0, description="options that one may choose; 0 for any number of them")

    @model_validator(mode="after")
    def _distinct(self) -> "Question":
        if len(set(self.options)) < len(self.options):
            raise ValueError("No two options of a poll are the same")
        if self.choices > len(self.options):
            raise ValueError("'choices' is more than there are options")
        return self


class Content(Request):
    """A message that is more than text: a file with its caption, or exactly one of the others."""

    model_config = _exactly_one("media", "location", "contact", "contacts", "poll")

    media: MediaSource | None = None
    caption: str | None = Field(default=None, max_length=TEXT_LIMIT, description="of a file")
    location: Place | None = None
    contact: Card | None = None
    contacts: list[Card] | None = Field(default=None, min_length=CARDS[0], max_length=CARDS[-1])
    poll: Question | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Content":
        things = (self.media, self.location, self.contact, self.contacts, self.poll)
        if sum(thing is not None for thing in things) != 1:
            raise ValueError("Give exactly one of media, location, contact, contacts and poll")
        if self.caption is not None and self.media is None:
            raise ValueError("Only media has a caption")
        return self


def _branch(value: Any) -> str | None:
    return "<text>" if isinstance(value, str) else "<content>" if isinstance(value, dict | Content) else None


Text = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
#: A text, or an object that says what it carries.
Message = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[Content, Tag("<content>")],
    Discriminator(
        _branch, custom_error_type="message", custom_error_message="Input should be a text or an object"
    ),
]
