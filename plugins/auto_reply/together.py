"""The rules of all files beside each other: what only goes wrong then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chatgrow_bot.config import Problem, did_you_mean

from .actions import GoTo
from .book import Rule
from .dialogues.checks import entries, lost_behind, unasked
from .dialogues.flow import visits, visits_of
from .filling import FIELDS
from .reading import RuleFile


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
        known = entries(rules)
        astray = {
            rule.id: [*_astray(rule, rules), *lost_behind(rule, rules), *unasked(rule, known[rule.id])]
            for rule in rules.values()
        }
        falling = any(astray.values())
        for name, problems in astray.items():
            if problems:
                clashes += [Clash(problem, (homes[name],)) for problem in problems]
                del rules[name]
    return tuple(rules.values()), clashes


def _astray(rule: Rule, rules: Mapping[str, Rule]) -> Iterator[Problem]:
    """What is wrong with where a rule's `goto` leads."""
    for each in visits(rule):
        action = each.action
        if not isinstance(action, GoTo):
            continue
        position = action.place.position
        if action.rule not in rules:
            yield Problem(position, f"there is no rule '{action.rule}'{did_you_mean(action.rule, rules)}")
        elif each.at_once and rule.id in _ahead(action.rule, rules, at_once=True):
            message = f"`goto: {action.rule}` comes back to this rule"
            yield Problem(position, message, "end the circle somewhere, or ask something in it")
        else:
            ahead = _ahead(action.rule, rules).values()
            if missing := sorted({name for target in ahead for name in _needed(target)} - rule.captures):
                message = f"'{action.rule}' fills in '{missing[0]}', which this rule does not find"
                hint = f'capture it here too, or write {{{{ {missing[0]} | default("") }}}} there'
                yield Problem(position, message, hint)


def _ahead(start: str, rules: Mapping[str, Rule], *, at_once: bool = False) -> Mapping[str, Rule]:
    """The rules that are reached from one, itself included; `at_once`: before anything is asked."""
    found: dict[str, Rule] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in rules and name not in found:
            found[name] = rules[name]
            waiting += [
                each.action.rule
                for each in visits_of(rules[name].actions)
                if isinstance(each.action, GoTo) and (each.at_once or not at_once)
            ]
    return found


def _needed(rule: Rule) -> set[str]:
    """What a rule's actions fill in that only its own patterns find."""
    fields = {
        name
        for each in visits_of(rule.actions)
        for template in each.action.templates
        for name in template.required
    }
    return {name for name in fields if name not in FIELDS and not name.startswith(("field.", "answer."))}
