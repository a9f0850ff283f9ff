"""How fast a connection sends, how often it tries again: pure functions over a given time and chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from ..messages import Lane
from .hours import QuietHours
from .rations import FirstContacts, WarmUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two messages of a lane: somewhere from `low` to `high`, plus or minus `jitter`, never
    fewer than `floor`."""

    low: float
    high: float
    jitter: float = 0.0
    floor: float = 0.0

    @property
    def mean(self) -> float:
        """The gap to expect, in seconds."""
        return max(self.floor, (self.low + self.high) / 2)

    @property
    def longest(self) -> float:
        """The longest gap there can be, in seconds."""
        return max(self.floor, self.high + self.jitter)

    def gap(self, chance: Random) -> timedelta:
        """The next gap."""
        seconds = chance.uniform(self.low, self.high) + chance.uniform(-self.jitter, self.jitter)
        return timedelta(seconds=max(self.floor, seconds, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a connection sends."""

    paces: Mapping[Lane, Pace]
    quiet: QuietHours | None = None
    warm_up: WarmUp | None = None
    first_contacts: FirstContacts = field(default_factory=FirstContacts)
    typing: bool = True  #: whether replies show as typing first
    max_retries: int = 3
    retry_delays: Sequence[float] = (5.0, 15.0, 30.0)  #: seconds; the last one repeats
    hold_unknown: bool = False  #: an unclear outcome waits for a person rather than being sent again

    def retry_after(self, attempts: int) -> timedelta | None:
        """How long to wait after so many failed attempts; None when it is time to give up."""
        if attempts > self.max_retries or not self.retry_delays:
            return None
        return timedelta(seconds=self.retry_delays[min(attempts, len(self.retry_delays)) - 1])


def clamped(slot: datetime, now: datetime, pace: Pace) -> datetime:
    """A stored slot, never farther ahead than one longest gap: a clock set back must not silence a lane."""
    return min(slot, now + timedelta(seconds=pace.longest))


def reconnect_delay(failures: int, interval: float, chance: Random) -> float:
    """Seconds before the next try after so many failures in a row: the first at once, then with jitter."""
    return 0.0 if failures <= 1 else interval * chance.uniform(0.8, 1.2)
