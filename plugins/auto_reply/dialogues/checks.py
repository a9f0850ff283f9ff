"""What is wrong with menus and questions that are right one by one: told when the files are loaded."""

from collections.abc import Collection, Iterator, Mapping

from chatgrow_bot.config import Problem, did_you_mean

from ..actions import GoTo
from ..book import Rule
from ..conditions import Never
from .asking import Asks
from .flow import Visit, visits
from .handing import Hand

_Rules = Mapping[str, Rule]
_PREFIX = "answer."


def faults(rule: Rule) -> Iterator[Problem]:
    """What is wrong within a rule."""
    names: dict[str, Asks] = {}
    for each in visits(rule):
        action = each.action
        if isinstance(action, Hand):
            yield from _asked_in_vain(each)
        if not isinstance(action, Asks):
            continue
        if first := names.get(action.name):
            message = f"'{action.name}' is asked at line {first.place.position.line} already"
            hint = "give each question of a rule another name by `into`, each menu too"
            yield Problem(action.place.position, message, hint)
        names[action.name] = action
        for option, way in action.ways.items():
            if not way and not each.rest:
                hint = "write `goto` or `then` for it, or let something follow the menu"
                yield Problem(action.place.position, f"the option '{option}' leads nowhere", hint)


def _asked_in_vain(handed: Visit) -> Iterator[Problem]:
    for later in handed.rest:
        if isinstance(later, Asks):
            message = "nothing is asked after `handOff`: then people talk with him"
            yield Problem(later.place.position, message, "ask before, and hand him over last")
            return


def handed_astray(rule: Rule, teams: Collection[str]) -> Iterator[Problem]:
    """Teams that a rule hands to and nobody has named."""
    for each in visits(rule):
        action = each.action
        if isinstance(action, Hand) and action.team not in teams:
            near = did_you_mean(action.team, teams)
            named = ", ".join(sorted(teams))
            known = f"chatgrow.yaml has {named}; name one of them, or add this one under `teams`"
            new = f"add it to chatgrow.yaml: `teams: {{{action.team}: {{members: [...]}}}}`"
            hint = known if teams else f"{new}, with its people under `agents`"
            message = f"there is no team '{action.team}'{near}"
            yield Problem(action.named_at, message, "" if near else hint)


def waits(rule: Rule, rules: _Rules) -> bool:
    """Whether doing what a rule does comes to a question, there or where it leads."""
    seen: set[str] = set()
    waiting = [rule.id]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in rules:
            continue
        seen.add(name)
        for action in rules[name].actions:
            if isinstance(action, Asks):
                return True
            if isinstance(action, GoTo):
                waiting.append(action.rule)
    return False


def lost_behind(rule: Rule, rules: _Rules) -> Iterator[Problem]:
    """What stands behind a `goto` whose rule asks something, and so is never done."""
    for each in visits(rule):
        if isinstance(each.action, GoTo) and each.rest and each.action.rule in rules:
            target = rules[each.action.rule]
            if waits(target, rules):
                message = (
                    f"what follows `goto: {target.id}` is never done, because '{target.id}' asks something"
                )
                yield Problem(each.action.place.position, message, f"write it at the end of '{target.id}'")


def entries(rules: _Rules) -> Mapping[str, frozenset[str]]:
    """Answers that are known whenever a rule is entered: none of one that messages bring about, and of the
    others what every rule knows that leads there."""
    calls = [
        (rule.id, each.known, each.action.rule)
        for rule in rules.values()
        for each in visits(rule)
        if isinstance(each.action, GoTo) and each.action.rule in rules
    ]
    all_names = frozenset(
        each.action.name for rule in rules.values() for each in visits(rule) if isinstance(each.action, Asks)
    )
    known = {rule.id: all_names if _is_led_to(rule) else frozenset[str]() for rule in rules.values()}
    changing = True
    while changing:
        changing = False
        for caller, there, target in calls:
            fewer = known[target] & (known[caller] | there)
            changing = changing or fewer != known[target]
            known[target] = fewer
    return known


def unasked(rule: Rule, known: frozenset[str]) -> Iterator[Problem]:
    """Texts with an answer that may not have been asked for by then; `known` are those of `entries`."""
    for each in visits(rule):
        there = known | each.known
        missing = {
            name.removeprefix(_PREFIX).partition(".")[0]
            for template in each.action.templates
            for name in template.required
            if name.startswith(_PREFIX)
        } - there
        for name in sorted(missing)[:1]:
            near = did_you_mean(name, there)
            hint = f'ask for it before, or write {{{{ {_PREFIX}{name} | default("...") }}}}'
            message = f"'{_PREFIX}{name}' may not have been asked by then{near}"
            yield Problem(each.action.place.position, message, hint)


def _is_led_to(rule: Rule) -> bool:
    return any(isinstance(each, Never) for each in rule.conditions)
