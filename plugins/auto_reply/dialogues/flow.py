"""What comes after what in a rule: which question stands where, what is done once it is answered, and which
answers are known then."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..actions import Action
from ..book import Rule
from .asking import Asks

_Actions = tuple[Action, ...]
_NOTHING = frozenset[str]()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An action where it stands."""

    action: Action
    rest: _Actions  #: done after it
    known: frozenset[str]  #: answers that are there by then, of those that its own rule asks for
    at_once: bool  #: no question of its rule comes before it


def visits(rule: Rule) -> Iterator[Visit]:
    """Everything that a rule does, whichever way it goes."""
    yield from visits_of(rule.actions)
    yield from visits_of(rule.otherwise)


def visits_of(actions: _Actions) -> Iterator[Visit]:
    """Everything that a list of actions does: of a rule's `then`, what a `goto` to it does."""
    return _visits(actions, (), _NOTHING, True)


def questions(rule: Rule) -> Iterator[tuple[Asks, _Actions]]:
    """Every question of a rule, with what is done after it."""
    for each in visits(rule):
        if isinstance(each.action, Asks):
            yield each.action, each.rest


def _visits(actions: _Actions, rest: _Actions, known: frozenset[str], at_once: bool) -> Iterator[Visit]:
    for number, action in enumerate(actions):
        following = (*actions[number + 1 :], *rest)
        yield Visit(action=action, rest=following, known=known, at_once=at_once)
        if isinstance(action, Asks):
            at_once = False
            yield from _visits(action.otherwise, (), known, False)
            if action.into:
                known |= {action.name}
            for way in action.ways.values():
                yield from _visits(way, following, known, False)
            known |= _asked_in(action)


def _asked_in(asked: Asks) -> frozenset[str]:
    """Answers that each way of a menu asks for."""
    ways = [_asked(way) for way in asked.ways.values()]
    return frozenset.intersection(*ways) if ways else _NOTHING


def _asked(actions: _Actions) -> frozenset[str]:
    found = _NOTHING
    for each in actions:
        if isinstance(each, Asks):
            found |= _asked_in(each) | ({each.name} if each.into else _NOTHING)
    return found
