"""The arithmetic of pace and patience: pure functions over a given time and a given chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from .messages import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between two messages of a lane: somewhere from `low` to `high`, plus or minus `jitter`."""

    low: float
    high: float
    jitter: float = 0.0

    @property
    def mean(self) -> float:
        """The gap to expect, in seconds."""
        return (self.low + self.high) / 2

    @property
    def longest(self) -> float:
        """The longest gap there can be, in seconds."""
        return self.high + self.jitter

    def gap(self, chance: Random) -> timedelta:
        """The next gap."""
        seconds = chance.uniform(self.low, self.high) + chance.uniform(-self.jitter, self.jitter)
        return timedelta(seconds=max(0.0, seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a connection sends."""

    paces: Mapping[Lane, Pace]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLimits:
    """How many automatic replies a chat may get; two bots must not talk each other into the ground."""

    short: int = 6
    short_seconds: float = 90.0
    long: int = 30
    long_seconds: float = 600.0
    same_text: int = 2  #: the same words within the long window
    silence: float = 900.0  #: seconds, after a loop was cut
    long_silence: float = 3600.0  #: seconds, after it was cut again within a day

    def refuses(self, sent: Sequence[tuple[datetime, str]], text: str, now: datetime) -> str | None:
        """Why one more automatic reply of this text must not be sent; None when it may."""
        since_short = now - timedelta(seconds=self.short_seconds)
        since_long = now - timedelta(seconds=self.long_seconds)
        recent = [(at, said) for at, said in sent if at > since_long]
        if sum(at > since_short for at, _ in recent) >= self.short:
            return f"{self.short} automatic replies within {self.short_seconds:g} s"
        if len(recent) >= self.long:
            return f"{self.long} automatic replies within {self.long_seconds:g} s"
        if sum(said == text for _, said in recent) >= self.same_text:
            return f"the same reply {self.same_text} times within {self.long_seconds:g} s"
        return None

    def silent(self, cuts: Sequence[datetime], now: datetime) -> str | None:
        """Why a chat is left alone, by when loops were cut in it within a day; None when it is not."""
        if not cuts:
            return None
        until = max(cuts) + timedelta(seconds=self.silence if len(cuts) == 1 else self.long_silence)
        return f"a reply loop was cut; silent until {until:%H:%M:%S} UTC" if now < until else None
