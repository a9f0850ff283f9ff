"""Rules that can never answer, and words that two rules ask for, are told; nothing else is."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatgrow_bot.messages import Inbound, Kind
from chatgrow_bot.responses import Customer

from .conftest import NOON, ROOT

loading = sys.modules["chatgrow_plugins.auto_reply.loading"]
rules = sys.modules["chatgrow_plugins.auto_reply.rules"]
conditions = sys.modules["chatgrow_plugins.auto_reply.conditions"]
examination = __import__("importlib").import_module("chatgrow_plugins.auto_reply.examination")

Write = Callable[[str, str], Path]


HOURS = "hours: {zone: UTC, open: {mon-sun: 9:00-18:00}}\n"


def one(id: str, when: str, more: str = "") -> str:
    return f"  - {{id: {id}, when: {when}, reply: x{more}}}\n"


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("{text: {any: [price, cost]}}", "{text: {any: [price]}}", "'b' never answers: 'a' at"),
        ("{text: {any: price}}", "{text: {any: [price list]}}", "never answers"),
        ("{text: {any: price}}", "{text: {all: [price, pizza]}}", "never answers"),
        ("{text: {any: price}}", "{text: {exact: [the price]}}", "never answers"),
        ("{text: {any: price}}", "{text: {any: price}, tag: vip}", "never answers"),
        ("always", "{media: image}", "never answers"),
        ("{media: any}", "{media: [image, video]}", "never answers"),
        ("{or: [{tag: vip}, {text: {any: a}}]}", "{tag: vip}", "never answers"),
        ("{text: {any: z}}", "{media: image, and: [{media: none}]}", "exclude each other"),
        ("{text: {any: z}}", "{tag: vip, not: {tag: [vip, lead]}}", "exclude each other"),
        ("{text: {any: [price]}, tag: vip}", "{text: {any: [price]}}", "'price' is asked for by 'a'"),
        ("{text: {any: [price]}}", "{text: {any: [price, cost]}}", "'price' is asked for by 'a'"),
        ("{text: {any: [price]}}", "{text: {any: [prices]}}", ""),
        ("{text: {any: [price]}}, limit: once per 1h", "{tag: vip, text: {exact: [price]}}", ""),
        ("{text: {any: [price]}}, unless: {tag: vip}", "{text: {exact: [price]}}", ""),
        ("{text: {any: [price]}}, continue: true", "{text: {any: [price]}}", ""),
        ("{text: {any: price}, hours: open}", "{text: {any: price}, hours: closed}", ""),
        ("{text: {any: price}, chat: private}", "{text: {any: price}, chat: group}", "exclude each other"),
        ("{text: {any: price}, connection: a}", "{text: {any: price}, connection: [b, c]}", ""),
        ("{text: {any: price}, connection: a}", "{text: {any: price}, connection: [b, a]}", "asked for by"),
        ("{text: {any: price}, firstContact: true}", "{text: {any: price}, firstContact: false}", ""),
        ("{tag: vip}", "{text: {exact: [Cancel, end it]}}", "'Cancel' opts its writer out before any rule"),
        ("{tag: vip}", "{or: [{media: image}, {text: {exact: [stop]}}]}", "'stop' opts its writer out"),
        ("{tag: vip}", "{text: {exact: [subscribe]}}", ""),  # of whom never stopped, a word like others
        ("{tag: vip}", "{text: {any: cancel}}", ""),
    ],
)
def test_what_is_worth_a_look(write: Write, folder: Path, first: str, second: str, told: str) -> None:
    write("test", HOURS + "rules:\n" + one("a", first) + one("b", second))
    book = loading.load_folder(folder)
    assert book.problems == ()
    found = examination.examined(book.rules)
    assert told in (found[0].message if found else "") and bool(found) is bool(told)


def test_the_shipped_rules_have_no_rule_that_never_answers() -> None:
    found = examination.examined(loading.load_folder(ROOT / "config" / "rules").rules)
    assert [each.message for each in found if "never" in each.message] == []


def told_of(write: Write, folder: Path, **files: str) -> list[str]:
    """What is worth a look of rule files with these texts."""
    for name, text in files.items():
        write(name, text)
    book = loading.load_folder(folder)
    assert book.problems == ()
    return [found.message for found in examination.examined(book.rules)]


PRICE = "rules: [{id: %s, when: {text: {any: price}, tag: %s}, reply: x}]\n"


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ("tenants: [dana]\n", "tenants: [avi]\n", False),
        ("tenants: [dana]\n", "tenants: [avi, dana]\n", True),
        ("connections: [a]\n", "connections: [b]\n", False),
        ("", "contacts: none\ngroups: all\n", False),
        ("", "groups: all\n", True),
    ],
)
def test_files_for_others_share_no_words(
    write: Write, folder: Path, first: str, second: str, *, is_told: bool
) -> None:
    found = told_of(write, folder, a=first + PRICE % ("a", "vip"), b=second + PRICE % ("b", "lead"))
    assert any("asked for by" in each for each in found) is is_told


def test_hours_that_differ_exclude_nothing(write: Write, folder: Path) -> None:
    """At ten the one is open and the other closed."""
    early, late = HOURS, HOURS.replace("9:00", "11:00")
    rule = "rules: [{id: %s, when: {text: {any: price}, hours: %s}, reply: x}]\n"
    [found] = told_of(write, folder, a=early + rule % ("a", "open"), b=late + rule % ("b", "closed"))
    assert "asked for by" in found


def test_a_word_is_not_told_of_where_it_is_said_to_others(write: Write, folder: Path) -> None:
    rule = "rules: [{id: a, when: {text: {exact: [stop]}}, reply: x}]\n"
    assert told_of(write, folder, a="contacts: none\ngroups: all\n" + rule) == []
    assert len(told_of(write, folder, a="groups: all\n" + rule)) == 1


@pytest.mark.parametrize(
    ("reply", "is_sure"),
    [
        ("'{{ field.greeting }}'", False),
        ("'{{ name }}'", False),
        ("'{{ field.greeting | default(\"hi\") }}'", False),  # it may be a space
        ("'{{ name }}!'", True),
        ("'Hello {{ name | first | default(\"there\") }}'", True),
        ("'On {{ field.day | date(\"d MMMM\") }}'", False),  # his day may be no day
        ("'We open at {{ opens | time(\"HH:mm\") }}'", True),
        ("'You said {{ text }}'", False),  # which may be more bytes than a reply may have
        ("{variants: [Hello, '{{ name }}']}", False),
        ("{location: {latitude: 1, longitude: 2}}", True),
    ],
)
def test_a_reply_that_may_come_to_nothing_leaves_the_message_to_the_next(
    write: Write, folder: Path, reply: str, *, is_sure: bool
) -> None:
    known = f"  - id: known\n    when: {{text: {{any: hi}}}}\n    reply: {reply}\n"
    found = told_of(write, folder, a=f"rules:\n{known}{one('unknown', '{text: {any: hi}}')}")
    assert any("'unknown' never answers" in each for each in found) is is_sure


def test_so_does_one_of_two_ways_and_a_goto(write: Write, folder: Path) -> None:
    ways = "then: [{reply: x}], unless: {tag: vip}, else: [{reply: '{{ name }}'}]"
    rules = f"rules:\n  - {{id: a, when: {{text: {{any: hi}}}}, {ways}}}\n{one('b', '{text: {any: hi}}')}"
    sure = rules.replace("{{ name }}", "Yes")
    goto = sure.replace("reply: x}]", "goto: b}]")
    for text, is_told in ((rules, False), (sure, True), (goto, False)):
        assert any("'b' never" in each for each in told_of(write, folder, a=text)) is is_told


WORDS = st.sampled_from(["a", "b", "c", "a b", "b c"])
TEXT = st.dictionaries(
    st.sampled_from(["any", "all", "exact", "starts"]),
    st.lists(WORDS, min_size=1, max_size=2),
    min_size=1,
    max_size=2,
)
SIMPLE: Any = st.one_of(
    TEXT.map(lambda text: {"text": text}),
    st.lists(st.sampled_from(["vip", "lead"]), min_size=1, unique=True).map(lambda tags: {"tag": tags}),
    st.sampled_from([{"hours": "open"}, {"hours": "closed"}]),
    st.sampled_from([{"media": "image"}, {"media": "none"}, {"media": ["image", "video"]}, {"media": "any"}]),
)
WHEN: Any = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        inner.map(lambda part: {"not": part}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"or": parts}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"and": parts}),
    ),
    max_leaves=3,
)
REPLY = st.sampled_from(
    ["x", "{{ field.day }}", "{{ name }}", "{{ name }}!", 'x{{ field.day | date("d") }}', "{{ opens }}"]
)
#: At noon with nothing known but tags; in the night, known; and what is no text at all.
MOMENTS: Any = [
    (NOON, "", {}),
    (NOON.replace(hour=3), "Dana", {"day": "2026-03-05"}),
    (NOON, " ", {"day": "x"}),
]
MESSAGES = [
    (text, kind, tags, *moment)
    for text in ("", "a", "b", "c", "a b", "b c", "a b c", "c b a", "b a", "x", "a c")
    for kind in (Kind.TEXT, Kind.IMAGE, Kind.VIDEO, Kind.VOICE)
    for tags in ((), ("vip",), ("lead",), ("vip", "lead"))
    for moment in MOMENTS
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WHEN, REPLY), min_size=2, max_size=4))
def test_a_rule_that_is_said_never_to_answer_does_not(tmp_path_factory: Any, made: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("rules")
    listed = [{"id": f"r{n}", "when": when, "reply": reply} for n, (when, reply) in enumerate(made)]
    hours = {"zone": "UTC", "open": {"mon-sun": "9:00-18:00"}}
    (folder / "a.yaml").write_text(json.dumps({"hours": hours, "rules": listed}))
    book = loading.load_folder(folder)
    assert book.problems == ()
    never = {
        found.message.split("'")[1] for found in examination.examined(book.rules) if "never" in found.message
    }
    for text, kind, tags, now, name, fields in MESSAGES:
        message = Inbound(
            id="m", tenant="t", connection_id="c", chat="14155550123@c.us", wa_id="w", kind=kind, text=text,
            name=name, sent_at=NOON, received_at=NOON,
        )  # fmt: skip
        customer = Customer(chat=message.chat, tags=frozenset(tags), fields=fields)
        facts = conditions.Facts(now=now, customer=customer)
        decision = rules.decide(book, message, facts)
        assert never.isdisjoint(rule.id for rule in decision.rules)
