"""What one session takes of the machine, and when it had better be opened anew: a browser only ever grows."""

from dataclasses import dataclass
from random import Random

from ..engine import Usage
from .listener import Patience

#: Seconds before which a session is not opened anew for its memory: a budget below what any takes would have
#: it opened for ever.
_SPARED = 1800.0
#: Sessions of one start do not all come of age at once.
_SPREAD = (0.9, 1.1)
_MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """What a session takes, as last weighed."""

    memory: int  #: bytes
    cpu: float | None  #: share of one core since it was weighed before; None at the first time


class Ledger:
    """Of one connection; begun anew with each session. All its times are seconds of a clock that never runs
    backwards."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._last: tuple[float, Usage] | None = None
        self._opened_at: float | None = None
        self._spread = 1.0
        self.takes: Takes | None = None

    def opened(self, at: float) -> None:
        """A session was opened."""
        self._opened_at, self._spread = at, self._chance.uniform(*_SPREAD)

    def closed(self) -> None:
        """It takes nothing any more."""
        self._last = self._opened_at = self.takes = None

    def note(self, usage: Usage | None, at: float) -> None:
        """What it takes."""
        if usage is None:
            self._last = self.takes = None
            return
        cpu = None
        if self._last and at > self._last[0]:
            cpu = max(0.0, usage.cpu - self._last[1].cpu) / (at - self._last[0])
        self._last = (at, usage)
        self.takes = Takes(memory=usage.memory, cpu=cpu)

    def worn(self, patience: Patience, now: float) -> str:
        """Why the session is to be opened anew, in words that stay the same; empty while it is not."""
        if self._opened_at is None:
            return ""
        age, budget = now - self._opened_at, patience.memory_budget
        if budget and self.takes and self.takes.memory > budget and age >= _SPARED:
            return f"it takes {self.takes.memory // _MB} MB of memory, its budget is {budget // _MB} MB"
        if patience.recycle_after and age >= patience.recycle_after * self._spread:
            return f"it has been open for {age / 3600:.1f} hours"
        return ""
