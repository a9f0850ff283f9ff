"""What the API takes and what it answers: the one source for validation, answers and the OpenAPI document."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel

from chatgrow_bot.messages import TEXT_LIMIT

_LATEST_YEAR = 2200
_YEAR = 366 * 24 * 3600


class Request(BaseModel):
    """A body: camelCase, no unknown keys, no silent conversions."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=False
    )


class Answer(BaseModel):
    """An answer's body, in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, validate_by_name=True)


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("Write the time as text, for example 2026-01-31T09:00:00Z")  # noqa: TRY004
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or not 1970 <= moment.year < _LATEST_YEAR:
        raise ValueError("This time is out of range")
    return moment


#: A time with its zone, as text.
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only), Field(strict=False), AfterValidator(_in_utc)]


class Login(Request):
    """A user's name and password."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024, repr=False)


class LoggedIn(Answer):
    """A token, to be sent as `Authorization: Bearer <accessToken>`."""

    access_token: str = Field(repr=False)
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 (a kind, not a token)
    expires_in: int = Field(description="seconds")


class NewConnection(Request):
    """A connection to make."""

    connection_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="unique in the installation")
    name: str = Field(default="", max_length=200)
    phone_number: str = Field(default="", max_length=32, description="in international form")
    settings: dict[str, Any] = Field(default_factory=dict)


class ConnectionPatch(Request):
    """What to change of a connection; what is left out stays, and settings are merged key by key."""

    name: str | None = Field(default=None, max_length=200)
    phone_number: str | None = Field(default=None, max_length=32)
    settings: dict[str, Any] | None = None


class Connection(Answer):
    """A connection."""

    connection_id: str
    name: str
    phone_number: str
    settings: dict[str, Any]
    state: str
    reason: str
    paused: bool
    me: str | None = Field(description="the linked account's chat id")
    created_at: datetime
    state_since: datetime


class ConnectionList(Answer):
    """All of the caller's connections, oldest first."""

    connections: list[Connection]


class Qr(Answer):
    """A QR code to link by."""

    qr_code: str = Field(repr=False, description="a data: URL of a PNG")
    code: str = Field(repr=False, description="what the QR code says")
    expires_at: datetime


class MediaSource(Request):
    """A file, by exactly one of its four names."""

    path: str | None = Field(
        default=None, min_length=1, max_length=4096, description="inside the allowed folders"
    )
    url: str | None = Field(default=None, min_length=1, max_length=2048)
    upload_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    data: str | None = Field(default=None, min_length=1, description="base64")
    type: Literal["image", "document"] | None = Field(
        default=None, description="by default, what the file is"
    )
    filename: str = Field(default="", max_length=255)
    mimetype: str = Field(default="", max_length=255)

    @model_validator(mode="after")
    def _one_source(self) -> "MediaSource":
        if sum(source is not None for source in (self.path, self.url, self.upload_id, self.data)) != 1:
            raise ValueError("Name the file by exactly one of path, url, uploadId and data")
        return self


class MediaMessage(Request):
    """A file to send, with a caption or without."""

    media: MediaSource
    caption: str = Field(default="", max_length=TEXT_LIMIT)


def _branch(value: Any) -> str | None:
    return "<text>" if isinstance(value, str) else "<media>" if isinstance(value, dict) else None


Message = Annotated[
    Annotated[Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)], Tag("<text>")]
    | Annotated[MediaMessage, Tag("<media>")],
    Discriminator(
        _branch, custom_error_type="message", custom_error_message="Input should be a text or an object"
    ),
]


class Options(Request):
    """How to send."""

    priority: Literal["high", "normal", "low"] = "normal"
    send_at: Moment | None = Field(default=None, description="not before this time")
    ttl: float | None = Field(
        default=None, gt=0, le=_YEAR, description="seconds after which it is not sent any more"
    )


class Send(Request):
    """A message to send."""

    to: str = Field(min_length=1, max_length=64, description="a number in international form, or a chat id")
    message: Message
    options: Options = Field(default_factory=Options)


class Accepted(Answer):
    """A message that is stored and will be sent."""

    message_id: str
    status: str
    estimated_send_at: datetime


class TimelineStep(Answer):
    """One step of a message's life."""

    at: datetime
    status: str
    reason: str


class MessageStatus(Answer):
    """How far a message has come."""

    message_id: str
    connection_id: str
    chat: str
    type: str
    priority: str
    status: str
    reason: str
    ack: int = Field(description="-1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played")
    attempts: int
    source: str
    because: str
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    updated_at: datetime
    timeline: list[TimelineStep]


class Uploaded(Answer):
    """A file, kept until a message names it."""

    upload_id: str
    type: str
    mimetype: str
    filename: str
    size: int = Field(description="bytes")
    sha256: str


class CommandCall(Request):
    """The arguments of a command."""

    args: list[Annotated[str, Field(max_length=4096)]] = Field(default_factory=list, max_length=64)


class CommandAnswer(Answer):
    """What a command said. When it must be confirmed, `data.confirm` is the code to repeat it with."""

    ok: bool
    text: str
    data: dict[str, Any]


class CommandInfo(Answer):
    """A command."""

    name: str
    help: str
    role: str
    confirm: bool


class CommandList(Answer):
    """The commands that the caller may use."""

    commands: list[CommandInfo]


class HealthAnswer(Answer):
    """Named checks of the process."""

    status: Literal["ok", "failing"]
    checks: dict[str, bool]
