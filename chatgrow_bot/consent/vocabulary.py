"""Whether a message asks to stop, or to start again. Only one that says nothing else does: "stop by tomorrow"
asks for nothing. Case, accents and vowel points, punctuation and emoji, direction marks and full-width
letters are looked past, and that a word is repeated."""

# ruff: noqa: RUF001 - letters that look alike are the point

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, product

from .languages import EVERYWHERE, LANGUAGES

#: Characters that are looked at: all words are far shorter, and leave room for what decorates them.
_MOST = 160
#: Within a word these are part of its spelling, or stretch it, and everyone types another of them, or none.
_UNSEEN = frozenset("'’‘`´ʼ׳״ـ")
#: Letters for which many type another one.
_LETTERS = str.maketrans(
    {"ı": "i", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ"}
)

Words = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a message says of its writer's wish."""

    out: bool  #: he wants nothing any more; else he wants to hear again
    word: str  #: the word, as the lists have it
    languages: frozenset[str] = frozenset()  #: it is said in these; none: everywhere


class Vocabulary:
    """Our words and those of a business."""

    def __init__(self, stop: Words | None = None, start: Words | None = None) -> None:
        """`stop` and `start` are further words by language, '' for every language. Raises ValueError for a
        word that is none, or means the opposite already."""
        self._said: dict[str, Said] = {}
        self._alone: set[str] = set()
        self._leave: set[str] = set()
        for language, words in (("", EVERYWHERE), *LANGUAGES.items()):
            self._learn(language, True, (*words.stop, *words.alone))
            self._learn(language, False, words.start)
            self._alone.update(_joined(each) for each in words.alone)
            self._leave.update(_joined(each) for each in words.leave)
        for out, more in ((True, stop), (False, start)):
            for language, added in (more or {}).items():
                self._learn(language, out, added)
        polite = {_folded(each) for words in LANGUAGES.values() for each in words.polite}
        self._polite = tuple(sorted(polite, key=len, reverse=True))
        self._edges = frozenset(word for each in polite for word in each.split())

    def _learn(self, language: str, out: bool, words: Sequence[str]) -> None:
        for word in words:
            if not (key := _joined(word)):
                raise ValueError(f"'{word}' has no letters; write a word that people send")
            known = self._said.get(key)
            if known and known.out is not out:
                raise ValueError(f"'{word}' means {'STOP' if known.out else 'START'} already; write another")
            there = frozenset({language} - {""})
            if known:
                there = known.languages | there if known.languages and there else frozenset()
            self._said[key] = Said(out=out, word=known.word if known else word, languages=there)

    def __iter__(self) -> Iterator[tuple[str, Said]]:
        """Every word, as it is compared, and what it says."""
        return iter(self._said.items())

    def heard(self, text: str) -> Said | None:
        """What a message says of its writer's wish; None when it says nothing of it, or anything else."""
        if not text or len(text) > _MOST:
            return None
        words = _folded(text)
        once = " ".join(word for word, _ in groupby(words.split()))  # "stop stop stop"
        for each in (words, once):
            if said := self._said.get(each.replace(" ", "")):
                return said
        asked = self._without_courtesy(once)
        return None if asked == once or asked in self._alone else self._said.get(asked.replace(" ", ""))

    def leaves(self, text: str) -> bool:
        """Whether a message says no more than that its writer leaves what he is in the middle of."""
        if not text or len(text) > _MOST:
            return False
        words = _folded(text)
        once = " ".join(word for word, _ in groupby(words.split()))
        return any(
            each.replace(" ", "") in self._leave for each in (words, once, self._without_courtesy(once))
        )

    def _without_courtesy(self, words: str) -> str:
        first, _, rest = words.partition(" ")
        if not rest or not {first, rest.rpartition(" ")[2]} & self._edges:
            return words
        for each, _ in product(self._polite, range(2)):
            words = words.removeprefix(f"{each} ").removesuffix(f" {each}")
        return words


def _joined(text: str) -> str:
    """As words are compared: "opt out" and "opt-out" are "optout"."""
    return _folded(text).replace(" ", "")


def _folded(text: str) -> str:
    """The words in one form, a space between them."""
    small = text.casefold()
    if not small.isascii():
        parts = unicodedata.normalize("NFKD", small).casefold()  # a full-width letter has a case of its own
        small = "".join(map(_part, unicodedata.normalize("NFKD", parts))).translate(_LETTERS)
    return " ".join("".join(each if each.isalnum() else " " for each in small).split())


def _part(char: str) -> str:
    return "" if char in _UNSEEN or unicodedata.category(char) in ("Mn", "Me", "Cf") else char
