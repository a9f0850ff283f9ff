"""Files that are hard on the loader, and reloads that go wrong: rules in force stay, the others answer."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.messages import Inbound

from .conftest import NOON

conditions = sys.modules["chatgrow_plugins.auto_reply.conditions"]
loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rules = sys.modules["chatgrow_plugins.auto_reply.rules"]
tracing = sys.modules["chatgrow_plugins.auto_reply.tracing"]

Write = Callable[[str, str], Path]


def one(id: str, reply: str = "x", then: str = "") -> str:
    does = f"then: {then}" if then else f"reply: '{reply}'"
    return f"rules:\n  - id: {id}\n    when: {{text: {id}}}\n    {does}\n"


def ids(book: Any) -> list[str]:
    return [rule.id for rule in book.rules]


def replies(book: Any, message: Inbound) -> list[str]:
    decision = rules.decide(book, message, conditions.Facts(now=NOON))
    return [done.text for _, done in decision.done]


@pytest.mark.parametrize(
    "lines",
    [
        "when: always\n    reply: x\n    tests: [{say: a, at: 2026-03-05 25:00}]",
        "when: always\n    reply: x\n    tests: [{say: a, at: 2026-13-05 9:00}]",
        f"when: always\n    reply: {{text: x, media: {'long ' * 200}}}",
    ],
)
def test_what_cannot_be_is_told_and_the_others_answer(write: Write, folder: Path, lines: str) -> None:
    write("a", f"rules:\n  - id: bad\n    {lines}\n")
    write("b", one("good"))
    book = loading.load_folder(folder)
    assert ids(book) == ["good"]
    (problem,) = book.problems
    assert problem.position.line


def test_an_hour_of_one_digit_is_a_time(write: Write, folder: Path) -> None:
    write("a", "rules: [{id: a, when: always, reply: x, tests: [{say: a, at: 2026-03-05 9:00}]}]\n")
    assert loading.load_folder(folder).problems == ()


def test_while_the_folder_is_away_its_rules_stay(write: Write, folder: Path) -> None:
    write("a", one("a"))
    before = loading.load_folder(folder)
    shutil.move(folder, folder.parent / "away")
    book = loading.load_folder(folder, before=before)
    assert (ids(book), [path.name for path in book.kept]) == (["a"], ["a.yaml"])
    assert book.problems[0].message == "there is no such folder"
    shutil.move(folder.parent / "away", folder)
    assert loading.load_folder(folder, before=book).problems == ()


def test_a_new_file_that_takes_an_id_in_force_is_left_out(write: Write, folder: Path) -> None:
    write("z", one("z1", "of old"))
    before = loading.load_folder(folder)
    write("a", one("z1", "of new"))
    book = loading.load_folder(folder, before=before)
    assert [rule.place.position.file.rpartition("/")[2] for rule in book.rules] == ["z.yaml"]
    assert "is taken by the rule at" in book.problems[0].message


def test_an_edit_that_takes_away_where_another_file_leads_is_not_taken_in(write: Write, folder: Path) -> None:
    write("a", one("a1"))
    write("z", one("z1", then="[{goto: a1}]"))
    before = loading.load_folder(folder)
    write("a", one("a2"))
    book = loading.load_folder(folder, before=before)
    assert (ids(book), [path.name for path in book.kept]) == (["a1", "z1"], ["a.yaml"])
    assert "there is no rule 'a1'" in book.problems[0].message


def test_a_rule_that_falls_takes_along_those_that_lead_to_it(write: Write, folder: Path) -> None:
    write("a", one("aa", then="[{goto: bb}]"))
    write("b", one("bb", then="[{goto: gone}]"))
    write("c", one("cc"))
    book = loading.load_folder(folder)
    assert ids(book) == ["cc"]
    assert len(book.problems) == 2


def test_what_is_needed_at_the_end_of_a_chain_is_asked_for_at_its_start(write: Write, folder: Path) -> None:
    write("a", one("aa", then="[{goto: bb}]") + one("bb", then="[{goto: cc}]").removeprefix("rules:\n"))
    write("c", "rules: [{id: cc, when: {text: {pattern: '(?P<n>x)'}}, reply: '{{ n }}'}]\n")
    first, second = loading.load_folder(folder).problems
    assert (first.position.line, second.position.line) == (4, 7)
    assert "fills in 'n'" in first.message
    assert "fills in 'n'" in second.message


@pytest.mark.parametrize(
    "when",
    [
        "{or: [{text: {pattern: 'order (?P<n>[0-9]+)'}}, {text: order}]}",
        "{text: {pattern: ['order (?P<n>[0-9]+)', 'bestellung']}}",
    ],
)
def test_what_only_some_ways_find_needs_a_default(write: Write, folder: Path, when: str) -> None:
    path = write("a", f"rules:\n  - id: a\n    when: {when}\n    reply: 'It is {{{{ n }}}}.'\n")
    (problem,) = loading.load_folder(folder).problems
    assert str(problem.position) == f"{path}:4:12"
    assert problem.message == "'n' is not found by every part of `when`"
    write("a", f"rules:\n  - id: a\n    when: {when}\n    reply: 'It is {{{{ n | default(\"late\") }}}}.'\n")
    assert loading.load_folder(folder).problems == ()


def test_a_web_of_gotos_is_loaded_and_decided_in_no_time(
    write: Write, folder: Path, inbound: Callable[..., Inbound]
) -> None:
    chain = [
        f"  - {{id: r{n}, when: {{text: r{n}}}, then: [{', '.join([f'{{goto: r{n + 1}}}'] * 6)}]}}\n"
        for n in range(14)
    ]
    write("a", "rules:\n" + "".join(chain) + "  - {id: r14, when: {text: r14}, reply: x}\n")
    book = loading.load_folder(folder)
    assert book.problems == ()
    decision = rules.decide(book, inbound("r0"), conditions.Facts(now=NOON))
    assert decision.done == ()
    assert "more than 100 things" in next(decision.trace(book)).result


def test_no_message_brings_about_more_than_the_core_takes(
    write: Write, folder: Path, inbound: Callable[..., Inbound]
) -> None:
    tags = ", ".join(f"{{tag: t{n}}}" for n in range(40))
    many = "".join(f"  - {{id: r{n}, when: {{text: x}}, continue: true, then: [{tags}]}}\n" for n in range(4))
    write("a", "rules:\n" + many)
    decision = rules.decide(loading.load_folder(folder), inbound("x"), conditions.Facts(now=NOON))
    assert len(decision.done) == 80


def test_no_line_of_a_trace_is_longer_than_the_core_keeps(write: Write, folder: Path) -> None:
    long = ", ".join(f"{'w' * 900}{n}" for n in range(5))
    nested = f"{{text: [{long}]}}"
    for _ in range(4):
        nested = f"{{or: [{nested}, {nested}, {nested}]}}"
    write("a", f"rules:\n  - {{id: a, when: {{text: {{exact: [{long}]}}}}, reply: x}}\n")
    write("b", f"rules:\n  - {{id: b, when: {nested}, reply: x}}\n")
    book = loading.load_folder(folder)
    assert book.problems == ()
    assert max(map(len, tracing.page_of(book).lines)) <= 1_000


def test_languages_are_asked_for_in_the_order_of_the_files(write: Write, folder: Path) -> None:
    for name, language in (("a", "fr"), ("b", "es"), ("c", "[it, de, fr]")):
        write(name, f"language: {language}\n{one(name)}")
    assert loading.load_folder(folder).languages == ("fr", "es", "it", "de")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("\u200fהזמנה (?P<n>\\d+)", "הזמנה 17"),
        ("שָׁלוֹם (?P<n>\\d+)", "שלום 17"),
        ("cafe\u0301 (?P<n>\\d+)", "café 17"),
    ],
)
def test_a_pattern_meets_text_whatever_its_editor_put_in(
    write: Write, folder: Path, inbound: Callable[..., Inbound], pattern: str, text: str
) -> None:
    write(
        "a",
        f"rules:\n  - id: a\n    when: {{text: {{pattern: '{pattern}'}}}}\n    reply: 'It is {{{{ n }}}}.'\n",
    )
    book = loading.load_folder(folder)
    assert replies(book, inbound(text)) == ["It is 17."]
