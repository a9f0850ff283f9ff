"""The tests in the files, on the console."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from .conftest import NOON, ROOT

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rehearsal = sys.modules["chatgrow_plugins.auto_reply.rehearsal"]

Write = Callable[[str, str], Path]
Run = Callable[..., Result]

RULES = """\
rules:
  - id: hours
    when: {text: {any: [hours, שעות]}}
    reply: Nine to five, {{ name | default("friend") }}.
    limit: once per 1h
    tests:
      - say: Hours?
"""


@pytest.fixture
def failures(write: Write, folder: Path) -> Callable[[str], list[str]]:
    """What fails when these lines stand under `tests:`."""

    def failures(tests: str) -> list[str]:
        write("hours", RULES + tests)
        book = loading.load_folder(folder)
        assert book.problems == ()
        return [done.failure for done in rehearsal.rehearse(book, NOON) if done.failure]

    return failures


@pytest.mark.parametrize(
    "tests",
    [
        "",
        "      - {say: hours, expect: hours}\n",
        "      - {say: something else, expect: nothing}\n",
        "      - {say: שָׁעוֹת, name: דנה, reply: 'Nine to five, דנה.'}\n",
        "      - {say: hours}\n      - {say: hours}\n",  # each in a chat of its own: no limit is reached
        "      - {say: Cancel!, expect: nothing}\n  - {id: all, when: always, reply: x}\n",
        "      - {say: stop, group: true, expect: nothing}\n",
        "      - {say: price, expect: prices}\n  - {id: prices, when: {text: {any: price}}, reply: Ten.}\n",
    ],
)
def test_a_right_expectation_passes(failures: Callable[[str], list[str]], tests: str) -> None:
    assert failures(tests) == []


@pytest.mark.parametrize(
    ("tests", "failure"),
    [
        (
            "      - say: when?\n",
            "expected rule 'hours', but no rule answers; 'hours' does not: none of 'hours' and 'שעות' is in",
        ),
        ("      - {say: hours, expect: nothing}\n", "expected no answer, but rule 'hours' at "),
        ("      - {say: hours, expect: hors}\n", "no rule 'hors' is loaded, did you mean 'hours'?"),
        (
            "      - {say: hours, reply: Nine.}\n",
            "expected the reply 'Nine.', but it is 'Nine to five, friend.'",
        ),
        (
            "      - {say: Cancel!, expect: c}\n  - {id: c, when: {text: {exact: cancel}}, reply: x}\n",
            "'Cancel!' opts its writer out before any rule is asked; say more than that, or expect nothing",
        ),
        ("      - {say: x, expect: nothing, reply: y.}\n", "it expects nothing, and a reply"),
        (
            "  - id: later\n    when: {text: {any: hours}}\n    reply: x\n    tests: [{say: hours}]\n",
            "expected rule 'later', but rule 'hours' at ",
        ),
    ],
)
def test_a_wrong_expectation_is_caught_and_explained(
    failures: Callable[[str], list[str]], tests: str, failure: str
) -> None:
    (found,) = failures(tests)
    assert found.startswith(failure)


def test_a_file_with_tenants_is_tried_as_one_of_them(
    failures: Callable[[str], list[str]], write: Write
) -> None:
    write("own", "tenants: [dana]\n" + RULES.replace("hours", "own").replace("Hours?", "Own?"))
    assert failures("") == []


@pytest.fixture
def run(plugin: Any) -> Run:
    """Run a sub-command of the plugin: `run("rules", "test")`."""
    commands = {command.name: command for command in plugin.register_cli()}

    def run(name: str, *args: str) -> Result:
        return CliRunner().invoke(commands[name], args)

    return run


def test_rules_test_passes_with_the_shipped_rules(run: Run, folder: Path) -> None:
    for shipped in (ROOT / "config" / "rules").iterdir():
        (folder / shipped.name).write_bytes(shipped.read_bytes())
    result = run("rules", "test")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].endswith(" passed, 0 failed")
    assert len(result.stdout.splitlines()) > 20


def test_rules_test_fails_when_an_expectation_does(run: Run, write: Write, folder: Path) -> None:
    write("hours", RULES + "      - say: when?\n")
    result = run("rules", "test")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f'  ✓  {folder}/hours.yaml:7  hours  "Hours?"'
    assert lines[1] == f'  ✗  {folder}/hours.yaml:8  hours  "when?"'
    assert lines[2].startswith("      expected rule 'hours', but no rule answers")
    assert lines[3] == "1 passed, 1 failed"


def test_rules_test_fails_when_a_rule_is_wrong(run: Run, write: Write) -> None:
    write("hours", RULES + "  - {id: b}\n")
    assert run("rules", "test").exit_code == 1
