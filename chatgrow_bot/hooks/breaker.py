"""Decides when a plugin that keeps failing is left alone for a while: pure arithmetic over a given clock."""

import math

from ..clock import Clock

#: So many faults in a row put a plugin to sleep.
FAULTS = 5
#: Two stalls of the event loop within so many seconds do as well: each of them costs everybody.
STALL_WINDOW = 600.0
#: The first sleep and the longest, in seconds; each doubles the one before.
FIRST_SLEEP, LONGEST_SLEEP = 60.0, 1800.0


class Breaker:
    """One plugin's record. After a sleep one more fault is enough for the next; a success clears it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._faults = 0
        self._stalled_at = -math.inf
        self._sleep = FIRST_SLEEP
        self._wakes_at = -math.inf

    def asleep(self) -> float:
        """For how many seconds more it sleeps; 0 when it is awake."""
        return max(0.0, self._wakes_at - self._clock.monotonic())

    def succeeded(self) -> None:
        """A call came back as it should."""
        self._faults = 0
        self._sleep = FIRST_SLEEP

    def failed(self) -> float:
        """A call failed. Returns the seconds of the sleep that this begins, or 0."""
        self._faults += 1
        return self._fall_asleep() if self._faults >= FAULTS else 0.0

    def stalled(self) -> float:
        """A call blocked the event loop. Returns the seconds of the sleep that this begins, or 0."""
        now = self._clock.monotonic()
        again = now - self._stalled_at < STALL_WINDOW
        self._stalled_at = now
        return self._fall_asleep() if again else self.failed()

    def _fall_asleep(self) -> float:
        if self.asleep():  # calls that were under way when it fell asleep say nothing new
            return 0.0
        seconds, self._sleep = self._sleep, min(self._sleep * 2, LONGEST_SLEEP)
        self._wakes_at = self._clock.monotonic() + seconds
        return seconds
