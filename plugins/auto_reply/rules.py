"""Decides which rules answer a message and what they do, and says why. Pure, so that the live hook, which
`chatgrow say` asks as well, and the tests in the files cannot differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from functools import cached_property

from chatgrow_bot.config import Problem
from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import Inbound

from .actions import Action, Done, Filling, GoTo, Wait
from .conditions.about import PluginSays
from .conditions.base import Condition, Facts, Place, Question, Subject, Wanting
from .conditions.costs import steps_of
from .conditions.times import Limit
from .filling import filling_of
from .hours import BusinessHours
from .index import Index
from .rehearsed import Example

#: Things that are done about one message, at most: no customer is helped by more, and the core takes so many.
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to be asked."""

    id: str
    place: Place
    tenants: frozenset[str] | None  #: whose customers it answers; None: all of the plugin's
    conditions: tuple[Condition, ...]  #: all must hold; asked in this order
    exception: Condition | None = None  #: `unless`
    actions: tuple[Action, ...]
    otherwise: tuple[Action, ...] = ()  #: when all conditions hold, and the exception does too
    limit: Limit | None = None
    goes_on: bool = False  #: the rules behind it are asked as well
    locale: str = "en"
    zone: tzinfo | None = None  #: of the file's hours; None: the plugin's
    hours: BusinessHours | None = None
    captures: frozenset[str] = frozenset()  #: names of what its patterns find, whichever way it holds
    examples: tuple[Example, ...] = ()

    def __str__(self) -> str:
        return f"{self.place} rule '{self.id}'"

    @property
    def key(self) -> Condition | None:
        """The condition by which the index knows that the rule cannot hold."""
        return next((each for each in self.conditions if each.keys is not None), None)


@dataclass(frozen=True, kw_only=True, eq=False)
class Book:
    """Rules in the order in which they are asked, and all that kept others out."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()
    languages: tuple[str, ...] = ()  #: that any rule asks about, in the order of the files

    @cached_property
    def index(self) -> Index:
        """Which rules may hold, by the words of a message."""
        steps = sum(steps_of((*rule.conditions, rule.exception)) for rule in self.rules)
        return Index([rule.key.keys if rule.key else None for rule in self.rules], steps=steps)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """The rules by id."""
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def longest_limit(self) -> timedelta:
        """How long a use must be remembered."""
        return max((rule.limit.per for rule in self.rules if rule.limit), default=timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One line of a trace: a rule, and the first of its conditions that did not hold."""

    rule: Rule
    failed: Condition | None = None  #: None: all held
    why: str = ""  #: what to say of that instead of its own words
    excepted: bool = False  #: all held, and its exception did too
    error: str = ""  #: all held, and yet nothing is done

    @property
    def answers(self) -> bool:
        """Whether it does something."""
        return not self.failed and not self.error and (not self.excepted or bool(self.rule.otherwise))

    @property
    def place(self) -> Place:
        """Where to look in the files."""
        if self.excepted and self.rule.exception:
            return self.rule.exception.place
        return self.failed.place if self.failed else self.rule.place

    @property
    def result(self) -> str:
        """What came of it, in words; never a word of the message."""
        if self.failed:
            return self.why or self.failed.unmet
        if self.error:
            return self.error
        if self.excepted:
            return "`unless` holds, so `else` is done" if self.rule.otherwise else "`unless` holds"
        return "answers, and the next are asked" if self.rule.goes_on else "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, if anything, and how it came about."""

    rules: tuple[Rule, ...] = ()  #: that answer, in order
    done: tuple[tuple[Rule, Done], ...] = ()  #: with the rule that does it
    asked: int = 0  #: so many rules of the book were asked, from the first
    tried: tuple[tuple[int, Tried], ...] = ()  #: by number, those that the index let through
    wanting: Question | None = None  #: the decision cannot be made before this is answered

    def trace(self, book: Book) -> Iterator[Tried]:
        """What came of each rule that was asked, in order."""
        tried = dict(self.tried)
        for number, rule in enumerate(book.rules[: self.asked]):
            yield tried.get(number) or Tried(rule=rule, failed=rule.key)


def decide(book: Book, message: Inbound, facts: Facts) -> Decision:
    """The first rule whose conditions all hold does what it says; with `continue`, the next are asked too.
    One at its limit, or whose reply comes to nothing, leaves it to the next. Takes any message and never
    raises.

    Where another plugin must be asked first, the decision says what (`wanting`) and is to be made again with
    its answer among the facts.
    """
    subject = Subject.of(message, facts, book.languages)
    tried: list[tuple[int, Tried]] = []
    answering: list[Rule] = []
    done: list[tuple[Rule, Done]] = []
    for number in book.index.candidates(subject.plain, subject.folded):
        rule = book.rules[number]
        try:
            outcome, actions, captures = _ask(rule, subject)
        except Wanting as wanting:
            return Decision(asked=number, tried=tuple(tried), wanting=wanting.question)
        if actions:
            try:
                filling = filling_of(rule, subject, captures)
                written = list(_write(book, rule, actions, filling, iter(range(MOST - len(done)))))
            except BadInput as error:  # filled in, it is longer than a message may be, or empty
                outcome = replace(outcome, error=f"what it says cannot be written: {error.detail}")
            else:
                answering.append(rule)
                done += [(rule, each) for each in written]
        tried.append((number, outcome))
        if outcome.answers and not rule.goes_on:
            return Decision(rules=tuple(answering), done=tuple(done), asked=number + 1, tried=tuple(tried))
    return Decision(rules=tuple(answering), done=tuple(done), asked=len(book.rules), tried=tuple(tried))


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


def _write(
    book: Book, rule: Rule, actions: Sequence[Action], filling: Filling, budget: Iterator[int]
) -> Iterator[Done]:
    """What the actions come to. Raises BadInput, also for more than one message may bring about."""
    for action in actions:
        if next(budget, None) is None:
            raise BadInput(f"more than {MOST} things would be done about one message")
        if isinstance(action, Wait):
            filling = replace(filling, after=filling.after + timedelta(seconds=action.seconds))
        elif isinstance(action, GoTo):
            target = book.by_id.get(action.rule)
            if target is None:
                raise BadInput(f"`goto: {action.rule}` leads nowhere")
            yield from _write(book, target, target.actions, filling, budget)
        else:
            yield from action.fill(filling)
