"""Tries rules on what customers may say, without a customer: the tests in the files, and `chatgrow say`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chatgrow_bot.config import did_you_mean
from chatgrow_bot.messages import Inbound

from .conditions import Facts
from .language import NOTHING
from .rules import Decision, Example, Rule, decide

#: Who says it when it does not matter: a number kept for films and examples.
SOMEBODY = "14155550123@c.us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How an example went."""

    example: Example
    decision: Decision
    failure: str  #: what is not as expected; empty when all is well


def said(text: str, now: datetime, *, name: str = "", chat: str = SOMEBODY, tenant: str = "") -> Inbound:
    """A message as if a customer had just written it."""
    at = now.astimezone(UTC)
    return Inbound(
        id="rehearsal",
        tenant=tenant,
        connection_id="rehearsal",
        chat=chat,
        wa_id="rehearsal",
        text=text,
        name=name,
        sent_at=at,
        received_at=at,
    )


def rehearse(rules: Sequence[Rule], now: datetime) -> list[Rehearsed]:
    """Run all examples, each against all rules as a message would be, in a chat where no limit is reached."""
    return [_rehearse(rules, example, now) for rule in rules for example in rule.examples]


def _rehearse(rules: Sequence[Rule], example: Example, now: datetime) -> Rehearsed:
    message = said(example.say, now, name=example.name, tenant=example.tenant)
    decision = decide(rules, message, Facts(now=now))
    return Rehearsed(example=example, decision=decision, failure=_failure(rules, example, decision))


def _failure(rules: Sequence[Rule], example: Example, decision: Decision) -> str:
    ids = [rule.id for rule in rules]
    if example.expect not in (*ids, NOTHING):
        return f"no rule '{example.expect}' is loaded{did_you_mean(example.expect, [*ids, NOTHING])}"
    if example.reply is not None and example.expect == NOTHING:
        return "it expects nothing, and a reply; remove one of them"
    answering = decision.rule.id if decision.rule else NOTHING
    if answering != example.expect:
        came = f"rule '{answering}' at {decision.rule.place} answers" if decision.rule else "no rule answers"
        wanted = "no answer" if example.expect == NOTHING else f"rule '{example.expect}'"
        return f"expected {wanted}, but {came}{_why_not(example.expect, decision)}"
    if example.reply is not None and decision.reply != example.reply.rstrip("\n"):
        return f"expected the reply {example.reply!r}, but it is {decision.reply!r}"
    return ""


def _why_not(rule: str, decision: Decision) -> str:
    """What kept the expected rule from answering, if it was asked at all."""
    tried = next((tried for tried in decision.trace if tried.rule.id == rule), None)
    return f"; '{rule}' does not: {tried.result} ({tried.place})" if tried else ""
