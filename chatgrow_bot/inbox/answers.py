"""Whether a message is answered, and what with: the filters, the guards, whoever answers, the loop breaker.
Every step of it is in the trace, for people who ask why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from .. import consent
from ..clock import Clock
from ..hooks import Answered, Hooks
from ..limits import LoopLimits
from ..messages import REMARKS, Drop, Inbound, Outbound, Step
from ..store import inbox as store
from ..store import replies as stored_replies
from ..store.database import Database

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a way in ends, and what with."""

    outcome: str
    replies: Sequence[tuple[str, Outbound]] = ()  #: with the names of who gave them
    fault: str = ""  #: what a person should know
    age: timedelta | None = None  #: of a message that is left unanswered for it


@dataclass(frozen=True, slots=True)
class _Past:
    """What happened lately in a chat and on its connection."""

    typed: datetime | None  #: when a person last wrote there from the phone
    cuts: Sequence[datetime]  #: when reply loops were cut
    replies: Sequence[tuple[datetime, str]]  #: automatic ones to the chat, and what they said
    hour: int  #: automatic ones of the connection within the hour


class Answers:
    """Asks the plugins, unless there is a reason not to."""

    def __init__(
        self,
        *,
        db: Database,
        clock: Clock,
        hooks: Hooks,
        stopped: Callable[[], bool],
        age_gate: timedelta,
        loops: LoopLimits,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._stopped = stopped
        self._age_gate = age_gate
        self._loops = loops
        self._began = clock.now()

    async def decide(self, message: Inbound, trace: list[Step]) -> Decision:
        """What to answer and how the way in ends."""
        if not message.from_me and (wish := consent.heard(message.text)) is not None:
            trace.append(Step(stage="consent", result="opted out" if wish else "opted in"))
            return Decision("consent")
        if self._stopped():
            trace.append(Step(stage="guard", result="everything was stopped; nobody is asked"))
            return Decision("stopped")
        passed = await self._hooks.filter_inbound(message, trace)
        if isinstance(passed, Drop):
            return Decision("dropped")
        if guarded := self._guard(message, trace):
            return guarded
        past = await self._db.read(lambda conn: self._past(conn, message))
        if silenced := self._silenced(past, trace):
            return silenced
        answered = await self._hooks.answer(passed, trace)
        if answered is None:
            return Decision("no answer")
        return self._within_limits(past, answered, trace)

    def foreseen(self, message: Inbound) -> str:
        """Why nobody is going to be asked to answer what somebody wrote, as far as that can be told when it
        comes; empty when nothing speaks against it."""
        if consent.heard(message.text) is not None:
            return "it says whether its writer wants messages: that is heeded, not answered"
        if self._stopped():
            return "everything was stopped; nobody is asked"
        age = self._age(message)
        return _old(age) if age > self._age_gate else ""

    def _age(self, message: Inbound) -> timedelta:
        # One that an earlier process left is seen again now: hours may have gone by.
        return max(message.received_at, self._began) - message.sent_at

    def _guard(self, message: Inbound, trace: list[Step]) -> Decision | None:
        """How the way in ends of a message that nobody is asked to answer."""
        age = self._age(message)
        if message.from_me:
            decision, reason = Decision("from me"), "typed on the phone itself"
        elif message.kind in REMARKS:
            decision = Decision("remark")
            reason = f"nobody expects an answer to a message of the kind '{message.kind}'"
        elif age > self._age_gate:
            decision = Decision("unanswered", age=age)
            reason = _old(age)
        else:
            return None
        trace.append(Step(stage="guard", result=reason))
        return decision

    def _past(self, conn: Connection, message: Inbound) -> _Past:
        now, loops = self._clock.now(), self._loops
        connection_id, chat = message.connection_id, message.chat
        window = now - timedelta(seconds=loops.long_seconds)
        sent = stored_replies.to_chat(conn, connection_id, chat, window)
        return _Past(
            typed=store.typed(conn, connection_id, chat, now - timedelta(seconds=loops.take_over)),
            cuts=store.cuts(conn, connection_id, chat, now - _DAY),
            replies=[(row.delivery.created_at, _said(row.content)) for row in sent],
            hour=stored_replies.count(conn, connection_id, now - _HOUR),
        )

    def _silenced(self, past: _Past, trace: list[Step]) -> Decision | None:
        """How the way in ends in a chat, or on a connection, that is silent now."""
        now, loops = self._clock.now(), self._loops
        for outcome, stage, reason in (
            ("taken over", "guard", loops.taken_over(past.typed, now)),
            ("silent", "loop breaker", loops.silent(past.cuts, now)),
            ("capped", "loop breaker", loops.exhausted(past.hour)),
        ):
            if reason:
                trace.append(Step(stage=stage, result=reason))
                return Decision(outcome)
        return None

    def _within_limits(self, past: _Past, answered: Answered, trace: list[Step]) -> Decision:
        """The replies that the loop breaker lets through."""
        now, sent = self._clock.now(), list(past.replies)
        allowed: list[tuple[str, Outbound]] = []
        for reply in answered.messages:
            said = _said(reply)
            if refusal := self._loops.refuses(sent, said, now):
                trace.append(Step(stage="loop breaker", result=refusal))
                return Decision("loop", allowed, fault=f"a reply loop was cut: {refusal}")
            sent.append((now, said))
            allowed.append((answered.by, reply))
        return Decision("answered", allowed)


def _old(age: timedelta) -> str:
    return f"it was {age.total_seconds():.0f} s old when first seen"


def _said(content: Outbound) -> str:
    """The words, or what stands in their place: two different pictures are not the same reply twice."""
    if content.kind in REMARKS:
        return f"{content.payload} {content.about}"
    return content.text or (content.media.sha256 if content.media else str(content.payload))
