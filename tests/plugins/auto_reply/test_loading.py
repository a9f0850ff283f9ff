"""A wrong rule or file tells what to mend, and leaves the others working."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
check_folder = sys.modules["chatgrow_plugins.auto_reply"].check_folder

Write = Callable[[str, str], Path]

GOOD = "rules:\n  - id: good\n    when: {text: {any: good}}\n    reply: fine\n"


def rule(lines: str) -> str:
    return f"rules:\n  - id: bad\n{lines}"


WHEN = "    when: {text: {any: x}}\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (rule("    when: {text: {pattern: '(?=x)'}}\n    reply: z\n"), "3:28", "look-ahead"),
        (rule("    when: {text: {pattern: '(.*a){1000}{1000}'}}\n    reply: z\n"), "3:28", "cannot be used"),
        (rule("    when: {text: {pattern: '(x)\\1'}}\n    reply: z\n"), "3:28", "back-references"),
        (rule("    when: {text: {any: [x, '?!']}}\n    reply: z\n"), "3:28", "no letter, digit or symbol"),
        (rule("    when: {text: {any: []}}\n    reply: z\n"), "3:24", "the list is empty"),
        (rule("    when: {text: {any: [x, no]}}\n    reply: z\n"), "3:28", "'no' is not clear"),
        (rule("    when: {text: {any: [1.5]}}\n    reply: z\n"), "3:25", "this is not text"),
        (rule("    when: {text: {}}\n    reply: z\n"), "3:18", "nothing is asked"),
        (rule("    when:\n    reply: z\n"), "3:10", "nothing stands behind it"),
        (rule("    when:\n      text:\n    reply: z\n"), "4:12", "'text': nothing stands behind it"),
        (rule("    when: always\n    then: [{reply: }]\n"), "4:20", "'reply': nothing stands behind it"),
        (rule("    reply: z\n"), "2:5", "'when' is missing"),
        (rule("    when: {text: {ani: x}}\n    reply: z\n"), "3:19", "did you mean 'any'?"),
        (rule(WHEN + '    reply: "{{ nmae }}"\n'), "4:12", "did you mean 'name'?"),
        (rule(WHEN + '    reply: "{{ name"\n'), "4:12", "is not closed"),
        (rule(WHEN + '    reply: " "\n'), "4:12", "write what to answer"),
        (rule(WHEN + "    reply: z\n    limit: once an hour\n"), "5:12", "`once per 1h`"),
        (rule(WHEN + "    reply: z\n    limit: once per 1w\n"), "5:12", "no length of time"),
        (rule(WHEN + "    reply: z\n    limit: {times: 0, per: 1h}\n"), "5:20", "at least 1"),
        (rule(WHEN + "    reply: z\n    limit: 1 per 9999d\n"), "5:12", "at most"),
        (rule(WHEN + "    reply: z\n    tests:\n      - expect: bad\n"), "6:9", "what the customer says"),
        (rule(WHEN + "    reply: z\n").replace("id: bad", "id: nothing"), "2:9", "choose another id"),
        (rule(WHEN + "    reply: z\n").replace("id: bad", "id: not good"), "2:9", "letters, digits"),
        (rule(WHEN + "    reply: z\n").replace("id: bad", "id: good"), "2:5", "is taken by the rule at"),
    ],
)
def test_a_wrong_rule_is_told_with_its_place_and_leaves_the_others(
    write: Write, folder: Path, text: str, place: str, message: str
) -> None:
    write("a", GOOD)
    path = write("b", text + "  - id: after\n    when: {text: {any: after}}\n    reply: fine\n")
    book = loading.load_folder(folder)
    assert [loaded.id for loaded in book.rules] == ["good", "after"]
    (problem,) = book.problems
    assert str(problem.position) == f"{path}:{place}"
    assert message in problem.message + problem.hint


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("rules: [\n", ":1:9", "never closed"),
        ("rules: 5\n", ":1:1", "must be a list of rules"),
        ("rule:\n" + GOOD.removeprefix("rules:\n"), ":1:1", "did you mean 'rules'?"),
        ("tenants:\n" + GOOD.replace("id: good", "id: other"), ":1:9", "'tenants': nothing stands behind it"),
        (GOOD.replace("id: good", "id: one") + GOOD.replace("id: good", "id: two"), ":5:1", "stands twice"),
        ("- 1\n", ":1:1", "must be a group"),
    ],
)
def test_a_wrong_file_is_told_with_its_place_and_leaves_the_others(
    write: Write, folder: Path, text: str, place: str, message: str
) -> None:
    path = write("a", text)
    write("b", GOOD)
    book = loading.load_folder(folder)
    assert [loaded.id for loaded in book.rules] == ["good"]
    (problem,) = book.problems
    assert str(problem.position) == f"{path}{place}"
    assert message in problem.message


def test_a_file_that_is_not_text_leaves_the_others(write: Write, folder: Path) -> None:
    write("b", GOOD)
    (folder / "a.yaml").write_bytes(b"rules:\n  - id: \xff\n")
    book = loading.load_folder(folder)
    assert [loaded.id for loaded in book.rules] == ["good"]
    assert "not UTF-8" in book.problems[0].message


def test_all_that_is_wrong_is_told_at_once(write: Write, folder: Path) -> None:
    write("a", rule("    when: {text: {any: '!'}}\n    reply: ''\n    limit: often\n"))
    assert [problem.position.line for problem in check_folder(folder)] == [3, 4, 5]


@pytest.mark.parametrize("text", ["", "rules:\n", "# rules:\n#  - id: x\n"])
def test_a_file_whose_rules_are_commented_out_is_fine(write: Write, folder: Path, text: str) -> None:
    write("a", text)
    book = loading.load_folder(folder)
    assert (book.rules, book.problems) == ((), ())


def test_files_are_asked_in_the_order_of_their_names(write: Write, folder: Path) -> None:
    write("b", GOOD)
    write("a", GOOD.replace("id: good", "id: first"))
    assert [loaded.id for loaded in loading.load_folder(folder).rules] == ["first", "good"]


def test_an_editors_hidden_files_and_other_files_are_passed_over(write: Write, folder: Path) -> None:
    (folder / ".a.yaml").write_text("rules: [")
    (folder / "notes.txt").write_text("rules: [")
    book = loading.load_folder(folder)
    assert (book.rules, book.problems) == ((), ())


def test_a_file_ending_in_yml_is_told_rather_than_passed_over(folder: Path) -> None:
    (folder / "a.yml").write_text(GOOD)
    (problem,) = check_folder(folder)
    assert problem.hint == "rename it to end in .yaml"


def test_a_missing_folder_is_told(folder: Path) -> None:
    (problem,) = check_folder(folder / "missing")
    assert problem.message == "there is no such folder"


def test_the_shipped_rules_are_right() -> None:
    assert check_folder(ROOT / "config" / "rules") == []
