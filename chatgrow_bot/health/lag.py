"""How late the event loop is: what blocks it for a moment makes every connection late by as much."""

import asyncio
from collections import deque

#: Seconds between two samples, and how many are kept.
_EVERY, _KEPT = 0.5, 120
#: Samples that say how it is now.
_LATELY = 10


class Lag:
    """The worst lateness of the last minute."""

    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=_KEPT)

    @property
    def worst(self) -> float:
        """Seconds."""
        return max(self._late, default=0.0)

    @property
    def lately(self) -> float:
        """The worst of the last seconds, in seconds."""
        return max(list(self._late)[-_LATELY:], default=0.0)

    async def run(self) -> None:
        """Sample until cancelled. By the loop's own clock, whatever clock decides elsewhere."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY
            await asyncio.sleep(_EVERY)
            self._late.append(max(0.0, loop.time() - due))
