"""Whether a message is answered, and what with: the filters, the guards, whoever answers, the loop breaker.
Every step of it is in the trace, for people who ask why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ..clock import Clock
from ..conversations import Guard, Verdict
from ..hooks import Answered, Hooks
from ..limits import LoopLimits
from ..messages import REMARKS, Drop, Inbound, Step
from ..responses import Deed, Trace
from ..store.database import Database
from .enclosures import Enclosures
from .loops import Elsewhere, Loops, Past, Reply


@dataclass(frozen=True, slots=True)
class Decision:
    """How a way in ends, and what with."""

    outcome: str
    by: str = ""  #: who answered
    replies: Sequence[Reply] = ()
    deeds: Sequence[Deed] = ()
    #: How those who were asked came to what they said, by name.
    told: Mapping[str, Trace] = field(default_factory=dict)
    faults: Sequence[str] = ()  #: what a person should know
    age: timedelta | None = None  #: of a message that is left unanswered for it
    looked: bool = False  #: it was seen whether the message is a matter of people
    verdict: Verdict | None = None  #: what it is to them; to be seen again before anything is done


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
        enclosures: Enclosures,
        guard: Guard,
    ) -> None:
        self._db = db
        self._clock = clock
        self._hooks = hooks
        self._stopped = stopped
        self._age_gate = age_gate
        self._loops = Loops(loops)
        self._enclosures = enclosures
        self._people = guard
        self._began = clock.now()

    async def decide(self, message: Inbound, trace: list[Step]) -> Decision:
        """What to answer and how the way in ends."""
        if self._stopped():
            trace.append(Step(stage="guard", result="everything was stopped; nobody is asked"))
            return Decision("stopped")
        passed = await self._hooks.filter_inbound(message, trace)
        if isinstance(passed, Drop):
            return Decision("dropped")
        verdict = await self._db.read(lambda conn: self._people.look(conn, message))
        if verdict is not None:
            trace.append(Step(stage="guard", result=verdict.reason))
            return Decision(verdict.outcome, looked=True, verdict=verdict)
        decision = self._guard(message, trace) or await self._asked(message, passed, trace)
        return replace(decision, looked=True)

    async def _asked(self, message: Inbound, passed: Inbound, trace: list[Step]) -> Decision:
        """What the plugins say, unless the chat is silent."""
        past = await self._db.read(lambda conn: self._loops.past(conn, message, self._clock.now()))
        if silenced := self._loops.silenced(past.lately, self._clock.now()):
            outcome, step = silenced
            trace.append(step)
            return Decision(outcome)
        told: dict[str, Trace] = {}
        answered = await self._hooks.answer(passed, past.customer, trace, told, holder=past.holder)
        if answered is None:
            return Decision("no answer", told=told)
        return await self._with_replies(message, past, answered, told, trace)

    async def _with_replies(
        self,
        message: Inbound,
        past: Past,
        answered: Answered,
        told: Mapping[str, Trace],
        trace: list[Step],
    ) -> Decision:
        """What is said and done: with the files that it names, as far as the loop breaker lets it through."""
        by, faults = answered.by, list[str]()
        seconds = self._hooks.limits.answer
        contents = await self._enclosures.taken(message, answered, seconds, trace, faults)
        now = self._clock.now()
        others: Sequence[Elsewhere | None] = [None] * len(contents)
        if not self._loops.stay(message, contents):
            others = await self._db.read(lambda conn: self._loops.elsewhere(conn, message, contents, now))
        is_loop, through = self._loops.let_through(
            past.lately, [*zip(contents, others, strict=True)], now, in_dialogue=past.holder == by
        )
        trace += through.steps
        outcome = "loop" if is_loop else "answered" if through.replies else "done"
        return Decision(
            outcome, by, through.replies, answered.response.deeds, told, [*faults, *through.faults]
        )

    def foreseen(self, message: Inbound) -> str:
        """Why nobody is going to be asked to answer what somebody wrote, as far as that can be told when it
        comes; empty when nothing speaks against it."""
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


def _old(age: timedelta) -> str:
    return f"it was {age.total_seconds():.0f} s old when first seen"
