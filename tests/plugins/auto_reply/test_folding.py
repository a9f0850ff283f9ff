"""What people type differently and mean the same."""

# ruff: noqa: RUF001 - letters that look alike are the test

import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

folding = sys.modules["chatgrow_plugins.auto_reply.folding"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's OPEN?!", "whats open"),
        ("What’s open", "whats open"),
        ("שָׁלוֹם!", "שלומ"),
        ("\u200fשלום\u200f", "שלומ"),  # direction marks, as phones paste them
        ("של\u200fום opening\u00adhours", "שלומ openinghours"),
        ("\ufb2aלום", "שלומ"),  # a presentation form, point included
        ('ש"ח', "שח"),
        ("ש״ח", "שח"),
        ("יום־שישי", "יומ שישי"),
        ("ערבים ערבימ מלך מלכ כסף כספ ארץ ארצ", "ערבימ ערבימ מלכ מלכ כספ כספ ארצ ארצ"),  # final letters
        ("אידיש ײַ װ", "אידיש יי וו"),
        ("مُحَمَّدٌ محمد محـــمد", "محمد محمد محمد"),  # points, and a word drawn out
        ("أحمد إلى آخر ٱلله", "احمد الي اخر الله"),
        ("مدرسة مدرسه سؤال قائمة", "مدرسه مدرسه سوال قايمه"),
        ("کتابی كتابي", "كتابي كتابي"),  # a Persian keyboard and an Arabic one
        ("می\u200cخواهم", "ميخواهم"),
        ("٤٧١١ ۴۷۱۱ ４７１１", "4711 4711 4711"),
        ("café cafe\u0301 CAFÉ", "cafe cafe cafe"),
        ("für Ærø Łódź naïve Đà Nẵng", "fur aero lodz naive da nang"),
        ("İstanbul ISTANBUL ıstanbul", "istanbul istanbul istanbul"),
        ("Ёлка ёлка мой мои", "елка елка мой мои"),
        ("мо\u0438\u0306 їжа", "мой їжа"),
        ("Ελλάδα ΟΔΟΣ οδος", "ελλαδα οδοσ οδοσ"),
        ("हिन्दी में", "हिन्दी में"),  # its vowel signs are the word
        ("ガ ｶﾞ", "カ\u3099 カ\u3099"),
        ("한국", unicodedata.normalize("NFD", "한국")),
        ("ＨＯＵＲＳ", "hours"),
        ("STRASSE straße", "strasse strasse"),
        ("hi👍🏽 👍👍🏿", "hi 👍 👍 👍"),
        ("🤷🏽\u200d♀\ufe0f 🤷\u200d♂️ 🤷", "🤷 🤷 🤷"),
        ("👩🏽\u200d🔧 👨\u200d🔧 🧑\u200d🔧", "🧑 🔧 🧑 🔧 🧑 🔧"),
        ("1\ufe0f\u20e3 ① 1", "1 1 1"),
        ("♀ ♂", "♀ ♂"),
        ("❤️ ❤", "❤ ❤"),
        ("5₪", "5 ₪"),
        ("one\n\ttwo\u00a0three", "one two three"),
    ],
)
def test_what_looks_the_same_folds_the_same(text: str, words: str) -> None:
    assert folding.folded(text).strip() == words


@pytest.mark.parametrize("text", ["", " ", "?!...", "\u200f", "'", "\ud800", "\u0301", "🏽", "\ufe0f", "ـ"])
def test_a_text_without_words_folds_to_nothing(text: str) -> None:
    assert folding.folded(text) == ""


def test_plain_keeps_case_spaces_and_punctuation_and_drops_what_is_unseen() -> None:
    assert folding.plain("Order No. 7, שָׁל\u200fוֹם!") == "Order No. 7, שלום!"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("طلب رقم ٤٧١١", "طلب رقم 4711"),  # so that \\d finds it
        ("مُحَمَّد إلى", "محمد إلى"),
        ("ا\u0655لى", "إلى"),  # written as two characters
        ("cafe\u0301 CAFÉ", "café CAFÉ"),
        ("１\ufe0f\u20e3 ＡＢＣ", "1 ABC"),
    ],
)
def test_plain_has_one_form_for_each_letter_and_digit(text: str, plain: str) -> None:
    assert folding.plain(text) == plain


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_phrase_is_found_among_other_words(before: str, phrase: str) -> None:
    words = folding.folded(phrase)
    assert words in folding.folded(f"{before} \n {phrase} \n after")


@given(st.text(st.characters()))
def test_folded_words_have_one_space_around_each(text: str) -> None:
    folded = folding.folded(text)
    assert folded == (f" {' '.join(folded.split())} " if folded else "")


@given(st.text(st.characters()))
@example("´ｷﾞŉ｀")
def test_folding_twice_changes_nothing(text: str) -> None:
    folded = folding.folded(text)
    assert folding.folded(folded) == folded
    assert folding.plain(folding.plain(text)) == folding.plain(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_how_a_text_is_composed_does_not_matter(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD")]
    assert folding.folded(forms[0]) == folding.folded(forms[1]) == folding.folded(text)
    assert folding.plain(forms[0]) == folding.plain(forms[1])


@pytest.mark.parametrize(
    "text",
    [
        "ש" * 65_536,
        "\u0301" * 65_536,
        "a" + "\u0301\u0316" * 32_768,  # accents that must be sorted, heaped on one letter
        ("a" + "\u0316\u0301" * 14) * 2_000,
        "👩🏽\u200d🔧" * 16_384,
        "\ufdfa" * 65_536,  # one character that stands for four words
        "".join(map(chr, range(1, 65_537))),
        " " * 65_536,
    ],
    ids=["letters", "accents", "heap", "heaps", "emoji", "ligatures", "all", "spaces"],
)
def test_the_longest_text_is_folded_at_once(text: str) -> None:
    began = time.process_time()
    folding.folded(text)
    folding.plain(text)
    assert time.process_time() - began < 2


def test_accents_heaped_on_a_letter_are_dropped_and_the_words_stay() -> None:
    heap = "z" + "\u0301\u0316" * 600 + "algo"
    assert folding.plain(heap) == "zalgo"
    assert folding.folded(heap) == " zalgo "
