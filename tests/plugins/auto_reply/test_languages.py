"""In which of the languages asked for a message is written."""

# ruff: noqa: RUF001 - letters that look alike are the test

import sys
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

languages = sys.modules["chatgrow_plugins.auto_reply.languages"]
language_of = languages.language_of

#: What customers write, in languages that share a script.
SENTENCES = {
    "en": ["where is my order", "what time do you close", "how much is it", "is this still available", "hi"],
    "es": ["dónde está mi pedido", "a qué hora cierran", "cuánto cuesta", "todavía está disponible", "hola"],
    "fr": ["où est ma commande", "à quelle heure fermez-vous", "combien ça coûte", "merci beaucoup", "salut"],
    "de": ["wo ist meine bestellung", "wann schließen sie", "wie viel kostet das", "nein danke", "ja"],
    "pt": ["onde está meu pedido", "que horas fecham", "vocês entregam", "ainda está disponível", "olá"],
    "it": [
        "dov'è il mio ordine",
        "a che ora chiudete",
        "vorrei un appuntamento",
        "siete aperti oggi",
        "ciao",
    ],
    "tr": ["siparişim nerede", "kaçta kapatıyorsunuz", "ne kadar", "bugün açık mısınız", "evet"],
    "ru": ["где мой заказ", "до скольки вы работаете", "сколько стоит", "ещё в наличии", "да", "цена?"],
    "uk": ["де моє замовлення", "до котрої ви працюєте", "скільки коштує", "ще є в наявності", "так"],
    "ar": ["وين طلبي", "متى تغلقون", "كم السعر", "هل ما زال متوفر", "نعم"],
    "fa": ["سفارش من کجاست", "تا ساعت چند باز هستید", "هنوز موجوده", "ارسال دارید", "بله"],
    "ur": ["میرا آرڈر کہاں ہے", "آپ کب بند کرتے ہیں", "کتنے کا ہے", "کیا یہ دستیاب ہے", "جی ہاں"],
}
GROUPS = (("en", "es", "fr", "de", "pt", "it", "tr"), ("ru", "uk"), ("ar", "fa", "ur"))


@pytest.mark.parametrize("language", SENTENCES)
def test_languages_of_one_script_are_told_apart(language: str) -> None:
    among = next(group for group in GROUPS if language in group)
    assert {text: language_of(text, among) for text in SENTENCES[language]} == dict.fromkeys(
        SENTENCES[language], language
    )


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        ("שלום", ["en", "he"], "he"),
        ("hello", ["en", "he"], "en"),
        ("יש לכם iPhone 15 Pro Max?", ["en", "he"], "he"),  # names in Latin letters
        ("מה שלומך my friend", ["en", "he"], "he"),
        ("How do you say תודה in this language?", ["en", "he"], "en"),
        ("привет", ["he", "ru", "en"], "ru"),
        ("مرحبا", ["he", "ar"], "ar"),
        ("Καλημέρα", ["en", "el"], "el"),
        ("สวัสดี", ["en", "th"], "th"),
        ("ありがとう", ["zh", "ja"], "ja"),
        ("你好", ["en", "zh"], "zh"),
        ("감사합니다", ["ja", "ko"], "ko"),
        ("नमस्ते", ["en", "hi"], "hi"),
        ("ሰላም", ["am", "he"], "am"),
    ],
)
def test_the_script_tells(text: str, among: Sequence[str], language: str) -> None:
    assert language_of(text, among) == language


@pytest.mark.parametrize("text", ["", "1", "👍", "?!", "05-03 14:00", "\ud800", "₪"])
def test_without_letters_there_is_none(text: str) -> None:
    assert language_of(text, ["he", "en"]) == ""


def test_a_script_of_none_of_them_is_none() -> None:
    assert language_of("привет", ["he", "en"]) == ""
    assert language_of("привет", []) == ""


def test_without_the_library_everyday_words_and_letters_tell_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_cld2", lambda: None)
    assert language_of("merci beaucoup", ["en", "fr"]) == "fr"
    assert language_of("ещё что-то новое вышло у вас", ["uk", "ru"]) == "ru"


def test_what_could_be_several_is_the_first_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_cld2", lambda: None)
    assert language_of("ok super", ["de", "en"]) == "de"
    assert language_of("ok super", ["en", "de"]) == "en"


@given(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(["he", "en", "fr", "ja", "zz"]), max_size=4),
)
def test_any_text_has_one_of_the_languages_or_none(text: str, among: Sequence[str]) -> None:
    assert language_of(text, among) in {*among, ""}


def test_the_longest_text_is_told_at_once() -> None:
    language_of("load it", ["en", "de"])
    began = time.process_time()
    assert language_of("guten Morgen zusammen " * 3_000, ["en", "de"]) == "de"
    assert time.process_time() - began < 0.05
