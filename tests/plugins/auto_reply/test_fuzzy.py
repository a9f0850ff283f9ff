"""Words are found in spite of typing errors, and no other words for them."""

import sys
import time

import pytest

folding = sys.modules["chatgrow_plugins.auto_reply.folding"]
fuzzy = sys.modules["chatgrow_plugins.auto_reply.fuzzy"].fuzzy


def found(phrase: str, text: str) -> bool:
    """Whether a phrase is found, both as people write them."""
    words = folding.folded(phrase)
    return bool(fuzzy([words], folding.folded(text)) == words)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("appointment", "I want an apointment"),  # a letter missing
        ("appointment", "I want an appointmnet!"),  # two swapped
        ("appointment", "appoitmnet please"),  # two errors in a long word
        ("price", "what's the prise"),  # one wrong
        ("price", "pricce?"),  # one too many
        ("delivery", "Do you do delivry today"),
        ("opening hours", "your openning hours?"),
        ("פגישה", "אפשר לקבוע פגיש היום"),
        ("משלוח", "יש משלוך"),
        ("הזמנה שלי", "איפה ההזמנה שלי"),
        ("שעות פתיחה", "מה שעות פתיכה"),
        ("التوصيل", "هل التوصل مجاني"),
        ("موعد", "موعد"),
        ("доставка", "доствка есть?"),
        ("תור", "תור בבקשה"),
        ("👍", "ok👍🏽"),
        ("order 4711", "where is my ordr 4711"),
    ],
)
def test_a_misspelt_word_is_found(phrase: str, text: str) -> None:
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("תור", "תוד"),  # of a short word one other letter makes another word
        ("תור", "תורה"),
        ("hour", "four"),
        ("open", "opens"),
        ("stop", "stp"),
        ("price", "prism"),  # two errors in a word of five letters
        ("delivery", "dilivry pls"),
        ("appointment", "apontmnt"),
        ("4711234", "4711235"),  # a number is right or another
        ("opening hours", "opening, after hours"),  # something between
        ("opening hours", "hours opening"),
        ("opening hours", "opening"),
        ("appointment", "app ointment"),
        ("👍", "👎"),
        ("price", ""),
    ],
)
def test_another_word_is_not(phrase: str, text: str) -> None:
    assert not found(phrase, text)


def test_the_first_phrase_that_is_there_is_told() -> None:
    phrases = [folding.folded(each) for each in ("delivery", "prices", "appointment")]
    assert fuzzy(phrases, folding.folded("apointment and price")) == " prices "
    assert fuzzy(phrases, folding.folded("good morning")) is None


def test_only_the_beginning_of_a_message_is_looked_at() -> None:
    assert found("appointment", "x " * 490 + "apointment")
    assert not found("appointment", "x " * 500 + "apointment")


def test_a_word_cut_at_the_end_of_what_is_looked_at_is_not_taken_for_another() -> None:
    text = "x " * 494 + "appointmentless"
    assert not found("appointment", text)


def test_many_phrases_and_a_long_text_take_milliseconds() -> None:
    phrases = [folding.folded(f"appointment{chr(97 + n % 26)}{chr(97 + n // 26)} books") for n in range(100)]
    text = folding.folded("appointmint boooks " * 4_000)
    began = time.process_time()
    fuzzy(phrases, text)
    assert time.process_time() - began < 0.5
