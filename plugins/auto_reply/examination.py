"""Looks over rules that are right one by one: those that can never answer, and words that two of them ask
for. Careful rather than clever: what it tells is so, and what it does not see it leaves alone."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from chatgrow_bot.config import Problem

from .actions import GoTo
from .book import Rule
from .certain import surely_acts
from .conditions import (
    AllPhrases,
    AnyPhrase,
    Carries,
    ChatIs,
    Condition,
    Either,
    Every,
    ExactPhrase,
    FirstContact,
    ForTenants,
    LanguageIs,
    Never,
    Not,
    OnConnection,
    Phrase,
    RepliesToUs,
    SentBy,
    StartPhrase,
    Tagged,
    VotedFor,
    WithinHours,
)
from .dialogues.flow import visits
from .stopping import opts_out


def examined(rules: Sequence[Rule]) -> list[Problem]:
    """What is worth a look, in the order in which the rules are asked."""
    found: list[Problem] = []
    for number, rule in enumerate(rules):
        if is_led_to(rule):
            found += _unreached(rule, rules)
            continue
        before = [each for each in rules[:number] if not is_led_to(each)]
        if contradiction := _contradicts(rule):
            found.append(contradiction)
        elif first := next((each for each in before if _always_before(each, rule)), None):
            message = f"'{rule.id}' never answers: '{first.id}' at {first.place} takes all that it would"
            hint = "put it before that one, ask for more there, or give that one `continue: true`"
            found.append(Problem(rule.place.position, message, hint))
        else:
            found += _overlaps(rule, before)
        found += _unheard(rule)
    return found


def is_led_to(rule: Rule) -> bool:
    """Whether no message brings a rule about, and others lead to it."""
    return any(isinstance(each, Never) for each in rule.conditions)


def _unreached(rule: Rule, rules: Sequence[Rule]) -> Iterator[Problem]:
    if not any(isinstance(v.action, GoTo) and v.action.rule == rule.id for r in rules for v in visits(r)):
        message = f"'{rule.id}' never answers: no rule leads to it by `goto`"
        yield Problem(rule.place.position, message, "lead to it, or write what it asks in `when`")


def _contradicts(rule: Rule) -> Problem | None:
    """What a rule asks that cannot be so at once."""
    asked = list(_flat(rule.conditions))
    for number, one in enumerate(asked):
        for other in asked[:number]:
            if _never_both(one, other):
                message = (
                    f"'{rule.id}' never answers: this and line {other.place.position.line} exclude each other"
                )
                return Problem(one.place.position, message, "write `or`, or two rules")
    return None


def _never_both(one: Condition, other: Condition) -> bool:
    """Whether no message fits both; False where that cannot be told."""
    return _excludes(one, other) or _excludes(other, one)


def _excludes(one: Condition, other: Condition) -> bool:
    match one, other:
        case Not(part=part), _:
            return implies(other, part)
        case Carries(kinds=a), Carries(kinds=b):
            return a.isdisjoint(b)
        case WithinHours(hours=c, open=a), WithinHours(hours=d, open=b):
            return a is not b and c == d
        case FirstContact(wanted=a), FirstContact(wanted=b):
            return a is not b
        case RepliesToUs(wanted=a), RepliesToUs(wanted=b):
            return a is not b
        case ForTenants(tenants=a), ForTenants(tenants=b):
            return a.isdisjoint(b)
        case OnConnection(connections=a), OnConnection(connections=b):
            return set(a).isdisjoint(b)
        case SentBy(people=a), SentBy(people=b):
            return a.isdisjoint(b)
        case ChatIs(private=a, groups=b), ChatIs(private=c, groups=d):
            return _apart(a, c) and _apart(b, d)
        case LanguageIs(languages=a, lenient=False), LanguageIs(languages=b, lenient=False):
            return set(a).isdisjoint(b)
    return False


def _apart(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Whether no chat is among both; None is every chat."""
    if one is None or other is None:
        return frozenset() in (one, other)
    return one.isdisjoint(other)


def _always_before(first: Rule, rule: Rule) -> bool:
    """Whether a rule that is asked earlier answers everything that the other would."""
    if first.goes_on or first.limit or (first.exception and not first.otherwise) or not surely_acts(first):
        return False
    asked = list(_flat(rule.conditions))
    return all(any(implies(one, wanted) for one in asked) for wanted in _flat(first.conditions))


