"""What every body and every answer is: camelCase; a body takes no unknown key and no silent conversion."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

_LATEST_YEAR = 2200
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


class Request(BaseModel):
    """A body: camelCase, no unknown keys, no silent conversions."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=False
    )


class Query(BaseModel):
    """What may stand after the `?`: camelCase, no unknown keys, every value read from text."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=False)


class Answer(BaseModel):
    """An answer's body, in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, validate_by_name=True)


def _text_only(value: Any) -> Any:
    # A bare number would pass for seconds since 1970.
    if not isinstance(value, str) or not _TIME.match(value):
        raise ValueError("Write the time as text, for example 2026-01-31T09:00:00Z")
    return value


def _true_or_false(value: Any) -> Any:
    if value not in ("true", "false"):
        raise ValueError("Write true or false")
    return value == "true"


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
#: A yes or no in a query.
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
