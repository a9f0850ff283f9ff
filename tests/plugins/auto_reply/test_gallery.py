"""The gallery's rule files: whoever begins with one begins with something that is right."""

import re
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

load_plugin_module(built_in_folder() / "auto_reply")
examination: Any = import_module("chatgrow_plugins.auto_reply.examination")
gallery: Any = import_module("chatgrow_plugins.auto_reply.gallery")
loading: Any = import_module("chatgrow_plugins.auto_reply.loading")
rehearsal: Any = import_module("chatgrow_plugins.auto_reply.rehearsal")

ENTRIES: Sequence[Any] = gallery.entries()
NAMES, LANGUAGES = ("agency", "clinic", "restaurant", "shop"), ("en", "he")
EACH = pytest.mark.parametrize("entry", ENTRIES, ids=[each.path.name for each in ENTRIES])
#: At night, on a holiday, at noon: what a test in a file says must not hang on when it is run.
MOMENTS = [
    datetime(2026, 3, 4, 3, tzinfo=UTC),
    datetime(2026, 7, 4, 12, tzinfo=UTC),
    datetime(2027, 1, 6, 15, tzinfo=UTC),
]

Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The book of some of the files."""

    def load(*entries: Any) -> Any:
        for entry in entries:
            shutil.copy(entry.path, tmp_path)
        return loading.load_folder(tmp_path)

    return load


def failures(book: Any, of: Callable[[Any], object] = bool) -> list[str]:
    done = [each for now in MOMENTS for each in rehearsal.rehearse(book, now) if of(each.example)]
    return [f"{each.example.place} {each.example.shown!r}: {each.failure}" for each in done if each.failure]


def test_there_is_each_business_in_each_language() -> None:
    assert [(each.name, each.language) for each in ENTRIES] == [(n, la) for n in NAMES for la in LANGUAGES]
    titles = [each.title for each in ENTRIES]
    assert len(set(titles)) == len(titles)
    for each in ENTRIES:
        assert bool(re.search("[\u05d0-\u05ea]", each.title)) is (each.language == "he")


@EACH
def test_it_is_loaded_whole_and_does_what_its_own_tests_say(entry: Any, load: Load) -> None:
    book = load(entry)
    assert book.problems == ()
    assert failures(book) == []
    assert examination.examined(book.rules) == []  # no rule that never answers, no words asked for twice


@EACH
def test_each_rule_is_tried_by_itself_and_most_by_what_it_must_not_answer(entry: Any, load: Load) -> None:
    rules = load(entry).rules
    for rule in rules:
        assert 2 <= len(rule.examples) <= 5, rule.id
        assert any(example.expect == rule.id for example in rule.examples), rule.id
    others = [rule.id for rule in rules if any(each.expect != rule.id for each in rule.examples)]
    assert len(others) >= len(rules) * 2 / 3


@EACH
def test_it_has_what_such_a_business_wants(entry: Any, load: Load) -> None:
    book = load(entry)
    deeds = {word for rule in book.rules for example in rule.examples for word in example.does or ()}
    assert {"tag wants-person", "notify person", "opt in"} <= deeds
    assert any(word.startswith("react") for word in deeds)
    assert any(word.startswith("set ") for word in deeds)
    text = entry.path.read_text("utf-8")
    for key in ("firstContact: true", "hours: closed", "unless:", "else:", "location:", "poll:"):
        assert key in text, key
    unlimited = [rule.id for rule in book.rules if rule.limit is None and not votes_or_waits(rule)]
    assert unlimited in ([], ["shop-welcome"], ["shop-welcome-he"])  # which is for the first contact alone


def votes_or_waits(rule: Any) -> bool:
    """Whether it answers a vote, or what it had asked for itself by a tag."""
    return any(type(each).__name__ in {"VotedFor", "Tagged"} for each in rule.conditions)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_rules_and_live_together(name: str, load: Load) -> None:
    english, hebrew = (each for each in ENTRIES if each.name == name)
    ids = [rule.id for rule in load(english).rules]
    both = load(english, hebrew)
    assert both.problems == ()
    assert [rule.id for rule in both.rules] == [*ids, *(f"{each}-he" for each in ids)]
    # a photo or a voice message is in no language, so the first file answers it
    assert failures(both, lambda example: example.shown or example.votes) == []


def test_an_example_that_is_wrong_is_found(load: Load, tmp_path: Path) -> None:
    load(ENTRIES[0])
    file = tmp_path / ENTRIES[0].path.name
    file.write_text(file.read_text("utf-8").replace("We are on it, Dana.", "We are off it, Dana."), "utf-8")
    found = failures(loading.load_folder(tmp_path))
    assert len(found) == len(MOMENTS)
    assert "expected the reply" in found[0]
