"""Tells in which language a message is written, of those that the rules ask for: by its script, and where
several share one by its everyday words and by Google's CLD2."""

# ruff: noqa: RUF001 - letters that look alike are told apart here

import importlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

#: What is looked at: a message that changes its language later is in the one it begins with.
_SEEN = 400
_LATIN = "LATIN"
#: Who writes in another script puts names in Latin letters between, and hardly ever the reverse.
_WEIGHT = 3

#: The first word of a letter's Unicode name, by language; all others are written in Latin letters.
_SCRIPTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("he", "yi"), ("HEBREW",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "sd", "ug", "ku"), ("ARABIC",)),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "kk", "ky", "mn", "tg", "tt"), ("CYRILLIC",)),
    **dict.fromkeys(("sr", "uz", "az", "bs"), ("CYRILLIC", _LATIN)),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), ("DEVANAGARI",)),
    **dict.fromkeys(("am", "ti"), ("ETHIOPIC",)),
    **dict.fromkeys(("bn", "as"), ("BENGALI",)),
    "ja": ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK"),
    "zh": ("CJK",),
    "ko": ("HANGUL", "CJK"),
    "el": ("GREEK",),
    "th": ("THAI",),
    "hy": ("ARMENIAN",),
    "ka": ("GEORGIAN",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "kn": ("KANNADA",),
    "ml": ("MALAYALAM",),
    "gu": ("GUJARATI",),
    "pa": ("GURMUKHI", "ARABIC"),
    "si": ("SINHALA",),
    "km": ("KHMER",),
    "lo": ("LAO",),
    "my": ("MYANMAR",),
    "or": ("ORIYA",),
}
#: Words that come alone, too short for statistics; one that two of these share tells nothing.
_EVERYDAY: Mapping[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "hi hello hey yes thanks thank you please bye good morning evening price how much",
        "es": "hola sí gracias muchas buenos buenas días tardes noches por favor precio cuánto cuanto adiós",
        "fr": "bonjour bonsoir salut oui non merci beaucoup svp prix combien bonne journée d'accord",
        "de": "hallo ja nein danke bitte guten tag morgen abend preis wieviel tschüss moin",
        "pt": "olá oi sim não obrigado obrigada bom boa dia tarde noite preço quanto tchau",
        "it": "ciao buongiorno buonasera sì grazie prego prezzo quanto quanta arrivederci salve",
        "tr": "merhaba selam evet hayır teşekkürler sağol lütfen günaydın fiyat kadar tamam",
        "nl": "hallo hoi ja nee bedankt dank dankjewel alstublieft goedemorgen prijs hoeveel doei",
        "ru": "привет здравствуйте да нет спасибо пожалуйста цена сколько добрый день пока",
        "uk": "привіт вітаю так ні дякую будь ласка ціна скільки добрий день бувай",
        "ar": "مرحبا اهلا أهلا نعم لا شكرا السعر بكم كم تمام ممتاز صباح الخير",
        "fa": "سلام بله نه ممنون مرسی لطفا قیمت چنده چقدر خوبه صبح بخیر",
        "ur": "سلام جی ہاں نہیں شکریہ قیمت کتنے ٹھیک صبح بخیر",
    }.items()
}
#: So few words are everyday words or nothing.
_FEW = 3
#: Letters that of these languages only one writes.
_LETTERS: Mapping[str, str] = {
    "uk": "іїєґ",
    "ru": "ыэёъ",
    "be": "ў",
    "fa": "پچژگ",
    "ur": "ٹڈڑےںہھ",
    "ar": "ةىكي",
}


def language_of(plain: str, among: Collection[str]) -> str:
    """The language (ISO 639-1) of a text among those; '' if it has no letters, or only of scripts that none
    of them is written in.

    A text of a word or two is told by everyday words (hi, ja, merci); where nothing tells (`ok super`), it is
    the first of those that are written in its script. So it tells which of these, not whether it is one.
    """
    script = _script(plain[:_SEEN])
    possible = [each for each in dict.fromkeys(among) if script in _SCRIPTS.get(each, (_LATIN,))]
    if len(possible) < 2:
        return possible[0] if possible else ""
    words = [word.strip("'") for word in _words(plain[:_SEEN])]
    return (len(words) <= _FEW and _by_everyday(words, possible)) or _by_statistics(words, possible)


def _script(text: str) -> str:
    """Which most of the letters are of; '' without letters."""
    counts = Counter(map(_script_of, text))
    del counts[""]
    counts[_LATIN] -= counts[_LATIN] - counts[_LATIN] // _WEIGHT if len(counts) > 1 else 0
    if not counts:
        return ""
    most, number = counts.most_common(1)[0]
    return most if number > 0 else ""


@lru_cache(maxsize=4_096)
def _script_of(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""


def _words(text: str) -> Sequence[str]:
    return "".join(char if char.isalpha() or char in "'’ " else " " for char in text.lower()).split()


def _by_everyday(words: Sequence[str], possible: Sequence[str]) -> str:
    """Whose everyday words they are, if more are of one language than of any other."""
    counts = Counter({each: len(_EVERYDAY.get(each, frozenset()) & set(words)) for each in possible})
    (first, most), (_, next_most) = counts.most_common(2)
    return first if most > next_most else ""


def _by_statistics(words: Sequence[str], possible: Sequence[str]) -> str:
    letters = set("".join(words))
    told = [each for each in possible if letters.intersection(_LETTERS.get(each, ""))]
    if len(told) == 1:
        return told[0]
    text = " ".join(words)
    if (likeliest := next(_detected(text, ""), ("", 0.0))[0]) in possible:
        return likeliest
    scores = {
        each: max((s for found, s in _detected(text, each) if found == each), default=0.0)
        for each in possible
    }
    return max(possible, key=scores.__getitem__)  # the first of them if none is likelier


def _detected(text: str, hint: str) -> Iterator[tuple[str, float]]:
    """Languages a text may be in, the likeliest first; none where the library is not there."""
    cld2 = _cld2()
    if cld2 is None:
        return
    hinted = {"hintLanguage": hint} if hint else {}
    try:
        _, _, found, *_ = cld2.detect(text, isPlainText=True, bestEffort=True, **hinted)
    except cld2.error:  # a text or a hint that it does not know
        return
    for _, code, percent, score in found:
        yield {"iw": "he"}.get(code, code), percent * score


@cache
def _cld2() -> Any:
    """The library, first when a message asks for it; some machines have none to install."""
    try:
        return importlib.import_module("pycld2")
    except ImportError:
        return None
