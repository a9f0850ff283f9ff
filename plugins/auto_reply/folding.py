"""Folds text, so that what a customer types and what a rule says meet: case, vowel points and punctuation
aside. Two depths: patterns look at `plain` text, words are compared `folded`."""

import unicodedata

#: Hebrew vowel points and cantillation marks (the maqaf, U+05BE, is punctuation and parts words), and the
#: variation selectors that make one emoji two.
_MARKS = dict.fromkeys(
    [*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7, *range(0xFE00, 0xFE10)]
)
#: Invisible: direction marks and joiners; and half characters, which no encoding takes.
_UNSEEN = ("Cf", "Cs")
#: Within a word these are part of its spelling (what's, צ'ק, ש"ח), and everyone types another of them.
_QUOTES = str.maketrans(dict.fromkeys("'\"`´‘’‚‛“”„‟′″׳״＇＂"))  # noqa: RUF001 - look-alikes are the point


def plain(text: str) -> str:
    """The text with one form for each letter: compatibility forms joined, vowel points and whatever cannot
    be seen gone; case, spaces and punctuation as they were."""
    if text.isascii():
        return text
    visible = "".join(char for char in text if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFKC", visible).translate(_MARKS)


def folded(text: str) -> str:
    """The text's words in lower case with one space before, between and after; empty if there are none.

    A symbol (an emoji, a currency sign) is a word of its own. So `phrase in text` on two folded strings asks
    for whole words.
    """
    words = "".join(map(_folded_char, plain(text.translate(_QUOTES)).casefold())).split()
    return f" {' '.join(words)} " if words else ""


def _folded_char(char: str) -> str:
    match unicodedata.category(char)[0]:
        case "L" | "M" | "N":
            return char
        case "S":
            return f" {char} "
        case _:
            return " "
