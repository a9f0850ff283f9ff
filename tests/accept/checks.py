"""What an acceptance check is: a promise, tried at full size by `make accept` and as a small slice by `make
test`, and shown to fail when the promise is broken on purpose."""

import statistics
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Figure = int | float | str


class Size(StrEnum):
    """How much of it is tried."""

    FULL = "full"  #: as the promise says it: minutes
    SLICE = "slice"  #: the same in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something that was done to the hub, and what came of it: a line of the table."""

    what: str  #: in a few words, as `100 kills in 10,000 sends`
    figures: Mapping[str, Figure]  #: by what they are; for some the table has a column


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a check."""

    done: tuple[Done, ...]
    broken: tuple[str, ...] = ()  #: what was promised and did not hold, a sentence each
    late: tuple[str, ...] = ()  #: what came later than promised; judged at full size only
    control: str | None  #: how the broken variant was caught; empty when it was not, and then the check says
    #: nothing; None when the check broke down before

    @property
    def holds(self) -> bool:
        """Whether the promise was kept, and the check can tell."""
        return not (self.broken or self.late) and bool(self.control)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One acceptance check."""

    name: str  #: as AC-06
    promise: str  #: in a line
    kept_in: str  #: where the code is that keeps it, for whoever has to mend it
    run: Callable[[Size], Coroutine[Any, Any, Verdict]]


def p95(seconds: Sequence[float]) -> float:
    """What 19 of 20 stay within; of less than that many, all."""
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) >= 20 else max(seconds)
