"""Slows down whoever tries again and again: a bucket of attempts for each key, refilled with time."""

from ..clock import Clock

_MINUTE = 60.0


class Brake:
    """In any 60 seconds a key gets at most `burst + per_minute` attempts.

    What nobody touched long enough to be full again is forgotten, so that made-up keys cannot fill the
    memory: entries live in two generations, and the older one is dropped whole.
    """

    def __init__(self, clock: Clock, *, burst: int, per_minute: int) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._rate = per_minute / _MINUTE
        self._refill = self._burst / self._rate  #: seconds from empty to full
        self._young: dict[str, tuple[float, float]] = {}  #: key -> attempts left, and when that was so
        self._old: dict[str, tuple[float, float]] = {}
        self._turned = 0.0

    def wait(self, key: str) -> float:
        """Seconds until the key may try; 0.0 when it may now."""
        left = self._left(key)
        return 0.0 if left >= 1.0 else (1.0 - left) / self._rate

    def take(self, key: str) -> None:
        """Count an attempt."""
        self._set(key, self._left(key) - 1.0)

    def give_back(self, key: str) -> None:
        """Uncount an attempt that turned out to be a rightful one."""
        self._set(key, min(self._burst, self._left(key) + 1.0))

    def _left(self, key: str) -> float:
        left, at = self._young.get(key) or self._old.get(key) or (self._burst, 0.0)
        return min(self._burst, left + (self._clock.monotonic() - at) * self._rate)

    def _set(self, key: str, left: float) -> None:
        now = self._clock.monotonic()
        if now - self._turned > self._refill:
            self._old, self._young, self._turned = self._young, {}, now
        self._young[key] = (left, now)
