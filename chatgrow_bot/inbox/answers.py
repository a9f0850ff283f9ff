"""Whether a message is answered, and what with: the filters, the guards, whoever answers, the loop breaker.
Every step of it is in the trace, for people who ask why."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from .. import consent
from ..clock import Clock
from ..hooks import Hooks
from ..limits import LoopLimits
from ..messages import REMARKS, Drop, Inbound, Outbound, Step
from ..store import inbox as store
from ..store import outbox as stored_outbox
from ..store.database import Database

_DAY = timedelta(days=1)

#: Replies with the names of who gave them, and how the way in ends.
Decision = tuple[Sequence[tuple[str, Outbound]], str]


class Answers:
    """Asks the plugins, unless there is a reason not to. `report` is told what a person may want to know."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        report: Callable[[Inbound, str], None],
        age_gate: float,
        loops: LoopLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._report = report
        self._age_gate = timedelta(seconds=age_gate)
        self._loops = loops

    async def decide(self, message: Inbound, trace: list[Step]) -> Decision:
        """What to answer and how the way in ends."""
        if not message.from_me and (wish := consent.heard(message.text)) is not None:
            trace.append(Step(stage="consent", result="opted out" if wish else "opted in"))
            return (), "consent"
        passed = await self._hooks.filter_inbound(message, trace)
        if isinstance(passed, Drop):
            return (), "dropped"
        if guarded := self._guard(passed):
            outcome, reason = guarded
            trace.append(Step(stage="guard", result=reason))
            return (), outcome
        if silent := await self._silent(passed):
            trace.append(Step(stage="loop breaker", result=silent))
            return (), "silent"
        answered = await self._hooks.answer(passed, trace)
        if answered is None:
            return (), "no answer"
        allowed = await self._within_limits(passed, answered.messages, trace)
        return [(answered.by, reply) for reply in allowed], "answered" if allowed else "loop"

    def _guard(self, message: Inbound) -> tuple[str, str] | None:
        """How the way in ends and why, for a message that nobody is asked to answer."""
        if message.from_me:
            return "from me", "typed on the phone itself"
        if message.kind in REMARKS:
            return "remark", f"nobody expects an answer to a message of the kind '{message.kind}'"
        age = message.received_at - message.sent_at
        if age > self._age_gate:
            reason = f"it was {age.total_seconds():.0f} s old when first seen"
            self._report(message, f"message {message.id} is left unanswered: {reason}")
            return "unanswered", reason
        return None

    async def _silent(self, message: Inbound) -> str | None:
        connection_id, chat, now = message.connection_id, message.chat, self._clock.now()
        cuts = await self._db.read(lambda c: store.ended_as(c, connection_id, chat, "loop", now - _DAY))
        return self._loops.silent(cuts, now)

    async def _within_limits(
        self, message: Inbound, replies: Sequence[Outbound], trace: list[Step]
    ) -> Sequence[Outbound]:
        """The replies that the loop breaker lets through."""
        now = self._clock.now()
        since = now - timedelta(seconds=self._loops.long_seconds)
        connection_id, chat = message.connection_id, message.chat
        rows = await self._db.read(lambda c: stored_outbox.automatic_since(c, connection_id, chat, since))
        sent = [(row.delivery.created_at, _said(row.content)) for row in rows]
        allowed = []
        for reply in replies:
            said = _said(reply)
            if refusal := self._loops.refuses(sent, said, now):
                trace.append(Step(stage="loop breaker", result=refusal))
                self._report(message, f"a reply loop was cut: {refusal}")
                break
            sent.append((now, said))
            allowed.append(reply)
        return allowed


def _said(content: Outbound) -> str:
    """The words, or what stands in their place: two different pictures are not the same reply twice."""
    if content.kind in REMARKS:
        return f"{content.payload} {content.about}"
    return content.text or (content.media.sha256 if content.media else str(content.payload))
