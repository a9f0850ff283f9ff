"""When automatic replies fall silent, for a loop or for a person: pure functions over what was said when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: So many times as often the same may be said to somebody who answers what he was asked.
_AGAIN = 3


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
    per_hour: int = 500  #: of one connection, over all its chats
    take_over: float = 3600.0  #: seconds of silence after a person wrote from the phone; 0 for none

    def in_dialogue(self) -> "LoopLimits":
        """The same for replies to somebody who answers what he was asked: a menu is soon walked through, and
        comes again. Dialogues of two programs end; what begins them anew is held to the limits themselves."""
        return replace(self, short=self.long, same_text=self.same_text * _AGAIN)

    def refuses(self, sent: Sequence[tuple[datetime, str]], text: str, now: datetime) -> str | None:
        """Why one more automatic reply of this text must not be sent; None when it may."""
        if crowded := self.crowded([at for at, _ in sent], now):
            return crowded
        since = now - timedelta(seconds=self.long_seconds)
        if sum(said == text for at, said in sent if at > since) >= self.same_text:
            return f"the same reply {self.same_text} times within {self.long_seconds:g} s"
        return None

    def crowded(self, sent: Sequence[datetime], now: datetime) -> str | None:
        """Why one more of whatever text must not be sent; None when it may."""
        since_short = now - timedelta(seconds=self.short_seconds)
        since_long = now - timedelta(seconds=self.long_seconds)
        if sum(at > since_short for at in sent) >= self.short:
            return f"{self.short} automatic replies within {self.short_seconds:g} s"
        if sum(at > since_long for at in sent) >= self.long:
            return f"{self.long} automatic replies within {self.long_seconds:g} s"
        return None

    def exhausted(self, sent: int) -> str | None:
        """Why a connection with so many automatic replies within the hour is silent; None when it is not."""
        return (
            f"{self.per_hour} automatic replies of the connection within an hour"
            if sent >= self.per_hour
            else None
        )

    def taken_over(self, typed: datetime | None, now: datetime) -> str | None:
        """Why a chat is left to the person who typed there last, from the phone; None when it is not."""
        if typed is None or now >= (until := typed + timedelta(seconds=self.take_over)):
            return None
        return f"a person wrote from the phone at {typed:%H:%M:%S}; left to him until {until:%H:%M:%S} UTC"

    def silent(self, cuts: Sequence[datetime], now: datetime) -> str | None:
        """Why a chat is left alone, by when loops were cut in it within a day; None when it is not."""
        if not cuts:
            return None
        until = max(cuts) + timedelta(seconds=self.silence if len(cuts) == 1 else self.long_silence)
        return f"a reply loop was cut; silent until {until:%H:%M:%S} UTC" if now < until else None
