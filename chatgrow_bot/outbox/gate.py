"""Whether a message may leave now, or must wait for a better time: quiet hours, first contacts, warm-up. What
it decides is arithmetic of limits.py over what the store knows."""

from dataclasses import dataclass
from datetime import datetime

from ..store.rows import Outgoing


@dataclass(frozen=True, slots=True)
class Hold:
    """Not before then, and why."""

    until: datetime
    reason: str


class Gate:
    """Looks at each message before it is handed over."""

    async def look(self, row: Outgoing) -> Hold | None:
        """Why this message must wait; None when it may leave."""
        return None
