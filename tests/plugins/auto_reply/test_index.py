"""The index names every rule that can hold, and no rule whose words are not there."""

import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatgrow_bot.safety.patterns import compile_pattern

folding = sys.modules["chatgrow_plugins.auto_reply.folding"]
fuzzy = sys.modules["chatgrow_plugins.auto_reply.fuzzy"].fuzzy
index = sys.modules["chatgrow_plugins.auto_reply.index"]
Key, Kind = index.Key, index.KeyKind

#: So few that phrases overlap, begin and contain each other; in three scripts, with signs between.
WORDS = (
    *["a", "ab", "b", "תור", "שלום", "ם", "ער", "عربي", "ل", "👍", "7", "prices", "prise", "preises"],
    "appointments",
    "apiontmets",
    "פגישות",
)
SIGNS = (" ", " ", ", ", "! ", "־", "\n", "")
PATTERNS = (r"a+b", r"^שלום", r"\d+$", r"(?P<x>.)ב", "עربي|عرب", r"👍$", r".*", r"B\b", r"^$")

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SIGNS)), max_size=12).map(
    lambda parts: "".join(word + sign for word, sign in parts)
)
phrases = texts.map(folding.folded).filter(bool)
keys = st.one_of(
    st.builds(Key, st.sampled_from([Kind.PHRASE, Kind.EXACT, Kind.START, Kind.FUZZY]), phrases),
    st.builds(Key, st.just(Kind.PATTERN), st.sampled_from(PATTERNS)),
)
rules = st.lists(st.none() | st.frozensets(keys, min_size=1, max_size=4), max_size=12)


def holds(key: Any, plain: str, folded: str) -> bool:
    """Whether a key is there, asked in the plainest way."""
    match key.kind:
        case Kind.PHRASE:
            return key.text in folded
        case Kind.EXACT:
            return bool(key.text == folded)
        case Kind.START:
            return folded.startswith(key.text)
        case Kind.FUZZY:
            return fuzzy([key.text], folded) is not None
        case _:
            return compile_pattern(key.text, ignore_case=True).search(plain) is not None


def one_by_one(rules: Sequence[Any], text: str) -> list[int]:
    plain, folded = folding.plain(text), folding.folded(text)
    return [
        number
        for number, keys in enumerate(rules)
        if keys is None or any(holds(key, plain, folded) for key in keys)
    ]


def named(rules: Sequence[Any], text: str) -> list[int]:
    made = index.Index(rules)
    found: list[int] = made.candidates(folding.plain(text), folding.folded(text))
    return found


def of(kind: Any, *texts: str) -> frozenset[Any]:
    return frozenset(Key(kind, text if kind is Kind.PATTERN else folding.folded(text)) for text in texts)


@given(rules, texts)
def test_it_names_exactly_the_rules_a_plain_loop_names(rules: Sequence[Any], text: str) -> None:
    assert named(rules, text) == one_by_one(rules, text)


@given(st.data(), st.text("abcdeאבגד", min_size=1, max_size=13))
def test_every_misspelling_is_found(data: st.DataObject, word: str) -> None:
    """Whatever is a typing error to `fuzzy` is one to the index."""
    letters = list(word)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(letters)))
        change = data.draw(st.sampled_from(["drop", "add", "other", "swap"]))
        if change in ("drop", "other", "swap"):
            taken = letters[place : place + 1]
            letters[place : place + 1] = []
            letters[place + 1 : place + 1] = taken if change == "swap" else []
        if change in ("add", "other"):
            letters.insert(place, data.draw(st.sampled_from("abאx")))
    text = "".join(letters)
    rules = [of(Kind.FUZZY, word)]
    assert named(rules, text) == one_by_one(rules, text)


@given(rules, st.text(st.characters(), max_size=30))
def test_it_does_so_for_any_text(rules: Sequence[Any], text: str) -> None:
    assert named(rules, text) == one_by_one(rules, text)


@pytest.mark.parametrize(
    ("keys", "text", "there"),
    [
        (of(Kind.PHRASE, "book"), "a book!", True),
        (of(Kind.PHRASE, "book"), "booking", False),
        (of(Kind.PHRASE, "a b", "b c"), "x b c", True),
        (of(Kind.PHRASE, "שעות פתיחה"), "מה שעות־פתיחה שלכם?", True),
        (of(Kind.PHRASE, "👍"), "ok👍🏽", True),
        (of(Kind.EXACT, "Stop"), "STOP.", True),
        (of(Kind.EXACT, "stop"), "stop it", False),
        (of(Kind.START, "order no"), "Order No. 7", True),
        (of(Kind.START, "order no"), "order yes", False),
        (of(Kind.START, "order"), "orders", False),
        (of(Kind.START, "order"), "my order", False),
        (of(Kind.PATTERN, r"order\s+\d{4}"), "ORDER ٤٧١١", True),
        (of(Kind.PATTERN, r"\d{4}") | of(Kind.PHRASE, "order"), "order", True),
        (of(Kind.PHRASE, "a"), "", False),
        (of(Kind.FUZZY, "appointment"), "an apointmnet please", True),
        (of(Kind.FUZZY, "open"), "opne", False),
        (
            of(Kind.FUZZY, "internationalization-desk", "electroencephalographically"),
            "internationalisation desk",
            True,
        ),
        (of(Kind.FUZZY, "electroencephalographically"), "electroencefalographicaly", False),
        (of(Kind.FUZZY, "electroencephalographically"), "electroencephalographicaly", True),
        (None, "", True),
        (frozenset(), "a", False),
    ],
)
def test_a_rule_is_named_when_one_of_its_keys_is_there(keys: Any, text: str, *, there: bool) -> None:
    assert named([keys], text) == ([0] if there else [])


def test_rules_come_in_order_and_once() -> None:
    rules = [
        of(Kind.PHRASE, "b"),
        None,
        of(Kind.PHRASE, "a", "b"),
        of(Kind.PATTERN, "z"),
        of(Kind.EXACT, "a b"),
    ]
    assert named(rules, "a b") == [0, 1, 2, 4]


def test_a_list_that_was_changed_is_not_the_indexs_own() -> None:
    made = index.Index([None, None])
    made.candidates("", "").append(7)
    assert made.candidates("", "") == [0, 1]


def test_a_word_repeated_in_rules_and_message_costs_no_more_than_looking_for_each_phrase() -> None:
    rules = [of(Kind.PHRASE, " ".join(["a"] * count)) for count in range(1, 501)]
    made = index.Index([*rules, of(Kind.PHRASE, "b")])
    folded = f" {'a ' * 32_000}"
    began = time.process_time()
    assert made.candidates("", folded) == list(range(500))
    assert time.process_time() - began < 1  # each find by itself would take several


def test_a_thousand_patterns_are_looked_for_together() -> None:
    rules = [of(Kind.PATTERN, rf"order-{number}x\b.*(?P<what>\d+)") for number in range(1_000)]
    assert named([*rules, None], "my Order-417x of ٣") == [417, 1_000]


def test_what_evil_patterns_may_take_long_for_is_told_beforehand() -> None:
    few = index.Index([of(Kind.PATTERN, r"order\s+(\d+)"), of(Kind.PHRASE, "a")])
    evil = index.Index([of(Kind.PATTERN, rf"[ab]*a[ab]{{{count}}}c") for count in range(100, 140)])
    assert few.is_quick(2_000)
    assert evil.is_quick(10)
    assert not evil.is_quick(2_000)
    assert index.Index([None]).is_quick(65_536)
    assert not index.Index([None], steps=1_000).is_quick(2_001)
