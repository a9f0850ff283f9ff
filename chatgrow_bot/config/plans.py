"""What each plan allows. A user has one plan; an installation for oneself gives everybody `enterprise`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from .values import Flag, Limit, Seconds, Section, Size


class Plan(Section):
    """The limits of one plan."""

    # in the file each key may be left out: `Plans` fills it in before this model sees it
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.pop("required"))

    connections: Limit = Field(description="Connections a user may have: a number, or `unlimited`.")
    messages_per_day: Limit = Field(description="Messages a day, in UTC: a number, or `unlimited`.")
    messages_per_month: Limit = Field(
        description="Messages a calendar month, in UTC: a number, or `unlimited`."
    )
    bulk: Flag = Field(description="Whether bulk sends are allowed.")
    pacing_floor: Seconds = Field(
        ge=0,
        le=3600,
        description="Shortest wait between two messages, in seconds, over `pacing`; answers excepted.",
    )
    media_size: Size = Field(
        ge=0,
        le=1 << 30,
        description="Largest file to send: bytes, or 16MB; 64MB at most, whatever is written here.",
    )


_FREE = {
    "connections": 1,
    "messagesPerDay": 200,
    "messagesPerMonth": 3_000,
    "bulk": False,
    "pacingFloor": 30,
    "mediaSize": "16MB",
}
_PREMIUM = {
    "connections": 5,
    "messagesPerDay": 2_000,
    "messagesPerMonth": 40_000,
    "bulk": True,
    "pacingFloor": 10,
    "mediaSize": "64MB",
}
_ENTERPRISE = {
    "connections": "unlimited",
    "messagesPerDay": "unlimited",
    "messagesPerMonth": "unlimited",
    "bulk": True,
    "pacingFloor": 0,
    "mediaSize": "64MB",
}


def _over(defaults: Mapping[str, Any]) -> BeforeValidator:
    """What the file says of a plan, laid over what the plan is without it."""

    def filled(given: Any) -> Any:
        given = {} if given is None else given
        return {**defaults, **given} if isinstance(given, dict) else given

    return BeforeValidator(filled)


class Plans(Section):
    """The three plans; each may be changed in part."""

    free: Annotated[Plan, _over(_FREE)] = Field(
        default=Plan.model_validate(_FREE), description="For trying out."
    )
    premium: Annotated[Plan, _over(_PREMIUM)] = Field(
        default=Plan.model_validate(_PREMIUM), description="For a shop."
    )
    enterprise: Annotated[Plan, _over(_ENTERPRISE)] = Field(
        default=Plan.model_validate(_ENTERPRISE), description="Without limits of its own."
    )
