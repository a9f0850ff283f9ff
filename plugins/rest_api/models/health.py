"""Health."""

from typing import Literal

from .base import Answer


class HealthAnswer(Answer):
    """Named checks of the process."""

    status: Literal["ok", "failing"]
    checks: dict[str, bool]
