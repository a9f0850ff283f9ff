"""The end of a message's way in: the job, the replies to it and whatever else is done because of it in one
transaction, so that a crash before it asks again and one after it never."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo

import structlog
from sqlalchemy import Connection

from ..clock import Clock
from ..conversations import Guard, Moved, Turn
from ..errors import BadInput
from ..limits import LoopLimits
from ..messages import Fault, Inbound, Outbound, Priority, Step
from ..outbox import Outbox
from ..store import connections as stored_connections
from ..store import inbox as store
from ..store import replies as stored_replies
from ..store import traces
from ..store.database import Database
from ..store.inbox import Ended
from ..store.rows import Outgoing
from ..store.tallies import day_of
from . import deeds, ends
from .answers import Decision
from .deeds import Deeds, Doing
from .ends import End
from .loops import Reply
from .seen import Seen
from .unanswered import Unanswered

_HOUR = timedelta(hours=1)

log = structlog.get_logger("chatgrow.inbox")


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of it in the end."""

    ended: Ended
    leaving: Sequence[Outgoing] = ()
    strangers: bool = False  #: a reply named a connection that the tenant does not have
    besides: deeds.Done = field(default_factory=deeds.Done)


class Endings:
    """Ends ways in as was decided, and tells whoever must know. `finish(message)` ends the rest of what is
    queued for a customer who has opted out."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        outbox: Outbox,
        unanswered: Unanswered,
        loops: LoopLimits,
        report: Callable[[Fault], None],
        deeds: Deeds,
        guard: Guard,
        seen: Seen,
        zone: tzinfo,
        finish: Callable[[Inbound], None],
    ) -> None:
        self._db = db
        self._clock = clock
        self._outbox = outbox
        self._unanswered = unanswered
        self._loops = loops
        self._report = report
        self._deeds = deeds
        self._guard = guard
        self._seen = seen
        self._zone = zone
        self._finish = finish
        self._capped: dict[str, datetime] = {}  #: connections of which it was told lately, and when

    async def bring(
        self, message: Inbound, decide: Callable[[list[Step]], Awaitable[Decision]], begun: Sequence[Step]
    ) -> None:
        """Decide about a message, and end its way in; anew where people took up its chat meanwhile, or left
        it."""
        while True:
            trace = [*begun]
            try:
                return await self.end(message, await decide(trace), trace)
            except Moved:
                log.info("a message is decided anew: its chat changed hands", message=message.id)

    async def end(self, message: Inbound, decision: Decision, trace: Sequence[Step]) -> None:
        """Queue the replies, do whatever else is to be done, and end the way in. Nothing follows if it had
        ended before."""
        steps, faults = list(trace), list(decision.faults)
        rows = self._drafts(message, decision, steps, faults)
        at = self._clock.now()
        done = await self._db.write(lambda conn: self._ended(conn, message, decision, steps, rows, at))
        if done is None:
            return
        outcome = done.ended.outcome
        log.info("message came in", message=message.id, connection=message.connection_id, outcome=outcome)
        self._go_on(message, done)
        if done.strangers:
            faults.append("a reply names a connection that the tenant does not have")
        if outcome == "capped" and self._is_news(message.connection_id):
            reason = self._loops.exhausted(self._loops.per_hour)
            faults.append(f"automatic replies fall silent: {reason}")
        if decision.age is not None:
            self._unanswered.note(message, decision.age)
        for reason in (*faults, *done.besides.faults):
            self.fault(message.tenant, message.connection_id, reason)

    def _drafts(
        self, message: Inbound, decision: Decision, steps: list[Step], faults: list[str]
    ) -> Sequence[Outgoing]:
        """The rows that the replies will be. What stands behind one that leaves later leaves no sooner."""
        rows: list[Outgoing] = []
        after: datetime | None = None
        least = Priority.HIGH
        for reply in decision.replies:
            content = _behind(reply.content, after, least)
            row = self._draft(message, replace(reply, content=content), decision.by, steps, faults)
            if row is not None:
                rows.append(row)
                least = row.delivery.priority
                if row.delivery.due > row.delivery.created_at:
                    after = row.delivery.due
        return rows

    def _draft(
        self, message: Inbound, reply: Reply, by: str, steps: list[Step], faults: list[str]
    ) -> Outgoing | None:
        content = reply.content
        connection_id = content.connection_id or message.connection_id
        try:
            return self._outbox.draft(
                message.tenant, connection_id, content, source=by, lane=reply.lane, cause=message.id
            )
        except BadInput as error:
            steps.append(Step(stage="reply", by=by, result=str(error)))
            faults.append(f"the reply of '{by}' cannot be sent: {error}")
            return None

    def _ended(
        self,
        conn: Connection,
        message: Inbound,
        decision: Decision,
        steps: Sequence[Step],
        rows: Sequence[Outgoing],
        at: datetime,
    ) -> _Done | None:
        """All of it, in one transaction; None if it had ended before."""
        if not store.finish(conn, message.id, None):
            return None
        turn = Turn(conn, at, message.id)
        if decision.looked:
            self._guard.heed(turn, message, decision.verdict)
        nothing = "done" if decision.outcome == "answered" and decision.deeds else "no answer"
        decided = Ended(decision.outcome, steps)
        done = _done(conn, message, decided, rows, (self._loops, at - _HOUR), nothing)
        doing = Doing(message, decision.by, at, day_of(message.received_at, self._zone))
        besides = self._deeds.carry_out(conn, doing, decision.deeds, done.leaving)
        besides.answers[:] = [_in_turn(row, done.leaving) for row in (*besides.answers, *turn.said)]
        ended = replace(done.ended, trace=[*done.ended.trace, *besides.steps])
        store.note(conn, message.id, ended)
        leaving = self._outbox.answer(conn, [*done.leaving, *besides.answers])
        for plugin, trace in decision.told.items():
            traces.keep(conn, message.id, plugin, trace, at)
        did = {"has_answer": leaving > 0, "has_handed": besides.has_handed}
        end = End(outcome=ended.outcome, by=decision.by, **did)
        ends.count(conn, message, end, at, self._zone)
        return replace(done, ended=ended, besides=besides)

    def _go_on(self, message: Inbound, done: _Done) -> None:
        """What follows once it is certain."""
        rows = (*done.leaving, *done.besides.answers)
        for name in {row.delivery.connection_id for row in rows} | done.besides.touched:
            self._outbox.wake(name)
        if done.besides.more:
            self._finish(message)
        if done.besides.is_read:
            self._seen.note(message)

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
    nothing: str,
) -> _Done:
    """What of the replies can leave, and how the way in ends then; with `nothing` where none can."""
    nothing = nothing if decided.outcome == "answered" else decided.outcome
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


def _in_turn(row: Outgoing, replies: Sequence[Outgoing]) -> Outgoing:
    """What is said besides, in its place behind the replies to the same chat: no more urgent than they."""
    place = (row.delivery.connection_id, row.delivery.chat)
    least = max(
        (
            each.delivery.priority
            for each in replies
            if (each.delivery.connection_id, each.delivery.chat) == place
        ),
        default=row.delivery.priority,
    )
    if row.delivery.priority >= least:
        return row
    return replace(row, delivery=replace(row.delivery, priority=least))


def _behind(content: Outbound, after: datetime | None, least: Priority) -> Outbound:
    """A message in its place behind another of the same answer: no sooner, and no more urgent. What is wrong
    with it is left to whoever checks it."""
    at, priority = content.send_at, content.priority
    if after and (at is None or (isinstance(at, datetime) and at.tzinfo is not None and at < after)):
        content = replace(content, send_at=after)
    return (
        replace(content, priority=least) if isinstance(priority, Priority) and priority < least else content
    )
