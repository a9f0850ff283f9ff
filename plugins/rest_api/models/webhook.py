"""Messages from outside WhatsApp, and the keys that sign them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from chatgrow_bot.messages import TEXT_LIMIT

from .base import Answer, Moment, Request

_WEEK = 7 * 24 * 3600


def _from_seconds(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("Write the time in seconds since 1970, or as 2026-01-31T09:00:00Z")  # noqa: TRY004
    if isinstance(value, str):
        return value
    try:
        return datetime.fromtimestamp(value, UTC).isoformat()
    except (OverflowError, ValueError, OSError) as error:
        raise ValueError("This time is out of range; it is in seconds since 1970") from error


#: A time in seconds since 1970, or with its zone as text.
_When = Annotated[Moment, BeforeValidator(_from_seconds, json_schema_input_type=int | float | AwareDatetime)]


class Incoming(Request):
    """What somebody wrote outside WhatsApp."""

    message: str = Field(min_length=1, max_length=TEXT_LIMIT, examples=["When do you open?"])
    sender: str = Field(
        min_length=1,
        max_length=64,
        description="a person's number in international form, or chat id",
        examples=["+14155550123"],
    )
    timestamp: _When = Field(
        description="when it was written: seconds since 1970, or a time with its zone", examples=[1767225600]
    )
    type: Literal["text"] = "text"
    name: str = Field(default="", max_length=200, description="of the sender", examples=["Dana"])


class Brought(Answer):
    """What became of a message from outside."""

    message_id: str = Field(examples=["01a2055e703a77db82d215f3e6280656"])
    status: Literal["stored", "known"] = Field(
        description="known: its id was used before, for this message, and nothing happened"
    )
    answerable: bool = Field(
        description="whether rules and plugins are asked for an answer; whether one follows is theirs to say"
    )
    reason: str = Field(description="why nobody is asked")


class KeepOld(Request):
    """How long the keys that there are stay good."""

    keep_old_for: int = Field(default=24 * 3600, ge=0, le=_WEEK, description="seconds")


class KeyShown(Answer):
    """A webhook key, without its secret."""

    key_id: str = Field(examples=["01a2055e703a77db82d215f3e6280656"])
    created_at: datetime
    expires_at: datetime | None = Field(description="from then on it is good for nothing; null: no end")
    used_at: datetime | None = Field(description="when a message that it signed last came in")


class KeyMade(KeyShown):
    """A webhook key just made. Nobody can see its secret again."""

    key: str = Field(
        repr=False,
        description="the secret: whsec_ and 32 bytes as base64",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    )


class KeyList(Answer):
    """The webhook keys of a connection, oldest first."""

    keys: list[KeyShown]
