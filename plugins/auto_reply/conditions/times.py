"""What a rule can ask of the clock: business hours, how long ago, how often."""

from dataclasses import dataclass
from datetime import timedelta

from chatgrow_bot.hours import BusinessHours

from .base import Captures, Place, Subject, held


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinHours:
    """The business is open when the message comes, or closed."""

    place: Place
    hours: BusinessHours
    open: bool
    keys: None = None

    @property
    def unmet(self) -> str:
        """How it is instead."""
        return "the business is closed" if self.open else "the business is open"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is as wanted."""
        return held(self.hours.is_open(subject.facts.now) is self.open)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLast:
    """The customer last wrote here so long ago. One who never did was silent for ever."""

    place: Place
    over: timedelta | None = None
    under: timedelta | None = None
    keys: None = None

    @property
    def unmet(self) -> str:
        """What was wanted."""
        wanted = [
            f"{word} {shown(each)}" for word, each in (("over", self.over), ("under", self.under)) if each
        ]
        return f"the customer did not write {' and '.join(wanted)} ago"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is so long."""
        last = subject.customer.last_wrote
        silence = subject.facts.now - last if last else timedelta.max
        is_long = self.over is None or silence > self.over
        return held(is_long and (self.under is None or silence < self.under))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The rule answers a chat so many times in so long a time, and no more."""

    place: Place
    rule: str
    times: int
    per: timedelta
    keys: None = None

    @property
    def words(self) -> str:
        """The limit as a person would say it."""
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"{times} in {shown(self.per)}"

    @property
    def unmet(self) -> str:
        """That it is reached."""
        return f"it answers a chat {self.words}, and it has"

    def check(self, subject: Subject) -> Captures | None:
        """Whether there is room for one more answer."""
        since = subject.facts.now - self.per
        uses = subject.facts.uses.get(self.rule, ())
        return held(sum(use.at > since and use.message != subject.message.id for use in uses) < self.times)


def shown(duration: timedelta) -> str:
    """A duration as rules write it: 90m, 1d."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
