"""Bodies, queries and answers of the routes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.alias_generators import to_camel

from chatgrow_bot.hub import EventType

_YEARS = range(1970, 2200)


class Request(BaseModel):
    """A body: camelCase, no unknown keys, no silent conversions."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=False
    )


class Query(BaseModel):
    """What may stand after the `?`, every value read from text."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=False)


class Answer(BaseModel):
    """An answer's body, in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, validate_by_name=True)


def _text_only(value: Any) -> Any:
    # A bare number would pass for seconds since 1970.
    if not isinstance(value, str) or "-" not in value:
        raise ValueError("Write the time as text, for example 2026-01-31T09:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise ValueError("This time is out of range")
    return moment


#: A time with its zone, as text.
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only), Field(strict=False), AfterValidator(_in_utc)]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://crm.example.com/chatgrow"])]
Words = Annotated[
    list[Annotated[EventType, Field(strict=False)]], Field(min_length=1, max_length=len(EventType))
]
Bound = Annotated[
    list[Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]], Field(min_length=1, max_length=1000)
]
About = Annotated[str, Field(max_length=500)]


class NewEndpoint(Request):
    """An endpoint to make."""

    url: Url = Field(description="where events are sent: https")
    events: Words | None = Field(default=None, description="which ones; null for all")
    connections: Bound | None = Field(default=None, description="of these only; null for all of yours")
    description: About = Field(default="", description="what it is for", examples=["the shop's CRM"])


class EndpointChange(Request):
    """What is to be otherwise; what is not there stays as it is."""

    url: Url | None = Field(default=None, description="where events are sent from now on")
    events: Words | None = Field(default=None, description="which ones; null for all")
    connections: Bound | None = Field(default=None, description="of these only; null for all of yours")
    description: About | None = Field(default=None, description="what it is for", examples=["the new CRM"])


class KeepOldSecret(Request):
    """How long the secrets so far are good besides the new one."""

    keep_old_for: int = Field(
        default=86400, ge=0, le=604800, description="seconds for which the older secrets sign too"
    )


class ReplayAsked(Request):
    """What is to be sent once more: from a time, or behind an event."""

    since: Moment | None = Field(
        default=None, description="from this time on", examples=["2026-01-31T09:00:00Z"]
    )
    after: str | None = Field(default=None, max_length=64, description="behind the event of this id")
    until: Moment | None = Field(default=None, description="until this time; null: until now")

    @model_validator(mode="after")
    def _is_one(self) -> "ReplayAsked":
        if (self.since is None) == (self.after is None):
            raise ValueError("Give either since or after")
        return self


class ReplayShown(Answer):
    """How far a replay is."""

    position: int = Field(description="of the journal: all up to here was sent")
    until: int = Field(description="where it ends")


class EndpointShown(Answer):
    """An endpoint, all but its secrets."""

    id: str
    url: str
    description: str
    events: list[EventType] | None = Field(description="null: all")
    connections: list[str] | None = Field(description="null: all of its owner's, and what is of none")
    created_at: datetime | None = Field(description="null: it is defined in chatgrow.yaml")
    old_secret_until: datetime | None = Field(description="until then an older secret signs too")
    state: Literal["ok", "retrying", "disabled"]
    reason: str = Field(description="why it is disabled")
    attempts: int = Field(description="failed tries of the event that it is at")
    next_try_at: datetime | None
    behind: int = Field(description="what has happened that was not yet sent, or found not to be for it")
    replaying: bool
    replay: ReplayShown | None = Field(description="null: none is under way")
    retrying_dead_letters: bool


class EndpointMade(EndpointShown):
    """An endpoint with its new secret, which is told this once."""

    secret: str = Field(repr=False, description="verifies the signatures; keep it where the receiver is")


class EndpointList(Answer):
    """All of one's endpoints."""

    endpoints: list[EndpointShown]


class EndpointTested(Answer):
    """What came of a test."""

    outcome: str = Field(
        description="`delivered`, or `refused`, `gone`, `later` as an event would be treated"
    )
    status: int | None = Field(description="of the answer; null: there was none")
    duration_ms: int
    answer: str = Field(description="its beginning")
    reason: str = Field(description="why there was no answer, or none that counts")


class DeliveriesAsked(Query):
    """A page of the deliveries."""

    before: int | None = Field(default=None, ge=1, le=2**62, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=100, description="as many at most")


class DeliveryShown(Answer):
    """An attempt."""

    at: datetime
    event_id: str
    type: str
    feed: str = Field(description="`live`, `replay`, `letters` or `test`")
    attempt: int
    host: str
    headers: dict[str, str] = Field(description="of the request, without its signature")
    body: str = Field(description="its first 4 KB")
    status: int | None = Field(description="of the answer; null: there was none")
    answer: str = Field(description="its first 1 KB")
    duration_ms: int
    outcome: str
    reason: str


class DeliveryList(Answer):
    """The newest attempts, newest first."""

    deliveries: list[DeliveryShown]
    next: int | None = Field(description="for `before` of the next page; null: there is none")


class DeadLettersAsked(Query):
    """A page of the dead letters."""

    after: int = Field(default=0, ge=0, le=2**62, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=100, description="as many at most")


class DeadLetter(Answer):
    """An event that the receiver refused."""

    event_id: str
    type: str
    at: datetime = Field(description="when it was refused last")
    status: int | None
    reason: str


class DeadLetterList(Answer):
    """What was refused, oldest event first."""

    dead_letters: list[DeadLetter]
    next: int | None = Field(description="for `after` of the next page; null: there is none")
