"""The end of a message's way in: the job and the replies to it in one transaction, so that a crash before it
asks again and one after it never."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..errors import BadInput
from ..limits import LoopLimits
from ..messages import Fault, Inbound, Lane, Outbound, Step
from ..outbox import Outbox
from ..store import connections as stored_connections
from ..store import inbox as store
from ..store import replies as stored_replies
from ..store.database import Database
from ..store.inbox import Ended
from ..store.rows import Outgoing
from .answers import Decision
from .unanswered import Unanswered

_HOUR = timedelta(hours=1)

log = structlog.get_logger("chatgrow.inbox")


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it in the end."""

    ended: Ended
    leaving: Sequence[Outgoing] = ()
    strangers: bool = False  #: a reply named a connection that the tenant does not have


class Endings:
    """Ends ways in as was decided, and tells whoever must know."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: Outbox,
        unanswered: Unanswered,
        loops: LoopLimits,
        report: Callable[[Fault], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._unanswered = unanswered
        self._loops = loops
        self._report = report
        self._capped: dict[str, datetime] = {}  #: connections of which it was told lately, and when

    async def end(self, message: Inbound, decision: Decision, trace: Sequence[Step]) -> None:
        """Queue the replies and end the way in. Nothing follows if it had ended before."""
        steps, faults = list(trace), [decision.fault] if decision.fault else []
        drafts = [self._draft(message, reply, by, steps, faults) for by, reply in decision.replies]
        rows = [row for row in drafts if row]
        decided = Ended(decision.outcome, steps)
        since = self._clock.now() - _HOUR

        def work(conn: Connection) -> _Done | None:
            done = _done(conn, message, decided, rows, (self._loops, since))
            if not store.finish(conn, message.id, done.ended):
                return None
            self._outbox.answer(conn, done.leaving)
            return done

        done = await self._db.write(work)
        if done is None:
            return
        outcome = done.ended.outcome
        log.info("message came in", message=message.id, connection=message.connection_id, outcome=outcome)
        for name in {row.delivery.connection_id for row in done.leaving}:
            self._outbox.wake(name)
        if done.strangers:
            faults.append("a reply names a connection that the tenant does not have")
        if outcome == "capped" and self._is_news(message.connection_id):
            reason = self._loops.exhausted(self._loops.per_hour)
            faults.append(f"automatic replies fall silent: {reason}")
        if decision.age is not None:
            self._unanswered.note(message, decision.age)
        for reason in faults:
            self.fault(message.tenant, message.connection_id, reason)

    def _draft(
        self, message: Inbound, reply: Outbound, by: str, steps: list[Step], faults: list[str]
    ) -> Outgoing | None:
        connection_id = reply.connection_id or message.connection_id
        try:
            return self._outbox.draft(
                message.tenant, connection_id, reply, source=by, lane=Lane.REPLY, cause=message.id
            )
        except BadInput as error:
            steps.append(Step(stage="reply", by=by, result=str(error)))
            faults.append(f"the reply of '{by}' cannot be sent: {error}")
            return None

    def _is_news(self, connection_id: str) -> bool:
        """Whether nobody was told within the hour that a connection has used up its replies."""
        now = self._clock.now()
        told = self._capped.get(connection_id)
        if told is not None and abs(now - told) < _HOUR:
            return False
        self._capped[connection_id] = now
        return True

    def fault(self, tenant: str, connection_id: str, reason: str) -> None:
        """Tell a person what went wrong with a message."""
        where = {"tenant": tenant, "connection_id": connection_id}
        self._report(Fault(where="inbox", reason=reason, at=self._clock.now(), **where))


def _done(
    conn: Connection,
    message: Inbound,
    decided: Ended,
    rows: Sequence[Outgoing],
    limits: tuple[LoopLimits, datetime],
) -> _Done:
    """What of the replies can leave, and how the way in ends then."""
    nothing = "no answer" if decided.outcome == "answered" else decided.outcome
    if not rows:
        return _Done(replace(decided, outcome=nothing))
    loops, since = limits
    names = {row.delivery.connection_id for row in rows}
    own = {
        name for name, view in stored_connections.by_id(conn, names).items() if view.tenant == message.tenant
    }
    steps = [Step(stage="reply", result=f"there is no connection '{name}'") for name in sorted(names - own)]
    known = [row for row in rows if row.delivery.connection_id in own]
    leaving = stored_replies.room(conn, known, loops.per_hour, since)
    outcome = decided.outcome if known else nothing
    if len(leaving) < len(known):
        steps.append(Step(stage="loop breaker", result=loops.exhausted(loops.per_hour) or ""))
        outcome = "loop" if outcome == "loop" else "capped"
    return _Done(Ended(outcome, [*decided.trace, *steps]), leaving, strangers=own != names)
