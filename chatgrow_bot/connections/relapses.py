"""A connection that comes back and is lost again, on and on: each success forgets the failures before it, so
that nothing else would ever tell."""

from datetime import datetime, timedelta

#: So many losses within this time are told.
_MOST, _WITHIN = 5, timedelta(minutes=10)


class Relapses:
    """Counts one connection's losses that came after a success."""

    def __init__(self) -> None:
        self._at: list[datetime] = []

    def note(self, now: datetime) -> str:
        """It was lost; what a person is to be told, empty while it is not worth telling."""
        self._at = [*(each for each in self._at if now - each < _WITHIN), now]
        if len(self._at) < _MOST:
            return ""
        self._at.clear()
        return f"it was lost {_MOST} times within {_WITHIN // timedelta(minutes=1)} minutes"
