"""What is wrong with menus and forms is told when the files are loaded."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import loading

Problems = Callable[[str], list[str]]
examination = sys.modules["chatgrow_plugins.auto_reply.examination"]


def rule(name: str, *actions: str, when: str = "always") -> str:
    return f"  - {{id: {name}, when: {when}, then: [{', '.join(f'{{{each}}}' for each in actions)}]}}\n"


def file(*rules: str) -> str:
    return f"rules:\n{''.join(rules)}"


ASK = "ask: {into: count, text: How many?, number: true}"


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (
            file(rule("a", "menu: {text: T, options: [{say: One}]}")),
            "the option 'One' leads nowhere",
        ),
        (file(rule("a", ASK, ASK)), "'count' is asked at line 2 already"),
        (
            file(
                rule(
                    "a",
                    "menu: {text: T, options: [{say: One}]}",
                    "menu: {text: T, options: [{say: Two}]}",
                    "reply: x",
                )
            ),
            "'menu' is asked at line 2 already",
        ),
        (
            file(rule("a", "menu: {text: T, options: [{say: One, words: two}, {say: Two}]}", "reply: x")),
            "'Two' stands for two options",
        ),
        (file(rule("a", "ask: {into: x, text: T, choice: [One, one!]}")), "'one!' stands for two options"),
        (
            file(rule("a", "handOff: sales", ASK)),
            "nothing is asked after `handOff`: then people talk with him",
        ),
        (
            file(rule("a", "reply: '{{ answer.count }}'", ASK)),
            "'answer.count' may not have been asked by then",
        ),
        (
            file(rule("a", ASK, "reply: '{{ answer.cuont }}'")),
            "'answer.cuont' may not have been asked by then, did you mean 'count'?",
        ),
        (
            file(
                rule(
                    "a",
                    f"menu: {{text: T, options: [{{say: One, then: [{{{ASK}}}]}}, {{say: Two}}]}}",
                    "reply: '{{ answer.count }}'",
                )
            ),
            "'answer.count' may not have been asked by then",
        ),
        (
            file(
                rule("a", ASK, "goto: c"),
                rule("b", "goto: c"),
                rule("c", "reply: '{{ answer.count }}'", when="goto"),
            ),
            "'answer.count' may not have been asked by then",
        ),
        (
            file(rule("a", ASK, "goto: c"), rule("c", "reply: '{{ answer.count }}'")),
            "'answer.count' may not have been asked by then",
        ),
        (
            file(rule("a", "goto: b", "reply: x"), rule("b", ASK)),
            "what follows `goto: b` is never done, because 'b' asks something",
        ),
        (
            file(rule("a", "menu: {text: T, options: [{say: B, goto: b}]}", "reply: x"), rule("b", ASK)),
            "what follows `goto: b` is never done, because 'b' asks something",
        ),
        (file(rule("a", "menu: {text: T, options: [{say: B, goto: d}]}")), "there is no rule 'd'"),
        (file(rule("a", "goto: b"), rule("b", "goto: a")), "`goto: b` comes back to this rule"),
        (
            file(rule("a", "ask: {into: x, text: T, number: true, email: true}")),
            "it asks for `number` and `email`",
        ),
        (file(rule("a", "ask: {into: x, text: T, number: {from: 3, to: 2}}")), "`from` is more than `to`"),
        (file(rule("a", "ask: {into: x, text: T, date: {from: +3d, to: today}}")), "`from` is after `to`"),
        (
            file(rule("a", "ask: {into: x, text: T, date: {from: soon}}")),
            "write `today`, a day ahead such as",
        ),
        (file(rule("a", "ask: {into: x, text: T, phone: {country: Israel}}")), "'Israel' is no country"),
        (file(rule("a", "ask: {into: x, text: T, words: {min: 3, max: 2}}")), "`min` is more than `max`"),
        (
            file(rule("a", "menu: {text: T, options: [{say: One, goto: a, then: [{reply: x}]}]}")),
            "write either `goto` or `then`",
        ),
        (
            file(rule("a", "menu: {text: T, keep: true, options: [{say: One}]}", "reply: x")),
            "the menu has no name to keep the answer under",
        ),
    ],
)
def test_a_mistake_is_told(problems: Problems, rules: str, problem: str) -> None:
    assert [
        each
        for each in problems(rules)
        if each.partition("': ")[2].startswith(problem) or each.startswith(problem)
    ]


@pytest.mark.parametrize(
    "rules",
    [
        file(rule("a", "menu: {text: T, options: [{say: Again, goto: a}]}")),
        file(rule("a", "menu: {text: T, options: [{say: B, goto: b}]}"), rule("b", "goto: a", when="goto")),
        file(rule("a", ASK, "goto: c"), rule("c", "reply: '{{ answer.count }}'", when="goto")),
        file(
            rule("a", ASK, "goto: b"),
            rule("b", "goto: c", when="goto"),
            rule("c", "reply: '{{ answer.count }}'", when="goto"),
        ),
        file(rule("a", ASK, "goto: c"), rule("c", "reply: '{{ answer.count | default(\"?\") }}'")),
        file(
            rule(
                "a",
                f"menu: {{text: T, options: [{{say: One, then: [{{{ASK}}}]}}]}}",
                "reply: '{{ answer.count }}'",  # whichever way was gone, it was asked
            )
        ),
    ],
)
def test_what_is_right_is_let_be(problems: Problems, rules: str) -> None:
    assert problems(rules) == []


def test_a_rule_that_nothing_leads_to_is_worth_a_look(
    folder: Path, write: Callable[[str, str], Path]
) -> None:
    write(
        "a",
        file(rule("a", "reply: x", when="goto"), rule("b", "goto: c"), rule("c", "reply: w", when="goto")),
    )
    book = loading.load_folder(folder)
    assert book.problems == ()
    assert [each.message for each in examination.examined(book.rules)] == [
        "'a' never answers: no rule leads to it by `goto`"
    ]


def test_a_wrong_rule_takes_along_those_that_lead_to_it_and_no_others(
    folder: Path, write: Callable[[str, str], Path]
) -> None:
    menu = "menu: {text: T, options: [{say: B, goto: b}]}"
    write("a", file(rule("a", menu), rule("b", "reply: '{{ answer.x }}'"), rule("c", "reply: fine")))
    assert [each.id for each in loading.load_folder(folder).rules] == ["c"]
