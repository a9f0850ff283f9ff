"""One value held against a type, for what a plugin lets people write into another plugin's file."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .faults import faults
from .names import known_keys
from .sentences import say
from .walk import At


class Misfit(ValueError):
    """A value that is not as it should be; its text says all that is wrong with it."""

    def __init__(self, wrong: Sequence[tuple[At, str, str]]) -> None:
        self.wrong = wrong  #: each place below the value, what is wrong there, and a hint or ""
        told = (f"{message} ({hint})" if hint else message for _, message, hint in wrong)
        super().__init__("; ".join(told))


class Shape:
    """What a value must be, by a type annotation: `bool`, `list[str]`, a pydantic model."""

    def __init__(self, kind: Any) -> None:
        """Raises pydantic's errors for what is no type of values."""
        self._kind = kind
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def fitted(self, value: Any, name: str) -> Any:
        """The value as the type has it. Raises Misfit, which calls it by this name. As in our own files, only
        aliases are keys."""
        try:
            return self._adapter.validate_python(value, by_alias=True, by_name=False)
        except ValidationError as error:
            raise Misfit(list(self._wrong(value, name, error))) from error

    def _wrong(self, value: Any, name: str, error: ValidationError) -> Sequence[tuple[At, str, str]]:
        errors = error.errors(include_url=False)
        for each in errors:
            each["loc"] = (name, *each["loc"])
        return [
            (fault.at[1:], *say(fault, known_keys(self._kind, fault.at[1:-1], value), None))
            for fault in faults({name: value}, errors)
        ]
