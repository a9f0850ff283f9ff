"""What owners ask of their connections, checked before anything is done."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..addresses import chat_of, phone_of
from ..config.connection import ConnectionSettings
from ..config.models import Settings
from ..config.names import did_you_mean, known_keys
from ..errors import BadInput, InvalidPhoneNumber

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_id(connection_id: str) -> None:
    """Raises BadInput for one that cannot be a connection's id."""
    if not _ID.fullmatch(connection_id):
        raise BadInput(f"connectionId '{connection_id}' is not 1 to 64 of letters, digits, '_' and '-'")


def check_settings(defaults: Settings, own: Mapping[str, Any]) -> None:
    """Raises BadInput with every mistake in a connection's own settings."""
    try:
        defaults.for_connection(own)
    except ValidationError as error:
        faults = [_fault(each) for each in error.errors(include_url=False, include_input=False)]
        said = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults)
        raise BadInput(said, errors=faults) from error


def _fault(fault: ErrorDetails) -> dict[str, str]:
    """A mistake in a connection's settings, by its place in what was asked."""
    place, said = fault["loc"], fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = known_keys(ConnectionSettings, place[:-1], {})
        said = f"Unknown key{did_you_mean(str(place[-1]), known)}"
    return {"pointer": "/".join(("/settings", *map(str, place))), "detail": said}


def phone(number: str) -> str:
    """A number in its canonical form; it may be left out, for the scan tells it."""
    if not number:
        return ""
    phone = phone_of(chat_of(number))
    if phone is None:
        raise InvalidPhoneNumber(f"'{number}' is not a person's number")
    return phone
