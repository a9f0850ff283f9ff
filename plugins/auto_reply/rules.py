"""Decides which rule answers a message, and says why. Pure, so that the live hook, the tests in the files and
`chatgrow say` cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatgrow_bot.addresses import phone_of
from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import Inbound
from chatgrow_bot.safety.patterns import MAX_TEXT
from chatgrow_bot.safety.templates import Template

from .conditions import Condition, Facts, Limit, Place, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A test from a rule file: what a customer may say, and what shall come of it."""

    place: Place
    tenant: str  #: whose customer says it
    say: str
    name: str
    expect: str  #: a rule's id, or `nothing`
    reply: str | None  #: the whole text expected, if that matters


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to be asked."""

    id: str
    place: Place
    tenants: frozenset[str] | None  #: whose customers it answers; None: all of the plugin's
    conditions: tuple[Condition, ...]  #: all must hold; asked in this order
    reply: Template
    limit: Limit | None
    examples: tuple[Example, ...]

    def __str__(self) -> str:
        return f"{self.place} rule '{self.id}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One line of a trace: a rule, and the first of its conditions that did not hold."""

    rule: Rule
    failed: Condition | None = None  #: None: all held
    error: str = ""  #: all held, and yet there is no reply

    @property
    def place(self) -> Place:
        """Where to look in the files."""
        return self.failed.place if self.failed else self.rule.place

    @property
    def result(self) -> str:
        """What came of it, in words; never a word of the message."""
        return self.failed.unmet if self.failed else self.error or "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to say, if anything, and how it came about."""

    rule: Rule | None
    reply: str  #: empty when no rule answers
    trace: tuple[Tried, ...]  #: in the order asked; the rules after the one that answers were not


def decide(rules: Sequence[Rule], message: Inbound, facts: Facts) -> Decision:
    """The first rule whose conditions all hold answers. One at its limit, or whose reply comes to nothing,
    leaves it to the next. Takes any message and never raises."""
    subject = Subject.of(message, facts)
    trace: list[Tried] = []
    for rule in rules:
        captures, failed = _ask(rule, subject)
        if failed:
            trace.append(Tried(rule=rule, failed=failed))
            continue
        reply, error = _write(rule, {**_fields(subject), **captures})
        trace.append(Tried(rule=rule, error=error))
        if not error:
            return Decision(rule=rule, reply=reply, trace=tuple(trace))
    return Decision(rule=None, reply="", trace=tuple(trace))


def _ask(rule: Rule, subject: Subject) -> tuple[Mapping[str, str], Condition | None]:
    captures: dict[str, str] = {}
    for condition in rule.conditions:
        found = condition.check(subject)
        if found is None:
            return captures, condition
        captures.update(found)
    # last: a limit holds back an answer that would be given
    return captures, rule.limit if rule.limit and rule.limit.check(subject) is None else None


def _write(rule: Rule, values: Mapping[str, str]) -> tuple[str, str]:
    """The reply, or why there is none."""
    try:
        reply = rule.reply.render(values)
    except BadInput as error:  # filled in, it is longer than a message may be
        return "", f"its reply cannot be written: {error.detail}"
    return (reply, "") if reply.strip() else ("", "its reply is empty for this message")


def _fields(subject: Subject) -> Mapping[str, str]:
    """What language.FIELDS lists."""
    message, now = subject.message, subject.facts.now
    return {
        "name": message.name,
        "text": message.text[:MAX_TEXT],
        "phone": phone_of(message.sender) or "",
        "time": f"{now:%H:%M}",
        "date": f"{now:%Y-%m-%d}",
    }
