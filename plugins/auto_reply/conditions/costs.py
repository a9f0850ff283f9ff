"""What conditions may cost at worst, told before any message."""

from collections.abc import Iterable

from .base import Condition
from .logic import Either, Every, Not
from .text import AnyPattern


def steps_of(conditions: Iterable[Condition | None]) -> int:
    """The steps of all patterns in them, wherever they stand: their time grows with these and the text."""
    steps = 0
    for condition in conditions:
        match condition:
            case AnyPattern(patterns=patterns):
                steps += sum(pattern.steps for pattern in patterns)
            case Every(parts=parts) | Either(parts=parts):
                steps += steps_of(parts)
            case Not(part=part):
                steps += steps_of((part,))
    return steps
