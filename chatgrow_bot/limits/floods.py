"""When a chat writes more than can be answered: a bucket of tokens, as arithmetic over a given time."""

from dataclasses import dataclass

#: What sums of seconds may be off by, as a share.
_GRAIN = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodLimits:
    """A bucket holds `messages` tokens and is filled again, evenly, within `window` seconds."""

    messages: int = 30
    window: float = 10.0

    @property
    def each(self) -> float:
        """Seconds in which one token comes back."""
        return self.window / self.messages

    def taken(self, full_at: float, now: float) -> float | None:
        """When a bucket is full again that was going to be at `full_at`, once a message has taken its token;
        None when there is none left."""
        later = max(full_at, now) + self.each
        return later if later - now <= self.window * (1 + _GRAIN) else None
