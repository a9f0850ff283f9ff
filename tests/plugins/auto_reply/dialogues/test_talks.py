"""`talk:` in rule files: several messages, played in virtual time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import NOON
from .conftest import loading, rehearsal
from .test_going_on import SHOP

Failures = Callable[[str], list[str]]


@pytest.fixture
def failures(write: Callable[[str, str], Path], folder: Path) -> Failures:
    """What fails when these lines are the talk of a test."""

    def failures(lines: str) -> list[str]:
        tests = f"    limit: once per 1h\n    tests:\n      - name: Dana\n        talk:\n{lines}"
        write("shop", SHOP.replace("  - {id: prices,", f"{tests}  - {{id: prices,", 1))
        book = loading.load_folder(folder)
        assert book.problems == ()
        return [done.failure for done in rehearsal.rehearse(book, NOON) if done.failure]

    return failures


def lines(*each: str) -> str:
    return "".join(f"          - {{{one}}}\n" for one in each)


def test_a_talk_goes_as_it_would(failures: Failures) -> None:
    talk = lines(
        "say: menu, asks: menu",
        "say: order, expect: shop, asks: count, does: [tag ordering]",
        "say: many, reply: Please write a number from 1 to 20., asks: count",
        "say: 3, does: ['set count: 3']",
        "say: tomorrow, expect: order, asks: how",
        "say: pick up, asks: nothing, reply: '3 on Mar 6, 2026, Pick up here'",
        "say: menu, expect: rest",  # it is at its limit
        "say: menu, after: 2h, expect: shop, asks: menu",
        "say: 3, does: ['hand off to sales: Dana asks']",
        "say: hello?, expect: nothing, reply: ''",  # people talk with him
    )
    assert failures(talk) == []


def test_time_runs_out_and_stop_ends_it(failures: Failures) -> None:
    assert failures(lines("say: menu", "say: 2, after: 16m, expect: rest")) == []
    assert failures(lines("say: menu", "say: stop, expect: nothing", "say: 2, expect: rest")) == []
    assert (
        failures(lines("say: menu", "say: cancel, expect: shop, asks: nothing", "say: 2, expect: rest")) == []
    )


@pytest.mark.parametrize(
    ("talk", "failure"),
    [
        (("say: hello",), "after 'hello': expected rule 'shop', but rule 'rest' at "),
        (("say: menu", "say: 2, asks: day"), "after '2': expected that it asks 'day', but it asks 'count'"),
        (
            ("say: menu", "say: 1, asks: count"),
            "after '1': expected that it asks 'count', but it asks 'nothing'",
        ),
        (
            ("say: menu", "say: 1, reply: Free."),
            "after '1': expected the reply 'Free.', but it is 'Cakes are 20.'",
        ),
        (("say: menu", "say: 1, does: [tag x]"), "after '1': expected it to 'tag x', but it does nothing"),
        (
            ("say: menu", "say: 1, expect: rest"),
            "after '1': expected rule 'rest', but the dialogue of rule 'shop' goes on",
        ),
        (("say: menu", "say: 1, expect: rset"), "after '1': no rule 'rset' is loaded, did you mean 'rest'?"),
    ],
)
def test_what_goes_otherwise_is_told(failures: Failures, talk: tuple[str, ...], failure: str) -> None:
    [found] = failures(lines(*talk))
    assert found.startswith(failure)


def test_what_is_said_stands_in_the_lines(problems: Callable[[str], list[str]]) -> None:
    text = "rules: [{id: a, when: always, reply: x, tests: [{%s}]}]"
    assert problems(text % "say: a, talk: [{say: b}]") == [
        "item 1 of 'tests': with `talk`, `say` stands in its lines"
    ]
    [problem] = problems(text % "talk: [{reply: b}]")
    assert problem.endswith("write what the customer says: `say: ...`, or `media`, or `poll`")
