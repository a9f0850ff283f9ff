"""What an agent's message asks for, and what he is told, in both languages."""

import string
import sys
from dataclasses import fields
from typing import Any

import pytest

commands = sys.modules["chatgrow_plugins.whatsapp_agents.commands"]
texts = sys.modules["chatgrow_plugins.whatsapp_agents.texts"]
Command, Verb = commands.Command, commands.Verb


@pytest.mark.parametrize(
    ("text", "verb", "number", "rest"),
    [
        ("/list", "list", None, ""),
        ("/LIST", "list", None, ""),
        (" / list ", "list", None, ""),
        ("/take 12", "take", 12, ""),
        ("/take #12", "take", 12, ""),
        ("/take ١٢", "take", 12, ""),
        ("/12", "switch", 12, ""),
        ("/#12", "switch", 12, ""),
        ("/12 hello there", "switch", 12, "hello there"),
        ("/close", "close", None, ""),
        ("/close 7", "close", 7, ""),
        ("/release", "release", None, ""),
        ("/transfer sales", "transfer", None, "sales"),
        ("/transfer 12 sales", "transfer", 12, "sales"),
        ("/note 12 apples", "note", None, "12 apples"),
        ("/note #12 apples\nand pears", "note", 12, "apples\nand pears"),
        ("/רשימה", "list", None, ""),
        ("\u200f/קח 12\u200f", "take", 12, ""),
        ("/סגור", "close", None, ""),
        ("/העבר 12 sales", "transfer", 12, "sales"),
        ("/הערה מבקשת הנחה", "note", None, "מבקשת הנחה"),
        ("/עזרה", "help", None, ""),
    ],
)
def test_a_command_is_known_by_its_first_word(text: str, verb: str, number: int | None, rest: str) -> None:
    assert commands.command_of(text) == Command(verb=Verb(verb), number=number, rest=rest)


@pytest.mark.parametrize("text", ["hello", "", "12", "either/or", "//12 is a path", "close"])
def test_anything_else_is_words(text: str) -> None:
    assert commands.command_of(text) is None


def test_words_that_begin_with_a_slash_are_written_with_two() -> None:
    assert commands.words_of("//etc/hosts") == "/etc/hosts"
    assert commands.words_of("a // b") == "a // b"
    assert commands.words_of(" as it stands ") == " as it stands "


@pytest.mark.parametrize(
    ("text", "meant"), [("/clsoe", "close"), ("/transfr sales", "transfer"), ("/סגו", "סגור"), ("/xyz", "")]
)
def test_a_misspelt_command_is_never_words_and_the_one_that_was_meant_is_known(text: str, meant: str) -> None:
    command = commands.command_of(text)
    assert (command.verb, command.meant) == (Verb.UNKNOWN, meant)


def _names(text: Any) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("field", [each.name for each in fields(texts.Texts)])
def test_both_languages_say_the_same(field: str) -> None:
    english, hebrew = getattr(texts.EN, field), getattr(texts.HE, field)
    if isinstance(english, str):
        assert hebrew
        assert _names(english) == _names(hebrew)
    elif field != "who":
        assert english.keys() == hebrew.keys()


@pytest.mark.parametrize("language", ["en", "he"])
def test_every_command_that_help_shows_is_one(language: str) -> None:
    shown = [line for line in texts.TEXTS[language].help.splitlines() if line.startswith("/")]
    read = [commands.command_of(line.partition("  ")[0]) for line in shown]
    assert {each.verb for each in read} == set(Verb) - {Verb.UNKNOWN}
