"""Which chats write more than can be answered. What is over is stored, and nobody is asked about it."""

from collections.abc import Callable

from ..clock import Clock
from ..limits import FloodLimits
from ..messages import Fault, Inbound

#: Seconds without anything over, after which more of it is another flood.
_OVER_AFTER = 60.0


class Floods:
    """A bucket for each chat that has written lately. Kept in memory: a new process begins with full ones."""

    def __init__(self, clock: Clock, limits: FloodLimits, report: Callable[[Fault], None]) -> None:
        self._clock = clock
        self._limits = limits
        self._report = report
        #: When each bucket is full again; those touched last stand last.
        self._full_at: dict[tuple[str, str], float] = {}
        self._last_over: dict[str, float] = {}

    def admits(self, message: Inbound) -> bool:
        """Take a token for a message; False when there is none left."""
        now, chat = self._clock.monotonic(), (message.connection_id, message.chat)
        self._forget(now)
        full_at = self._full_at.pop(chat, now)
        taken = self._limits.taken(full_at, now)
        self._full_at[chat] = full_at if taken is None else taken
        return taken is not None

    def give_back(self, message: Inbound) -> None:
        """It was no news, and costs no token."""
        chat = (message.connection_id, message.chat)
        if chat in self._full_at:
            self._full_at[chat] -= self._limits.each

    def over(self, message: Inbound) -> None:
        """One that was not admitted is stored: somebody is told, once a flood."""
        now, name = self._clock.monotonic(), message.connection_id
        last = self._last_over.get(name)
        self._last_over[name] = now
        if last is not None and now - last < _OVER_AFTER:
            return
        reason = (
            f"a flood: a chat writes more than {self._limits.messages} messages within "
            f"{self._limits.window:g} s; what is over is stored and left unanswered"
        )
        where = {"tenant": message.tenant, "connection_id": name}
        self._report(Fault(where="inbox", reason=reason, at=message.received_at, **where))

    def _forget(self, now: float) -> None:
        """Buckets that are full again are as good as new ones."""
        while self._full_at:
            chat = next(iter(self._full_at))
            if self._full_at[chat] > now:
                return
            del self._full_at[chat]
