"""Decides which rules answer a message and what they do, and says why. Pure, so that the live hook, which
`chatgrow say` asks as well, and the tests in the files cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import REMARKS, Inbound
from chatgrow_bot.responses import Expect

from .actions import Action, Done
from .book import MOST as MOST
from .book import Book as Book
from .book import Decision as Decision
from .book import Lost as Lost
from .book import Rule as Rule
from .book import Tried as Tried
from .conditions.about import PluginSays
from .conditions.base import Condition, Facts, Subject, Wanting
from .dialogues.going_on import go_on
from .dialogues.running import expectation, run
from .dialogues.state import State
from .filling import filling_of


def decide(book: Book, message: Inbound, facts: Facts) -> Decision:
    """The first rule whose conditions all hold does what it says; with `continue`, the next are asked too.
    One at its limit, or whose reply comes to nothing, leaves it to the next. Takes any message and never
    raises.

    Where another plugin must be asked first, the decision says what (`wanting`) and is to be made again with
    its answer among the facts.
    """
    subject = Subject.of(message, facts, book.languages)
    dialogue = facts.customer.dialogue if facts.customer else None
    if dialogue is None or message.kind in REMARKS:
        return _first(book, subject)
    decision = go_on(book, subject, dialogue.state)
    if decision.step is None or not decision.step.is_lost:
        return decision
    fresh = _first(book, subject)
    return replace(fresh, done=(*decision.done, *fresh.done), step=decision.step)


def _first(book: Book, subject: Subject) -> Decision:
    """What the rules say of a message that nobody waits for."""
    tried: list[tuple[int, Tried]] = []
    answering: list[Rule] = []
    done: list[tuple[Rule | Lost, Done]] = []
    asked, expects = len(book.rules), None
    for number in book.index.candidates(subject.plain, subject.folded):
        rule = book.rules[number]
        try:
            outcome, actions, captures = _ask(rule, subject)
        except Wanting as wanting:
            return Decision(asked=number, tried=tuple(tried), wanting=wanting.question)
        if actions:
            try:
                written, expects = _write(book, rule, actions, subject, captures, MOST - len(done))
            except BadInput as error:  # filled in, it is longer than a message may be, or empty
                outcome = replace(outcome, error=f"what it says cannot be written: {error.detail}")
            else:
                answering.append(rule)
                done += [(rule, each) for each in written]
        if expects:
            outcome = replace(outcome, asks=str(expects.state["question"]))
        tried.append((number, outcome))
        if outcome.answers and (expects or not rule.goes_on):
            asked = number + 1
            break
    return Decision(
        rules=tuple(answering), done=tuple(done), expects=expects, asked=asked, tried=tuple(tried)
    )


def _write(
    book: Book,
    rule: Rule,
    actions: Sequence[Action],
    subject: Subject,
    captures: Mapping[str, str],
    most: int,
) -> tuple[Sequence[Done], Expect | None]:
    """What a rule does, and what is awaited then. Raises BadInput."""
    filling = filling_of(rule, subject, captures)
    ran = run(book, rule, actions, filling, most)
    if ran.asked is None:
        return ran.done, None
    state = State(rule=ran.asked.rule.id, question=ran.asked.question.name, captures=captures)
    return ran.done, expectation(ran.asked, filling, state)


def _ask(rule: Rule, subject: Subject) -> tuple[Tried, Sequence[Action], Mapping[str, str]]:
    """What came of a rule, what it does then, and what its patterns found."""
    captures: dict[str, str] = {}
    for condition in rule.conditions:
        found = condition.check(subject)
        if found is None:
            return Tried(rule=rule, failed=condition, why=_why(condition, subject)), (), captures
        captures.update(found)
    excepted = rule.exception is not None and rule.exception.check(subject) is not None
    actions = rule.otherwise if excepted else rule.actions
    # last: a limit holds back an answer that would be given
    if actions and rule.limit and rule.limit.check(subject) is None:
        return Tried(rule=rule, failed=rule.limit), (), captures
    return Tried(rule=rule, excepted=excepted), actions, captures


def _why(condition: Condition, subject: Subject) -> str:
    """What kept another plugin from saying anything."""
    if not isinstance(condition, PluginSays):
        return ""
    told = subject.facts.told.get(condition.question)
    return f"'{condition.name}' could not say: {told}" if isinstance(told, str) else ""
