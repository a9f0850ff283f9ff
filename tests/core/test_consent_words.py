"""Which messages ask to stop or to start again, in which language they are answered, and what a business may
add in its chatgrow.yaml."""

# ruff: noqa: RUF001 - letters that look alike are the point

from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from chatgrow_bot.config.consent import Consent
from chatgrow_bot.consent import Said, Vocabulary, Wording
from chatgrow_bot.consent.languages import LANGUAGES

OURS = Vocabulary()


def is_out(text: str) -> bool | None:
    said = OURS.heard(text)
    return said.out if said else None


@pytest.mark.parametrize(
    "word", ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "הסר", "הסירו", "עצור"]
)
def test_the_words_of_the_carriers_are_heard_in_capitals_and_in_small_letters(word: str) -> None:
    assert [is_out(each) for each in (word, word.lower(), word.capitalize())] == [True] * 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("إيقاف", "ar"),
        ("BAJA", "es"),
        ("ARRÊT", "fr"),
        ("Abmelden", "de"),
        ("SAIR", "pt"),
        ("СТОП", "ru"),
        ("DISISCRIVIMI", "it"),
        ("RET", "tr"),
        ("הסר", "he"),
        ("unsubscribe", "en"),
    ],
)
def test_each_language_has_words_and_is_answered_in_itself(text: str, language: str) -> None:
    said = OURS.heard(text)
    assert said == Said(out=True, word=said.word if said else "", languages=frozenset({language}))
    assert Wording(vocabulary=OURS).answer(said) == LANGUAGES[language].confirmation


@pytest.mark.parametrize(
    "text",
    [
        *(
            "STOP!!!",
            "stop 🛑",
            "🛑🛑 Stop. 🙏🏽",
            "  stop\n",
            "'stop'",
            "*STOP*",
            "ｓｔｏｐ",
            "ＳＴＯＰ",
            "𝐒𝐓𝐎𝐏",
        ),
        *("Stop\ufe0f", "s\u0336t\u0336o\u0336p", "\u202estop\u202c", "st\u200bop", "S T O P", "opt-out"),
        *(
            "opt out",
            "Stop all",
            "הָסֵר",
            "\u200fהסר\u200f",
            "הסר!",
            "הסר אותי",
            "إِيقَاف",
            "إيـــــقاف",
            "ايقاف",
        ),
        *("الغاء", "إلغاء الإشتراك", "ARRET", "arrêt", "arre\u0302t", "Désabonner", "desabonner"),
        *("İPTAL", "IPTAL", "iptal", "ıptal", "Abonelikten çık", "abonelikten cik", "cancelar inscrição"),
        *(
            "please stop",
            "Stop, please!",
            "stop thank you",
            "בבקשה הסר",
            "הסר בבקשה 🙏",
            "stop s'il vous plaît",
        ),
        *("STOP STOP STOP", "stop, stop!", "stop stop please", "הסר הסר", "S T O P P"),
        *("סטופ", "הפסיקו", "תפסיקו", "אנא הסר", "הסירי", "להסיר אותי", "נא להסיר אותי", "אנא, הסירו אותי"),
        *("remove me", "Please remove me", "stop messages", "unsubscribe me", "отпишись", "desuscribirme"),
        *("por favor baja", "Стоп, пожалуйста", "lütfen dur", "stopp bitte", "إيقاف من فضلك"),
    ],
)
def test_what_decorates_a_word_and_how_it_is_typed_changes_nothing(text: str) -> None:
    assert is_out(text) is True


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "🛑", "!", "please", "thanks", "thank you", "stop by tomorrow", "don't stop", "bus stop"),
        *("when do I stop?", "the end", "weekend", "cancel my order", "stop it", "stop 2", "1️⃣", "no stop"),
        *(
            "please cancel",
            "cancel please",
            "quit please",
            "cancelar por favor",
            "הסר את הכתם",
            "אפשר להסיר?",
        ),
        *("non stop", "you stop", "stop or start", "stopper", "nonstop", "baja el precio", "стоп-кран"),
        *("stop go stop", "stop stop it", "please cancel cancel", "remove me from the list of winners"),
        *("stop " * 40, "x" * 100_000, "stop" + "\u0301" * 100_000),
    ],
)
def test_a_message_that_says_anything_else_asks_for_nothing(text: str) -> None:
    assert is_out(text) is None


@pytest.mark.parametrize(
    "text", ["START", "unstop", "subscribe", "התחל", "ابدأ", "ALTA", "старт", "Başla!", "basla"]
)
def test_words_that_start_again_are_heard_likewise(text: str) -> None:
    assert is_out(text) is False


def test_a_word_of_every_language_is_answered_in_the_one_that_the_business_chose() -> None:
    stop, shared = OURS.heard("stop"), OURS.heard("cancelar")
    assert stop and shared and shared.languages == {"es", "pt"}
    for language in LANGUAGES:
        wording = Wording(language=language)
        assert wording.answer(stop) == LANGUAGES[language].confirmation
        assert wording.answer(shared) == LANGUAGES[language if language == "pt" else "es"].confirmation


def test_no_answer_of_ours_is_itself_a_word_and_each_names_a_word_that_its_reader_can_send() -> None:
    for (name, each), out in product(LANGUAGES.items(), (True, False)):
        told = each.confirmation if out else each.welcome
        assert OURS.heard(told) is None
        named = OURS.heard(told.rstrip(".").removesuffix(" yazın").split()[-1])
        assert named and named.out is not out, (name, told)


def test_every_word_of_ours_is_heard_as_it_stands_in_the_list() -> None:
    for each in LANGUAGES.values():
        assert {is_out(word) for word in (*each.stop, *each.alone)} == {True}
        assert {is_out(word) for word in each.start} == {False}


def test_a_business_adds_words_and_texts_of_its_own() -> None:
    given = {
        "stop": {"pl": ["Koniec", "nie pisz"]},
        "start": ["hop"],
        "confirmation": {"pl": "Nie napiszemy.", "he": "בסדר."},
        "welcome": False,
    }
    wording = Consent.model_validate(given).wording()
    told = {text: wording.vocabulary.heard(text) for text in ("KONIEC!", "nie pisz", "hop", "הסר", "stop")}
    assert [said and said.out for said in told.values()] == [True, True, False, True, True]
    assert [said and wording.answer(said) for said in told.values()] == [
        *("Nie napiszemy.", "Nie napiszemy.", "", "בסדר."),
        LANGUAGES["en"].confirmation,
    ]
    assert Consent.model_validate({"language": "he"}).wording().answer(Said(out=True, word="stop")) == (
        LANGUAGES["he"].confirmation
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"stop": ["start"]}, "'start' means START already"),
        ({"start": ["Cancel"]}, "'Cancel' means STOP already"),
        ({"stop": ["hop"], "start": ["hop"]}, "'hop' means STOP already"),
        ({"stop": ["🛑"]}, "has no letters"),
        ({"confirmation": "bye"}, "write true, false, or texts by language"),
        ({"confirmation": {"en": "Stop!"}}, "is itself a word that stops or starts"),
        ({"welcome": {"en": "hop"}, "start": ["hop"]}, "welcome: the text in 'en' is itself a word"),
        ({"language": "pl"}, "there are no words of ours in 'pl'"),
        ({"stop": {"Polish": ["koniec"]}}, "pattern"),
        ({"texts": {}}, "Extra inputs"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Consent.model_validate(given)
