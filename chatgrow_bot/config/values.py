"""The kinds of values that settings are made of, each with the way people write it."""

import re
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_DURATION = r"(\d{1,9}(?:\.\d{1,9})?)\s?([smhd])"
_HOURS = r"([01]\d|2[0-3]):[0-5]\d"
_SECRET_BYTES, _SECRET_DIFFERENT = 32, 12
_GIVEAWAYS = ("secret", "change", "password", "example", "default", "jwt", "chatgrow", "12345678")
_SIZE = r"(\d{1,9}(?:\.\d{1,9})?)\s?(KB|MB|GB)"


class Section(BaseModel):
    """A group of keys: camelCase in the file, nothing unknown, nothing changed later. An empty one is all
    defaults."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, validate_default=True
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, data: Any) -> Any:
        return {} if data is None else data


def _duration(value: Any) -> Any:
    match = re.fullmatch(_DURATION, value, re.ASCII) if isinstance(value, str) else None
    if match:
        return float(match[1]) * _SECONDS[match[2]]
    if not isinstance(value, str):
        return value
    raise ValueError(f"'{value}' is no length of time; write seconds, or 90s, 5m, 12h, 7d")


def _bytes(value: Any) -> Any:
    match = re.fullmatch(_SIZE, value, re.ASCII) if isinstance(value, str) else None
    if match:
        return int(float(match[1]) * _BYTES[match[2]])
    if not isinstance(value, str):
        return value
    raise ValueError(f"'{value}' is no size; write bytes, or 500KB, 16MB, 1GB")


def _limit(value: Any) -> Any:
    if value == "unlimited":
        return None
    if type(value) is not int or value < 0:
        raise ValueError("write a whole number, 0 or more, or unlimited")
    return value


def _anchored(folder: Path, info: ValidationInfo) -> Path:
    root = (info.context or {}).get("root") or Path.cwd()
    try:
        return Path(root) / folder.expanduser()
    except RuntimeError as error:
        raise ValueError(f"there is no user whose home is '{folder.parts[0]}'") from error


def _time_of_day(value: str) -> str:
    if not re.fullmatch(_HOURS, value, re.ASCII):
        raise ValueError(f"'{value}' is no time of day; write 08:00 or 21:30")
    return value


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone '{name}'; write one such as Asia/Jerusalem or Europe/London")
    return name


def _hard_to_guess(secret: str) -> str:
    fault = ""
    if len(secret.encode(errors="replace")) < _SECRET_BYTES:
        fault = f"is shorter than {_SECRET_BYTES} bytes"
    elif len(set(secret)) < _SECRET_DIFFERENT:
        fault = f"has fewer than {_SECRET_DIFFERENT} different characters"
    elif any(word in secret.lower() for word in _GIVEAWAYS):
        fault = "looks like an example"
    if fault:
        raise ValueError(f"it {fault}; leave it out, or make one with `openssl rand -base64 48`")
    return secret


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def _either(*forms: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": list(forms)})


#: true or false.
Flag = Annotated[bool, Strict()]
#: A whole number.
Count = Annotated[int, Strict()]
#: A length of time in seconds; in the file a number of seconds, or a text such as 90s, 5m, 12h, 7d.
Seconds = Annotated[
    float,
    Strict(),
    BeforeValidator(_duration),
    _either({"type": "number"}, {"type": "string", "pattern": f"^{_DURATION}$"}),
]
#: A size in bytes; in the file a number of bytes, or a text such as 500KB, 16MB, 1GB (1 KB is 1,024 bytes).
Size = Annotated[
    int,
    Strict(),
    BeforeValidator(_bytes),
    _either({"type": "integer"}, {"type": "string", "pattern": f"^{_SIZE}$"}),
]
#: A number that nobody may pass; None, in the file `unlimited`, is no limit.
Limit = Annotated[
    int | None,
    BeforeValidator(_limit),
    PlainSerializer(lambda limit: "unlimited" if limit is None else limit, when_used="json"),
    _either({"type": "integer", "minimum": 0}, {"const": "unlimited"}),
]
#: A time of day, written 08:00.
TimeOfDay = Annotated[str, Strict(), AfterValidator(_time_of_day), _pattern(_HOURS)]
#: A time zone's name, as Asia/Jerusalem.
Zone = Annotated[str, Strict(), AfterValidator(_zone)]
#: What signs: long, and nobody's example.
TokenSecret = Annotated[str, Strict(), AfterValidator(_hard_to_guess)]
#: A folder as an absolute path; a relative one starts at the project's folder, `~` at the user's.
Folder = Annotated[Path, AfterValidator(_anchored)]
