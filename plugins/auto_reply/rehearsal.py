"""Tries rules on what customers may say, without a customer: the tests in the files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from chatgrow_bot.config import did_you_mean
from chatgrow_bot.messages import FILES, Attachment, Inbound, Kind
from chatgrow_bot.payloads import Vote
from chatgrow_bot.responses import Customer
from chatgrow_bot.safety.templates import as_typed

from .actions import Saying
from .conditions import Facts
from .language.values import NOTHING
from .rehearsed import Example
from .rules import Book, Decision, decide
from .stopping import is_kept_from_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How an example went."""

    example: Example
    decision: Decision
    failure: str  #: what is not as expected; empty when all is well


def rehearse(book: Book, now: datetime) -> list[Rehearsed]:
    """Run all examples, each against all rules as a message would be, in a chat where no limit is reached.
    `now` is aware, in the business's zone."""
    return [_rehearse(book, example, now) for rule in book.rules for example in rule.examples]


def say(book: Book, example: Example, now: datetime) -> Decision:
    """What would be done about what an example says. What other plugins say to their conditions is as the
    example tells; what it does not tell, they say no to."""
    facts = facts_of(example, now)
    message = message_of(example, facts.now)
    while (question := (decision := decide(book, message, facts)).wanting) is not None:
        facts = replace(facts, told={**facts.told, question: example.told.get(question.name, False)})
    return decision


def facts_of(example: Example, now: datetime) -> Facts:
    """What is known when an example is said."""
    if example.at:
        now = example.at.replace(tzinfo=example.zone or now.tzinfo)
    customer = Customer(
        chat=example.sender,
        tags=example.tags,
        fields=example.fields,
        is_new=example.is_new,
        last_wrote=None if example.since_last is None else now - example.since_last,
        about_ours=example.about_ours or bool(example.votes),
    )
    return Facts(now=now, customer=customer)


def message_of(example: Example, now: datetime) -> Inbound:
    """The message as if a customer had just written it."""
    at = now.astimezone(UTC)
    return Inbound(
        id="rehearsal",
        tenant=example.tenant,
        connection_id=example.connection,
        chat=example.in_group or example.sender,
        participant=example.sender if example.in_group else "",
        wa_id="rehearsal",
        kind=example.kind,
        text=example.say,
        name=example.name,
        attachment=Attachment() if example.kind in FILES else None,
        payload=Vote(options=example.votes) if example.kind is Kind.VOTE else None,
        sent_at=at,
        received_at=at,
    )


def reply_of(decision: Decision) -> str:
    """All that is said to the customer, a blank line between two messages."""
    return "\n\n".join(str(done) for _, done in decision.done if isinstance(done, Saying) and not done.to)


def deeds_of(decision: Decision) -> Sequence[str]:
    """What is done besides, in words."""
    said = [f"send to {done.to}: {done}" for _, done in decision.done if isinstance(done, Saying) and done.to]
    return [str(done) for _, done in decision.done if not isinstance(done, Saying)] + said


def _rehearse(book: Book, example: Example, now: datetime) -> Rehearsed:
    decision = say(book, example, now)
    return Rehearsed(example=example, decision=decision, failure=_failure(book, example, decision))


def _failure(book: Book, example: Example, decision: Decision) -> str:
    ids = list(book.by_id)
    if example.expect not in (*ids, NOTHING):
        return f"no rule '{example.expect}' is loaded{did_you_mean(example.expect, [*ids, NOTHING])}"
    if example.expect == NOTHING and (example.reply is not None or example.does):
        return "it expects nothing, and a reply; remove one of them"
    if is_kept_from_rules(example):
        said = f"'{example.say}' opts its writer out before any rule is asked"
        return "" if example.expect == NOTHING else f"{said}; say more than that, or expect nothing"
    answering = [rule.id for rule in decision.rules]
    if example.expect not in (answering or [NOTHING]):
        came = ", ".join(f"rule '{rule.id}' at {rule.place} answers" for rule in decision.rules)
        wanted = "no answer" if example.expect == NOTHING else f"rule '{example.expect}'"
        why = _why_not(book, example.expect, decision)
        return f"expected {wanted}, but {came or 'no rule answers'}{why}"
    reply, does = reply_of(decision), deeds_of(decision)
    if example.reply is not None and as_typed(reply) != as_typed(example.reply.rstrip("\n")):
        return f"expected the reply {example.reply!r}, but it is {reply!r}"
    if example.does is not None and list(example.does) != list(does):
        return f"expected it to {_listed(example.does)}, but it does {_listed(does)}"
    return ""


def _listed(deeds: Sequence[str]) -> str:
    return ", ".join(f"'{deed}'" for deed in deeds) or "nothing"


def _why_not(book: Book, rule: str, decision: Decision) -> str:
    """What kept the expected rule from answering, if it was asked at all."""
    tried = next((tried for tried in decision.trace(book) if tried.rule.id == rule), None)
    return f"; '{rule}' does not: {tried.result} ({tried.place})" if tried else ""
