"""Tries rules on what customers may say, without a customer: the tests in the files."""

from dataclasses import dataclass
from datetime import datetime

from .book import Book, Decision
from .conditions import Place
from .dialogues.talks import Talk
from .expecting import not_answering, not_said, unknown
from .language.values import NOTHING
from .rehearsed import Example
from .stopping import is_kept_from_rules
from .trying import deeds_of as deeds_of
from .trying import facts_of as facts_of
from .trying import message_of as message_of
from .trying import reply_of as reply_of
from .trying import say as say


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """How an example went."""

    example: Example
    decision: Decision  #: of a talk the last
    failure: str  #: what is not as expected; empty when all is well
    place: Place  #: where that stands


def rehearse(book: Book, now: datetime) -> list[Rehearsed]:
    """Run all examples, each against all rules as a message would be, in a chat where no limit is reached.
    `now` is aware, in the business's zone."""
    return [_rehearse(book, example, now) for rule in book.rules for example in rule.examples]


def _rehearse(book: Book, example: Example, now: datetime) -> Rehearsed:
    if example.talk:
        talk = Talk(book, example, facts_of(example, now))
        failure, place = talk.played()
        return Rehearsed(example=example, decision=talk.last, failure=failure, place=place)
    decision = say(book, example, now)
    failure = _failure(book, example, decision)
    return Rehearsed(example=example, decision=decision, failure=failure, place=example.place)


def _failure(book: Book, example: Example, decision: Decision) -> str:
    if missing := unknown(book, example.expect):
        return missing
    if example.expect == NOTHING and (example.reply is not None or example.does):
        return "it expects nothing, and a reply; remove one of them"
    if is_kept_from_rules(example):
        said = f"'{example.say}' opts its writer out before any rule is asked"
        return "" if example.expect == NOTHING else f"{said}; say more than that, or expect nothing"
    return not_answering(book, example.expect, decision) or not_said(example.reply, example.does, decision)
