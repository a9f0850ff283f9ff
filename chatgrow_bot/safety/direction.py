"""Which way a text is written, and how a value of the other way is put into it so that punctuation and digits
stay where they were typed: between U+2068 and U+2069, which keep the two from moving each other."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import bidirectional

#: Opens and closes what has a direction of its own.
ISOLATE, END = "\u2068", "\u2069"

#: Marks that turn the text behind them until something closes them. A value's own are taken out.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u206f]")
_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f]")
_SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")
#: The blocks of the scripts that are written from the right, and the two marks that act as their letters.
_FROM_RIGHT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_DIGIT = re.compile(r"\d")
#: Digits stay together whichever way the text around them runs, and so do these marks between them.
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LINES = re.compile("([\n\r\x1c-\x1e\x85\u2029])")  #: where bidirectional text begins anew


class Direction(StrEnum):
    """The way a text runs."""

    LEFT = "left"  #: from the left, as English
    RIGHT = "right"  #: from the right, as Hebrew and Arabic


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What stands around a value."""

    direction: Direction | None  #: None: nothing there has one
    mixed: bool = False  #: letters of both ways share its line


NOTHING = Around(direction=None)


def untwisted(text: str) -> str:
    """The text without marks that would turn what comes after it."""
    return text if text.isascii() else _TURNING.sub("", text)


def as_typed(text: str) -> str:
    """The text as a person types it, to compare it with what he typed: without marks of direction, and with
    plain spaces, for languages set others within an amount or a time."""
    return _MARKS.sub("", text).translate(_SPACES)


def direction_of(text: str) -> Direction | None:
    """The way of its first letter; None when it has none."""
    for char in text:
        match bidirectional(char):
            case "L":
                return Direction.LEFT
            case "R" | "AL":
                return Direction.RIGHT
    return None


def set_apart(value: str, around: Around) -> str:
    """The value as it is where it runs as the text around it does, else with a direction of its own, line by
    line: a new line would end what the line before began."""
    if not value or _fits(value, around):
        return value
    return "".join(f"{ISOLATE}{line}{END}" if line.strip() else line for line in _LINES.split(value))


def surroundings(parts: Sequence[str | None]) -> list[Around]:
    """What stands around each value of a template, whose texts are given, with None in the place of a value:
    its line, and where that has no letters the whole."""
    whole = direction_of("".join(filter(None, parts)))
    found: list[Around] = []
    line, waiting = "", 0
    for part in (*parts, "\n"):
        if part is None:
            waiting += 1
            continue
        head, *rest = _LINES.split(part)
        line += head
        if rest:
            found += [_around(line, whole)] * waiting
            line, waiting = rest[-1], 0
    return found


def _around(line: str, whole: Direction | None) -> Around:
    right = bool(_FROM_RIGHT.search(line))
    return Around(direction=direction_of(line) or whole, mixed=right and _has_left(line))


def _fits(value: str, around: Around) -> bool:
    if around.direction is None or _NUMBER.fullmatch(value):
        return True
    from_right = bool(_FROM_RIGHT.search(value))
    if around.direction is Direction.LEFT:
        # beside letters from the right, digits and signs would go over to them
        return not from_right and (not around.mixed or bidirectional(value[0]) == "L")
    return not _has_left(value) and (from_right or not _DIGIT.search(value))


def _has_left(text: str) -> bool:
    letters: Iterable[str] = set(text)
    return any(bidirectional(char) == "L" for char in letters)
