"""The rules of all files beside each other: what only goes wrong then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chatgrow_bot.config import Problem, did_you_mean

from .actions import GoTo
from .filling import FIELDS
from .reading import RuleFile
from .rules import Rule


@dataclass(frozen=True, slots=True)
class Clash:
    """Something that goes wrong between files, or within one."""

    problem: Problem
    between: tuple[Path, ...]


def together(files: Mapping[Path, RuleFile]) -> tuple[tuple[Rule, ...], list[Clash]]:
    """The rules that can be, in order, and why the others cannot."""
    rules: dict[str, Rule] = {}
    homes: dict[str, Path] = {}
    clashes: list[Clash] = []
    for path, rule in ((path, rule) for path, file in files.items() for rule in file.rules):
        if first := rules.get(rule.id):
            message = f"the id '{rule.id}' is taken by the rule at {first.place}"
            problem = Problem(rule.place.position, message, "give one of them another id")
            clashes.append(Clash(problem, (homes[rule.id], path)))
        else:
            rules[rule.id], homes[rule.id] = rule, path
    falling = True
    while falling:  # one that goes takes those along that send on to it
        astray = {rule.id: list(_astray(rule, rules)) for rule in rules.values()}
        falling = any(astray.values())
        for name, problems in astray.items():
            if problems:
                clashes += [Clash(problem, (homes[name],)) for problem in problems]
                del rules[name]
    return tuple(rules.values()), clashes


def _astray(rule: Rule, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """What is wrong with where a rule's `goto` leads."""
    for action in (*rule.actions, *rule.otherwise):
        if not isinstance(action, GoTo):
            continue
        position, ahead = action.place.position, _ahead(action.rule, rules)
        if action.rule not in rules:
            yield Problem(position, f"there is no rule '{action.rule}'{did_you_mean(action.rule, rules)}")
        elif rule.id in ahead:
            message = f"`goto: {action.rule}` comes back to this rule"
            yield Problem(position, message, "end the circle somewhere")
        elif missing := sorted({name for each in ahead.values() for name in _needed(each)} - rule.captures):
            message = f"'{action.rule}' fills in '{missing[0]}', which this rule does not find"
            hint = f'capture it here too, or write {{{{ {missing[0]} | default("") }}}} there'
            yield Problem(position, message, hint)


def _ahead(start: str, rules: Mapping[str, Rule]) -> Mapping[str, Rule]:
    """The rules that are reached from one, itself included."""
    found: dict[str, Rule] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in rules and name not in found:
            found[name] = rules[name]
            waiting += [action.rule for action in rules[name].actions if isinstance(action, GoTo)]
    return found


def _needed(rule: Rule) -> set[str]:
    """What a rule's actions fill in that only its own patterns find."""
    fields = {name for action in rule.actions for template in action.templates for name in template.required}
    return {name for name in fields if name not in FIELDS and not name.startswith("field.")}
