"""What an acceptance check is: a promise, tried at full size by `make accept` and as a small slice by `make
test`, and shown to fail when the promise is broken on purpose."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Size(StrEnum):
    """How much of it is tried."""

    FULL = "full"  #: as the promise says it: minutes
    SLICE = "slice"  #: the same in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a check."""

    broken: tuple[str, ...] = ()  #: what was promised and did not hold, a sentence each
    late: tuple[str, ...] = ()  #: what came later than promised; judged at full size only
    figures: Mapping[str, int | float | str]  #: by what they are: `kills`, `lost`, ...
    control: str | None  #: how the broken variant was caught; empty when it was not, and then the check says
    #: nothing; None when it was not tried at this size

    @property
    def holds(self) -> bool:
        """Whether the promise was kept, and the check can tell."""
        return not (self.broken or self.late or self.control == "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One acceptance check."""

    name: str  #: as AC-06
    promise: str  #: in a line
    run: Callable[[Size], Coroutine[Any, Any, Verdict]]
