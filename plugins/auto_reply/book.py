"""Rules in the order in which they are asked, and what a decision by them is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from functools import cached_property

from chatgrow_bot.config import Problem
from chatgrow_bot.hours import BusinessHours
from chatgrow_bot.responses import Expect

from .actions import Action, Done
from .conditions.base import Condition, Place, Question
from .conditions.costs import steps_of
from .conditions.times import Limit
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
    asks: str = ""  #: the question at which it waits for the customer

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
        if self.excepted and not self.rule.otherwise:
            return "`unless` holds"
        did = "`unless` holds, so `else` is done" if self.excepted else "answers"
        if self.asks:
            return f"{did}, and asks '{self.asks}'"
        return f"{did}, and the next are asked" if self.rule.goes_on and not self.excepted else did


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Where a dialogue was that cannot go on, because its rule or its question is gone from the files."""

    id: str

    def __str__(self) -> str:
        return f"a dialogue of rule '{self.id}', which is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of the dialogue that was open in the chat."""

    source: Rule | Lost
    place: str  #: of what was asked
    result: str  #: in words; never a word of the message
    left: str = ""  #: the question at which it was given up, as `rule/question`
    is_lost: bool = False  #: the message is treated as if there had been none

    def __str__(self) -> str:
        mark = "✗" if self.left or self.is_lost else "✓"
        return f"{mark} {self.source.id}  {self.place}  {self.result}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do, if anything, and how it came about."""

    rules: tuple[Rule, ...] = ()  #: that answer, in order
    done: tuple[tuple[Rule | Lost, Done], ...] = ()  #: with the rule that does it
    step: Step | None = None  #: what came of the dialogue that was open
    expects: Expect | None = None  #: what the customer's next message is awaited for
    asked: int = 0  #: so many rules of the book were asked, from the first
    tried: tuple[tuple[int, Tried], ...] = ()  #: by number, those that the index let through
    wanting: Question | None = None  #: the decision cannot be made before this is answered

    def trace(self, book: Book) -> Iterator[Tried]:
        """What came of each rule that was asked, in order."""
        tried = dict(self.tried)
        for number, rule in enumerate(book.rules[: self.asked]):
            yield tried.get(number) or Tried(rule=rule, failed=rule.key)
