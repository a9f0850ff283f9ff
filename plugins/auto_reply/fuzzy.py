"""Finds words in spite of typing errors."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

#: What is looked through: a customer's question, not what he pasted below it.
SEEN = 1_000

#: From so many letters on a word may be wrong in so many places. Of short words one wrong letter makes others
#: (four, hour, your), and of numbers any.
_ONE_ERROR = 5
_TWO_ERRORS = 9
#: Letters of a word whose misspellings are kept; of longer ones there are too many.
_SHORT = 20
#: Customers' words of which it is remembered what they are meant for.
_REMEMBERED = 10_000


def fuzzy(phrases: Sequence[str], folded: str) -> str | None:
    """The first phrase that is in the text even if it is misspelt; None if none is.

    A word of five letters or more may have one typing error (a letter wrong, missing, too many, or two
    swapped), a word of nine or more two; shorter words and numbers must be right. Only the first 1,000
    characters of a message are looked at.

    Both as `folding.folded` makes them.
    """
    words = _seen(folded)
    near: dict[str, set[int]] = {}
    for phrase in phrases:
        if _is_there(_words(phrase), words, near):
            return phrase
    return None


class Misspelt:
    """Many phrases, looked for together: what a word of a message may be meant for is looked up, and kept,
    because customers use the same words."""

    def __init__(self, phrases: Collection[str]) -> None:
        self._phrases: dict[str, list[str]] = {}  #: by one of their words
        self._left: dict[str, list[str]] = {}  #: words of phrases, by what errors may leave of them
        self._long: list[str] = []  #: words of which errors may leave too much to keep
        self._meant: dict[str, tuple[str, ...]] = {}
        for phrase in phrases:
            self._phrases.setdefault(max(_words(phrase), key=len), []).append(phrase)
        for word in {word for phrase in phrases for word in _words(phrase)}:
            if len(word) > _SHORT:
                self._long.append(word)
            else:
                for left in _what_is_left(word, _errors(word)):
                    self._left.setdefault(left, []).append(word)

    def found(self, folded: str) -> list[str]:
        """Those that `fuzzy` finds."""
        if not self._phrases:
            return []
        near: dict[str, set[int]] = {}
        for place, word in enumerate(words := _seen(folded)):
            for meant in self._meant_by(word):
                near.setdefault(meant, set()).add(place)
        return [
            phrase
            for word in near.keys() & self._phrases.keys()
            for phrase in self._phrases[word]
            if all(each in near for each in _words(phrase)) and _is_there(_words(phrase), words, near)
        ]

    def _meant_by(self, word: str) -> tuple[str, ...]:
        """The words of phrases that this one may be meant for."""
        if word in self._meant:
            return self._meant[word]
        lefts = _what_is_left(word, 2) if len(word) <= _SHORT + 2 else ()
        near = {meant for left in lefts for meant in self._left.get(left, ())}
        meant = tuple(each for each in near.union(self._long) if _near(each, [word]))
        if len(self._meant) < _REMEMBERED:
            self._meant[word] = meant
        return meant


def _seen(folded: str) -> list[str]:
    return folded[: folded.rfind(" ", 0, SEEN + 1)].split()  # whole words only


def _what_is_left(word: str, errors: int) -> set[str]:
    """The word without each letter, or two, that may be wrong. Two words that differ by so many typing errors
    have one of these in common."""
    left = {word}
    for _ in range(errors):
        left |= {each[:place] + each[place + 1 :] for each in left for place in range(len(each))}
    return left


def _is_there(phrase: Sequence[str], words: Sequence[str], near: dict[str, set[int]]) -> bool:
    """Whether the words stand somewhere in the text, one after the other. `near` keeps where each may be."""
    starts: frozenset[int] | None = None
    for offset, wanted in enumerate(phrase):
        if wanted not in near:
            near[wanted] = set(_near(wanted, words))
        here = frozenset(place - offset for place in near[wanted])
        starts = here if starts is None else starts & here
        if not starts:
            return False
    return bool(starts)


def _near(wanted: str, words: Sequence[str]) -> list[int]:
    errors = _errors(wanted)
    if not errors:
        return [place for place, word in enumerate(words) if word == wanted]
    shortest, longest = len(wanted) - errors, len(wanted) + errors
    return [
        place
        for place, word in enumerate(words)
        if shortest <= len(word) <= longest and OSA.distance(wanted, word, score_cutoff=errors) <= errors
    ]


@lru_cache(maxsize=4_096)
def _errors(word: str) -> int:
    """How many typing errors a word may have."""
    if len(word) < _ONE_ERROR or any(map(str.isdigit, word)):
        return 0
    return 1 if len(word) < _TWO_ERRORS else 2


@lru_cache(maxsize=4_096)
def _words(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split())
