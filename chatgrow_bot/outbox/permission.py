"""Whether a message that was taken may leave now, and what it then says: its time, the gate, the filters. Who
was asked, and what came of it, is kept with the message."""

from ..clock import Clock
from ..errors import BadInput
from ..hooks import Hooks
from ..messages import Drop, Later, Outbound, State, Step
from ..store import steps
from ..store.database import Database
from ..store.rows import Outgoing
from .content import check
from .gate import Gate
from .outcome import Outcome

#: Seconds that a filter may hold a message before it is asked again: no fewer, for the queue would spin.
_HOLD = (1.0, 86_400.0)


class Permission:
    """Asks whoever may hold a message back, or change what it says."""

    def __init__(self, *, db: Database, clock: Clock, hooks: Hooks, gate: Gate, outcome: Outcome) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._gate = gate
        self._outcome = outcome

    async def ask(self, row: Outgoing, trace: list[Step]) -> Outbound | None:
        """What may leave now; None when it may not, and then the row is where it belongs."""
        now = self._clock.now()
        if row.delivery.expires_at <= now:
            await self._outcome.ended(row, State.EXPIRED, "its time to live ended before it could leave")
            return None
        if await self._gate.holds_back(row):
            return None
        match await self._hooks.filter_outbound(row.content, row.delivery, trace):
            case Drop(reason=reason):
                await self._outcome.ended(row, State.CANCELLED, reason, trace)
            case Later(seconds=seconds, reason=reason):
                shortest, longest = _HOLD
                wait = min(max(shortest, seconds), longest)
                await self._outcome.put_back(row, reason or "a filter holds it", wait, trace)
            case Outbound() as content:
                return await self._as_said(row, content, trace)
        return None

    async def _as_said(self, row: Outgoing, content: Outbound, trace: list[Step]) -> Outbound | None:
        """What the filters made of it, at its first try. What was once to be said under an id stays: filters
        that add to it have done so. None when it cannot be sent like this."""
        if content == row.content:
            return content
        if await self._db.read(lambda conn: steps.was_intended(conn, row.delivery.id)):
            return row.content
        try:
            check(content)
        except BadInput as error:
            reason = f"what the filters made of it cannot be sent: {error}"
            await self._outcome.ended(row, State.FAILED, reason, trace)
            return None
        return content
