"""What people type differently and mean the same."""

# ruff: noqa: RUF001 - letters that look alike are the test

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

folding = sys.modules["chatgrow_plugins.auto_reply.folding"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's OPEN?!", "whats open"),
        ("What’s open", "whats open"),
        ("שָׁלוֹם!", "שלום"),
        ("\u200fשלום\u200f", "שלום"),  # direction marks, as phones paste them
        ("של\u200fום opening\u00adhours", "שלום openinghours"),
        ("\ufb2aלום", "שלום"),  # a presentation form, point included
        ('ש"ח', "שח"),
        ("ש״ח", "שח"),
        ("יום־שישי", "יום שישי"),
        ("ＨＯＵＲＳ", "hours"),
        ("STRASSE straße", "strasse strasse"),
        ("hi👍🏽", "hi 👍 🏽"),
        ("❤️ ❤", "❤ ❤"),
        ("5₪", "5 ₪"),
        ("one\n\ttwo\u00a0three", "one two three"),
    ],
)
def test_what_looks_the_same_folds_the_same(text: str, words: str) -> None:
    assert folding.folded(text).strip() == words


@pytest.mark.parametrize("text", ["", " ", "?!...", "\u200f", "'", "\ud800"])
def test_a_text_without_words_folds_to_nothing(text: str) -> None:
    assert folding.folded(text) == ""


def test_plain_keeps_case_spaces_and_punctuation_and_drops_what_is_unseen() -> None:
    assert folding.plain("Order No. 7, שָׁל\u200fוֹם!") == "Order No. 7, שלום!"


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_phrase_is_found_among_other_words(before: str, phrase: str) -> None:
    words = folding.folded(phrase)
    assert words in folding.folded(f"{before} \n {phrase} \n after")


@given(st.text(st.characters()))
def test_folded_words_have_one_space_around_each(text: str) -> None:
    folded = folding.folded(text)
    assert folded == (f" {' '.join(folded.split())} " if folded else "")
