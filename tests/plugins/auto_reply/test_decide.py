"""Which rule answers what: words, patterns, order, fields, limits."""

# ruff: noqa: RUF001 - letters of other scripts that look like ours are part of the test

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.messages import Inbound, Kind

from .conftest import NOON, ROOT

conditions = sys.modules["chatgrow_plugins.auto_reply.conditions"]
loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rehearsal = sys.modules["chatgrow_plugins.auto_reply.rehearsal"]
rehearsed = sys.modules["chatgrow_plugins.auto_reply.rehearsed"]
rules = sys.modules["chatgrow_plugins.auto_reply.rules"]

SHIPPED = loading.load_folder(ROOT / "config" / "rules")
Write = Callable[[str, str], Path]
Say = Callable[..., "Said"]


class Said:
    """A decision, and what came of each rule."""

    def __init__(self, book: Any, decision: Any) -> None:
        self.rule: Any = decision.rules[0] if decision.rules else None
        self.rules = [rule.id for rule in decision.rules]
        self.reply = rehearsal.reply_of(decision)
        self.does = rehearsal.deeds_of(decision)
        self.done = [done for _, done in decision.done]
        self.trace = list(decision.trace(book))


@pytest.fixture
def say(write: Write, folder: Path, inbound: Callable[..., Inbound]) -> Say:
    """Decide by the rules of one text: `say(text_of_rules, "hello", uses=..., chat=...)`."""

    def say(text: str, words: str, *, now: Any = NOON, facts: Any = None, **message: Any) -> Said:
        write("test", text)
        book = loading.load_folder(folder)
        assert book.problems == ()
        known = conditions.Facts(now=now, **(facts or {}))
        return Said(book, rules.decide(book, inbound(words, **message), known))

    return say


def one(asked: str, reply: str = "yes", more: str = "") -> str:
    return f"rules:\n  - id: one\n    when: {{text: {{{asked}}}}}\n    reply: {reply!r}\n{more}"


@pytest.mark.parametrize(
    ("asked", "text", "answers"),
    [
        ("any: [open, hours]", "When are you OPEN?", True),
        ("any: [open, hours]", "reopened", False),  # whole words
        ("any: open", "open", True),  # one text instead of a list
        ("any: 'opening hours'", "Opening... hours!", True),
        ("any: 'opening hours'", "hours of opening", False),
        ("any: [שלום]", "שָׁלוֹם!", True),
        ("any: [שָׁלוֹם]", "אז שלום לכם.", True),
        ("any: [שלום]", "שלומכם", False),
        ("any: ['ש\"ח']", "כמה ש״ח?", True),
        ("any: [👍]", "ok👍🏽", True),
        ("any: 1", "1", True),
        ("any: 1", "11", False),
        ("all: [large, pizza]", "a pizza, a LARGE one", True),
        ("all: [large, pizza]", "a pizza", False),
        ("all: [large], any: [pizza, pasta]", "large pasta", True),
        ("all: [large], any: [pizza, pasta]", "large salad", False),
        ("exact: [hi, hello there]", " Hello there!! ", True),
        ("exact: [hi, hello there]", "hi Dana", False),
        ("exact: שלום", "שלום…", True),
        ("pattern: '^order \\d+$'", "ORDER 17", True),
        ("pattern: ['xyz', '\\d+']", "no 7", True),
        ("pattern: 'שלו?ם'", "שָׁלֹם", True),
        ("any: open", "", False),
        ("any: open", "?!", False),
    ],
)
def test_a_rule_answers_by_words(say: Say, asked: str, text: str, answers: bool) -> None:
    assert bool(say(one(asked), text).rule) is answers


def test_the_first_that_fits_answers_and_the_trace_says_why_not_the_others(say: Say) -> None:
    text = (
        "rules:\n"
        "  - id: prices\n    when:\n      text:\n        any: [price]\n        all: [list]\n    reply: p\n"
        "  - id: hours\n    when: {text: {any: price}}\n    reply: h\n"
        "  - id: never\n    when: {text: {any: price}}\n    reply: never\n"
    )
    decision = say(text, "the price?")
    assert (decision.rule.id, decision.reply) == ("hours", "h")
    first, second = decision.trace
    assert first.place.path == "rules.0.when.text.all"
    assert str(first.place).endswith("test.yaml:6")
    assert first.result == "not all of 'list' are in the text"
    assert (second.rule.id, second.failed, second.result) == ("hours", None, "answers")
    assert str(decision.rule).endswith("test.yaml:8 rule 'hours'")


def test_fields_are_filled_in_and_captures_win(say: Say) -> None:
    reply = "{{ name }}, {{ phone }}, {{ date }} {{ time }}: {{ item | upper }} of {{ text }}"
    text = one("pattern: '(?P<item>cake|pie)'", reply)
    expected = "Dana, +972541112233, 2026-03-05 12:00: PIE of one pie"
    assert say(text, "one pie", name="Dana").reply == expected
    assert say(one("pattern: 'am (?P<name>\\w+)'", "Hi {{ name }}"), "I am Avi", name="x").reply == "Hi Avi"


def test_captures_keep_the_letters_as_typed(say: Say) -> None:
    assert say(one("pattern: 'order (?P<no>\\S+)'", "{{ no }}"), "Order aB-7").reply == "aB-7"


def test_a_bracket_that_took_no_part_is_empty(say: Say) -> None:
    text = one("pattern: '(?P<a>x)|(?P<b>y)'", "[{{ a }}{{ b }}]")
    assert say(text, "y").reply == "[y]"


