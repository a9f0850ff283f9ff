"""What is not as a test expects it, in words for whoever wrote the test."""

from collections.abc import Sequence

from chatgrow_bot.config import did_you_mean
from chatgrow_bot.safety.templates import as_typed

from .book import Book, Decision
from .language.values import NOTHING
from .trying import deeds_of, reply_of


def unknown(book: Book, expected: str) -> str:
    """That no such rule is there."""
    ids = [*book.by_id, NOTHING]
    return "" if expected in ids else f"no rule '{expected}' is loaded{did_you_mean(expected, ids)}"


def not_answering(book: Book, expected: str, decision: Decision) -> str:
    """That another rule answers, or none."""
    answering = [rule.id for rule in decision.rules]
    came = ", ".join(f"rule '{rule.id}' at {rule.place} answers" for rule in decision.rules)
    if not answering and decision.step and not decision.step.is_lost:
        answering = [decision.step.source.id]
        came = f"the dialogue of rule '{answering[0]}' goes on"
    if expected in (answering or [NOTHING]):
        return ""
    wanted = "no answer" if expected == NOTHING else f"rule '{expected}'"
    return f"expected {wanted}, but {came or 'no rule answers'}{_why_not(book, expected, decision)}"


def not_said(reply: str | None, does: Sequence[str] | None, decision: Decision) -> str:
    """That another reply is given, or something else is done."""
    said, done = reply_of(decision), deeds_of(decision)
    if reply is not None and as_typed(said) != as_typed(reply.rstrip("\n")):
        return f"expected the reply {reply!r}, but it is {said!r}"
    if does is not None and list(map(as_typed, does)) != list(map(as_typed, done)):
        return f"expected it to {_listed(does)}, but it does {_listed(done)}"
    return ""


def not_asking(expected: str, decision: Decision) -> str:
    """That another question is open, or none."""
    is_open = str(decision.expects.state["question"]) if decision.expects else NOTHING
    return "" if expected == is_open else f"expected that it asks '{expected}', but it asks '{is_open}'"


def _listed(deeds: Sequence[str]) -> str:
    return ", ".join(f"'{deed}'" for deed in deeds) or "nothing"


def _why_not(book: Book, rule: str, decision: Decision) -> str:
    """What kept the expected rule from answering, if it was asked at all."""
    tried = next((tried for tried in decision.trace(book) if tried.rule.id == rule), None)
    return f"; '{rule}' does not: {tried.result} ({tried.place})" if tried else ""
