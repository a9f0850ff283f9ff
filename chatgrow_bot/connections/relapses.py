"""A connection that comes back and is lost again, on and on: each success forgets the failures before it, so
that nothing else would ever tell."""

#: So many losses within so many seconds are worth telling.
_MOST, _WITHIN = 5, 600.0


class Relapses:
    """Counts one connection's losses that came after a success, by a clock that never runs backwards."""

    def __init__(self) -> None:
        self._at: list[float] = []

    def note(self, now: float) -> str:
        """It was lost; what a person should know of it, empty while that is not worth telling."""
        self._at = [*self._at[1 - _MOST :], now]
        if len(self._at) < _MOST or now - self._at[0] >= _WITHIN:
            return ""
        return f"it was lost {_MOST} times within {_WITHIN / 60:.0f} minutes"