def test_a_message_is_never_read_as_a_template_or_pattern(say: Say) -> None:
    text = one("pattern: '(?P<all>.*)'", "{{ text }} {{ all }}")
    assert say(text, "{{ name }} \\1 (?P<x>").reply == "{{ name }} \\1 (?P<x> {{ name }} \\1 (?P<x>"


def test_a_reply_from_right_to_left_is_left_untouched(say: Say) -> None:
    reply = "\u200fשלום {{ name }} \u2066(123)\u2069 — 50 ₪"
    text = f"rules:\n  - id: one\n    when: {{text: {{any: x}}}}\n    reply: |\n      {reply}\n"
    assert say(text, "x", name="דנה").reply == reply.replace("{{ name }}", "דנה")


def test_a_reply_that_comes_to_nothing_leaves_it_to_the_next_rule(say: Say) -> None:
    text = one("any: x", "{{ name }}", "  - id: two\n    when: {text: {any: x}}\n    reply: two\n")
    decision = say(text, "x", name="")
    assert decision.rule.id == "two"
    assert decision.trace[0].result == "what it says cannot be written: it is empty for this message"


def test_a_reply_that_grows_too_long_leaves_it_to_the_next_rule(say: Say) -> None:
    text = one("any: x", "{{ text }}{{ text }}", "  - id: two\n    when: {text: {any: x}}\n    reply: two\n")
    decision = say(text, "x " + "ש" * 40_000)
    assert decision.rule.id == "two"
    assert "longer than" in decision.trace[0].result


@pytest.mark.parametrize(
    ("words", "kind"), [("", Kind.IMAGE), (" \n", Kind.VOICE), ("", Kind.VOTE), ("fine", Kind.EDIT)]
)
def test_a_pattern_that_fits_anything_fits_no_file_without_words_and_no_remark(
    say: Say, words: str, kind: Kind
) -> None:
    decision = say(one("pattern: .*"), words, kind=kind)
    assert decision.rule is None
    assert decision.trace[0].result == "the pattern finds nothing in the text"
    assert say(one("pattern: .*"), "fine", kind=Kind.IMAGE).rule


def test_groups_are_not_answered(say: Say) -> None:
    decision = say(one("any: x"), "x", chat="120363000000000000@g.us", participant="972541112233@c.us")
    assert decision.rule is None
    assert decision.trace[0].result == "the message is from a group"


@pytest.mark.parametrize(
    ("tenants", "tenant", "answers"),
    [("[shop, clinic]", "shop", True), ("shop", "clinic", False), ("all", "clinic", True)],
)
def test_a_file_answers_for_its_tenants_only(say: Say, tenants: str, tenant: str, answers: bool) -> None:
    decision = say(f"tenants: {tenants}\n{one('any: x')}", "x", tenant=tenant)
    assert bool(decision.rule) is answers
    if not answers:
        assert decision.trace[0].place.path == "tenants"


@pytest.mark.parametrize(
    ("limit", "uses", "answers"),
    [
        ("once per 1h", [], True),
        ("once per 1h", [59], False),
        ("once per 1h", [60], True),  # minutes ago
        ("once per 1h", [300, 59], False),
        ("2 per 1h", [10], True),
        ("twice per 1h", [10, 20], False),
        ("{times: 2, per: 30m}", [10, 31], True),
        ("{times: 1, per: 7d}", [6 * 24 * 60], False),
    ],
)
def test_a_limit_counts_the_answers_within_its_time(
    say: Say, limit: str, uses: list[int], answers: bool
) -> None:
    used = [conditions.Use(at=NOON - timedelta(minutes=ago), message=f"m{ago}") for ago in uses]
    decision = say(one("any: x", more=f"    limit: {limit}\n"), "x", facts={"uses": {"one": used}}, id="new")
    assert bool(decision.rule) is answers
    if not answers:
        assert decision.trace[0].place.path == "rules.0.limit"


def test_a_rule_at_its_limit_leaves_it_to_the_next(say: Say) -> None:
    more = "    limit: once per 1h\n  - id: two\n    when: {text: {any: x}}\n    reply: two\n"
    used = [conditions.Use(at=NOON, message="before")]
    decision = say(one("any: x", more=more), "x", facts={"uses": {"one": used}})
    assert decision.rule.id == "two"
    assert decision.trace[0].result == "it answers a chat once in 1h, and it has"


def test_a_message_asked_about_again_does_not_count_against_itself(say: Say) -> None:
    used = [conditions.Use(at=NOON, message="m1")]
    assert say(
        one("any: x", more="    limit: once per 1h\n"), "x", facts={"uses": {"one": used}}, id="m1"
    ).rule


def test_a_trace_never_repeats_the_message(say: Say) -> None:
    decision = say(one("any: x, pattern: z", more="    limit: once per 1h\n"), "a secret text")
    assert "secret" not in "".join(tried.result for tried in decision.trace)


@given(st.text(st.characters()), st.text(st.characters()))
def test_no_message_makes_it_fail(text: str, name: str) -> None:
    example = rehearsed.Example(place=SHIPPED.rules[0].place, say=text, name=name, expect="")
    decision = rehearsal.say(SHIPPED, example, NOON)
    assert list(decision.trace(SHIPPED))
    assert bool(rehearsal.reply_of(decision)) is bool(decision.rules)
