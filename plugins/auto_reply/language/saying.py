"""What a message says: words, a file, a place, a card, a poll."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from chatgrow_bot.config import Flag
from chatgrow_bot.payloads import CARD_NUMBERS, POLL_OPTIONS, WORDS_LIMIT

from .values import Chat, Chats, Entry, Short, Text, Url, Words


def short(key_of: Callable[[str], str]) -> Callable[[Any], Any]:
    """Makes a group of its most common key's value alone."""

    def whole(value: Any) -> Any:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return {key_of(str(value)): value}
        return value

    return whole


def _source(named: str) -> str:
    return "url" if named.startswith(("https://", "http://")) else "path"


class MediaEntry(Entry):
    """A file to send."""

    path: Words | None = Field(None, max_length=4096, description="A file in one of `allowedMediaRoots`.")
    url: Url | None = Field(None, description="A web address that the file is fetched from each time.")
    as_: Literal["image", "video", "audio", "voice", "sticker", "document"] | None = Field(
        None, alias="as", description="How it is shown; if left out, as what it is."
    )
    filename: str = Field("", max_length=WORDS_LIMIT, description="The name that the customer sees.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("name the file by either `path` or `url`")
        return self


class PlaceEntry(Entry):
    """A place."""

    latitude: float = Field(ge=-90, le=90, description="Degrees, such as 32.0853.")
    longitude: float = Field(ge=-180, le=180, description="Degrees, such as 34.7818.")
    name: str = Field("", max_length=WORDS_LIMIT, description="What it is called.")
    address: str = Field("", max_length=WORDS_LIMIT, description="Where it is, in words.")


class CardEntry(Entry):
    """Somebody's card."""

    name: Short = Field(description="His name.")
    number: Chats = Field(
        max_length=CARD_NUMBERS[-1], description='One number or several, such as "+972541112233".'
    )


class PollEntry(Entry):
    """A question with options to choose from."""

    question: Short = Field(description="The question.")
    options: tuple[Short, ...] = Field(
        min_length=POLL_OPTIONS[0], max_length=POLL_OPTIONS[-1], description="2 to 12 options."
    )
    choices: int = Field(1, ge=0, description="How many one may choose; 0 for any number.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.options)) < len(self.options):
            raise ValueError("two options of the poll are the same")
        if self.choices > len(self.options):
            raise ValueError("`choices` is more than there are options")
        return self


#: A file, or its path or address.
Media = Annotated[MediaEntry, BeforeValidator(short(_source), json_schema_input_type=str | MediaEntry)]


class SayEntry(Entry):
    """A message: words, or a file with words, or a place, a card or a poll."""

    text: Text | None = Field(None, description="The words; {{ fields }} are filled in.")
    variants: tuple[Text, ...] = Field(
        (), max_length=50, description="Several texts, of which one is chosen by chance."
    )
    quoted: Flag = Field(False, description="Whether the customer's message is quoted.")
    media: Media | None = Field(None, description="A file; the text is its caption.")
    location: PlaceEntry | None = Field(None, description="A place.")
    contact: CardEntry | None = Field(None, description="Somebody's card.")
    poll: PollEntry | None = Field(None, description="A question with options.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = [each for each in (self.location, self.contact, self.poll) if each]
        words = [each for each in (self.text, self.variants) if each]
        if len(words) > 1:
            raise ValueError("write either `text` or `variants`")
        if len(things) + bool(self.media or words) != 1:
            raise ValueError(
                "write what to say: `text` or `variants`, perhaps with `media`; or else one of "
                "`location`, `contact` and `poll`"
            )
        return self


#: A message, or its text.
Said = Annotated[
    SayEntry, BeforeValidator(short(lambda _: "text"), json_schema_input_type=str | int | SayEntry)
]


class SendEntry(SayEntry):
    """A message to somebody else."""

    to: Chat = Field(description='Whom to: a number such as "+972541112233", or a group\'s chat id.')
    connection: Words | None = Field(
        None, description="The connection that sends it; if left out, the one that was written to."
    )
