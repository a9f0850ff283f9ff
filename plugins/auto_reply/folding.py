"""Folds text, so that what a customer types and what a rule says meet: case, accents, vowel points, final
letters, look-alikes and punctuation aside. Two depths: patterns look at `plain` text, words are compared
`folded`.

Each character is worked out once and remembered, so that a text costs one pass of `str.translate`.
"""

# ruff: noqa: RUF001 - letters that look alike are the point

import unicodedata
from collections.abc import Callable

#: Vowel points and other signs that some write and most leave out, of scripts that are read without them.
#: The maqaf (U+05BE) is punctuation and parts words. Of other scripts (Hindi, Thai) they are the word itself.
_POINTS = frozenset(
    map(chr, [*range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7])  # Hebrew
) | frozenset(
    map(
        chr,
        [
            *range(0x0610, 0x061B),
            0x0640,  # stretches a word
            *range(0x064B, 0x0653),
            *range(0x0656, 0x0660),
            0x0670,
            *range(0x06D6, 0x06DD),
            *range(0x06DF, 0x06E5),
            *range(0x06E7, 0x06E9),
            *range(0x06EA, 0x06EE),
            *range(0x08D3, 0x0900),
        ],
    )  # Arabic
)
#: What makes one sign two: variation selectors, and the frame of a keycap.
_VARIANTS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x20E3]))
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
#: Accents of Latin, Greek, Cyrillic and Arabic letters.
_ACCENTS = frozenset(
    chr(code)
    for block in (
        range(0x0300, 0x0370),
        range(0x0483, 0x048A),
        range(0x0653, 0x0656),
        range(0x1AB0, 0x1B00),
        range(0x1DC0, 0x1E00),
        range(0x20D0, 0x2100),
        range(0xFE20, 0xFE30),
    )
    for code in block
)
#: Within a word these are part of its spelling (what's, צ'ק, ש"ח), and everyone types another of them.
_QUOTES = frozenset("'\"`´‘’‚‛“”„‟′″‵‶׳״＇＂ʹʺʻʼʽˈ")
#: Letters of their own, not a letter with an accent.
_WHOLE = frozenset("йїў")
_LETTERS = str.maketrans(
    {
        **dict(zip("ךםןףץ", "כמנפצ", strict=True)),
        **dict(zip("װױײ", ("וו", "וי", "יי"), strict=True)),
        **dict(zip("ٱىةکیہھەں", "ايهكيهههن", strict=True)),
        **dict(zip("ıøłđħŧ", "ioldht", strict=True)),
        **{"æ": "ae", "œ": "oe"},
    }
)
#: Invisible: direction marks and joiners; and half characters, which no encoding takes.
_UNSEEN = ("Cf", "Cs")

_JOINER = "\u200d"
#: Joined to a person, these say only whether it is a woman or a man.
_GENDERS = (f"{_JOINER}♀", f"{_JOINER}♂")
_PEOPLE = (f"👩{_JOINER}", f"👨{_JOINER}")
_PERSON = f"🧑{_JOINER}"

#: Sorting signs on one letter takes the square of their number; no script puts so many there.
_LONG = 1_000
_MANY = 30

#: Characters that are folded in one go: Python's other threads wait meanwhile.
_PART = 4_096

#: Characters that a table remembers; a text may hold any of a million.
_REMEMBERED = 20_000


class _Table(dict[int, str]):
    """What becomes of each character, for `str.translate`; worked out when it comes first."""

    def __init__(self, of: Callable[[str], str]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, code: int) -> str:
        becomes = self._of(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = becomes
        return becomes

    def read(self, text: str) -> str:
        """The whole text."""
        if len(text) <= _PART:
            return text.translate(self)
        return "".join(text[at : at + _PART].translate(self) for at in range(0, len(text), _PART))


def plain(text: str) -> str:
    """The text with one form for each letter and digit: compatibility forms joined, digits as 0-9, vowel
    points and whatever cannot be seen gone; case, accents, spaces and punctuation as they were."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _sortable(_PLAIN.read(text)))


def folded(text: str) -> str:
    """The text's words in lower case with one space before, between and after; empty if there are none.

    A symbol (an emoji, a currency sign) is a word of its own. So `phrase in text` on two folded strings asks
    for whole words.
    """
    if not text.isascii():
        if _JOINER in text:
            text = _anybody(text)
        text = unicodedata.normalize("NFC", _sortable(text))
    words = _FOLDED.read(text).split()
    return f" {' '.join(words)} " if words else ""


def _anybody(text: str) -> str:
    """People of an emoji without their gender and colour."""
    text = text.translate(_COLOURLESS)
    for gender in _GENDERS:
        text = text.replace(gender, "")
    for person in _PEOPLE:
        text = text.replace(person, _PERSON)
    return text


def _sortable(text: str) -> str:
    """The text, or without all its accents if it heaps them on one letter."""
    if len(text) > _LONG and "^" * _MANY in text.translate(_HEAPS):
        return "".join(char for char in text if not unicodedata.combining(char))
    return text


def _plain_char(char: str) -> str:
    if unicodedata.category(char) in _UNSEEN:
        return ""
    return "".join(
        _digit(each) or each
        for each in unicodedata.normalize("NFKC", char)
        if each not in _POINTS and each not in _VARIANTS
    )


def _folded_char(char: str) -> str:
    if char in _QUOTES or unicodedata.category(char) in _UNSEEN or char in _SKIN_TONES:
        return ""
    small = char.casefold()
    parts = small if small in _WHOLE else unicodedata.normalize("NFKD", char).casefold()
    return "".join(map(_folded_part, unicodedata.normalize("NFKD", parts) if parts != small else parts))


def _folded_part(char: str) -> str:
    if char in _POINTS or char in _VARIANTS or char in _ACCENTS or char in _QUOTES:
        return ""
    match unicodedata.category(char)[0]:
        case "L" | "M" | "N":
            return _digit(char) or char.translate(_LETTERS)
        case "S":
            return f" {char} "
        case _:
            return " "


def _digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else ""


_PLAIN = _Table(_plain_char)
_FOLDED = _Table(_folded_char)
_COLOURLESS = dict.fromkeys(map(ord, _SKIN_TONES | _VARIANTS), "")
_HEAPS = _Table(lambda char: "^" if unicodedata.combining(char) else " ")