def _overlaps(rule: Rule, before: Sequence[Rule]) -> Iterator[Problem]:
    """Words of which an earlier rule takes its share."""
    before = [first for first in before if not first.goes_on and not _never_meet(first, rule)]
    for condition in _flat(rule.conditions):
        if not isinstance(condition, AnyPhrase):
            continue
        told: set[str] = set()
        for first in before:
            for phrase in _shared(condition, first):
                if phrase.folded not in told:
                    told.add(phrase.folded)
                    whose = f"'{first.id}' at {first.place}"
                    message = f"'{phrase.written}' is asked for by {whose} too, which comes first"
                    yield Problem(condition.place.position, message)


def _never_meet(first: Rule, rule: Rule) -> bool:
    """Whether no message fits both rules."""
    asked = list(_flat(rule.conditions))
    return any(_never_both(one, other) for one in _flat(first.conditions) for other in asked)


def _unheard(rule: Rule) -> Iterator[Problem]:
    """Whole messages that no rule is asked about."""
    if any(isinstance(each, ChatIs) and each.private == frozenset() for each in _flat(rule.conditions)):
        return  # in a group it is said to the others there
    waiting = list(rule.conditions)
    for condition in waiting:
        match condition:
            case Every(parts=parts) | Either(parts=parts):
                waiting += parts
            case ExactPhrase(phrases=phrases):
                for phrase in phrases:
                    if opts_out(phrase.written):
                        message = f"'{phrase.written}' opts its writer out before any rule is asked"
                        hint = "ask for more than that word: whoever writes nothing else hears no more"
                        yield Problem(condition.place.position, message, hint)


def _shared(condition: AnyPhrase, first: Rule) -> Iterator[Phrase]:
    for other in _flat(first.conditions):
        if isinstance(other, AnyPhrase):
            theirs = {phrase.folded for phrase in other.phrases}
            yield from (phrase for phrase in condition.phrases if phrase.folded in theirs)


def _flat(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """All that must hold, those of `and` one by one."""
    for condition in conditions:
        if isinstance(condition, Every):
            yield from _flat(condition.parts)
        else:
            yield condition


def implies(one: Condition, other: Condition) -> bool:
    """Whether wherever the one holds the other does too. False where that cannot be told."""
    match one, other:
        case Either(parts=parts), _:
            return all(implies(part, other) for part in parts)
        case _, Either(parts=parts):
            return any(implies(one, part) for part in parts)
        case Every(parts=parts), _:
            return any(implies(part, other) for part in parts)
        case _, Every(parts=parts):
            return all(implies(one, part) for part in parts)
        case Not(part=a), Not(part=b):
            return implies(b, a)
        case ((AnyPhrase() | ExactPhrase() | StartPhrase() | AllPhrases()), _) if _words_imply(one, other):
            return True
        case Carries(kinds=a), Carries(kinds=b):
            return a <= b
        case (SentBy(people=a), SentBy(people=b)) | (ForTenants(tenants=a), ForTenants(tenants=b)):
            return a <= b
        case (OnConnection(connections=c), OnConnection(connections=d)) | (Tagged(tags=c), Tagged(tags=d)):
            return set(c) <= set(d)
        case VotedFor(options=a), VotedFor(options=b):
            return a <= b
        case ChatIs(), ChatIs():
            return _within(one.private, other.private) and _within(one.groups, other.groups)
    return _sense(one) == _sense(other)


def _within(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return other is None or (one is not None and one <= other)


def _words_imply(one: AnyPhrase | ExactPhrase | StartPhrase | AllPhrases, other: Condition) -> bool:
    match other:
        case AnyPhrase(phrases=wanted) if isinstance(one, AllPhrases):
            return any(w.folded in phrase.folded for phrase in one.phrases for w in wanted)
        case AnyPhrase(phrases=wanted):
            return all(any(w.folded in phrase.folded for w in wanted) for phrase in one.phrases)
        case AllPhrases(phrases=wanted) if isinstance(one, AllPhrases):
            return all(any(w.folded in phrase.folded for phrase in one.phrases) for w in wanted)
        case StartPhrase(phrases=wanted) if isinstance(one, ExactPhrase | StartPhrase):
            return all(any(phrase.folded.startswith(w.folded) for w in wanted) for phrase in one.phrases)
        case ExactPhrase(phrases=wanted) if isinstance(one, ExactPhrase):
            return {phrase.folded for phrase in one.phrases} <= {w.folded for w in wanted}
    return False


def _sense(condition: Condition) -> tuple[object, ...]:
    """What a condition asks, wherever it stands."""
    asked = (field.name for field in fields(condition) if field.name != "place")  # type: ignore[arg-type]
    return type(condition), *(getattr(condition, name) for name in asked)
