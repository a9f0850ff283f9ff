"""What the head of a message looks like: when it was written, before who wrote it. Two patterns for all
phones; which of the lines that fit are heads is decided over the whole file, in genuine.py."""

# ruff: noqa: RUF001 - letters that look alike are told apart here

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chatgrow_bot.safety.patterns import compile_pattern

#: Characters of a line in which its head must end.
_MOST = 120
#: Direction marks and the like, which phones strew over heads.
MARKS = "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
SPACES = " \t\u00a0\u2007\u2009\u202f\u3000"
#: The first of ten digits, of the scripts that phones write times in.
_ZEROES = {"Arabic": 0x0660, "Persian": 0x06F0, "Hindi": 0x0966, "Bengali": 0x09E6, "Thai": 0x0E50}
_DIGITS = {zero + digit: str(digit) for zero in (*_ZEROES.values(), 0xFF10) for digit in range(10)}
_TABLE: Mapping[int, str | None] = {
    **dict.fromkeys(map(ord, MARKS), None),
    **dict.fromkeys(map(ord, SPACES), " "),
    **_DIGITS,
    **dict(zip(map(ord, "،，：／．－［］–—"), ",,:/.-[]--", strict=True)),
}

_AM = ("am", "לפנהצ", "ص", "öö", "πμ", "قظ", "pg", "sa", "上午", "凌晨", "早上", "午前", "오전")
_PM = ("pm", "אחהצ", "م", "ös", "μμ", "بظ", "ptg", "ch", "下午", "中午", "晚上", "午後", "오후")
#: How clocks of twelve hours call the halves of a day: letters only, in lower case.
_HALVES: Mapping[str, str] = {
    **dict.fromkeys(_AM, "am"),
    **dict.fromkeys(_PM, "pm"),
}
_HALF = (
    r"[ap]\.? ?m\.?|(?:לפנה|אחה)[\"'״”“׳’]{0,2}צ|ص|م|ö[öÖ]|ö[sS]|[πμ]\.? ?μ\.?|[قب]\.?ظ\.?|pt?g|sa|ch"
    r"|上午|凌晨|早上|中午|下午|晚上|午前|午後|오전|오후"
)
_DATE = r"(\d{1,4}) {0,2}([./\-年년]) {0,2}(\d{1,2}) {0,2}([./\-月월]) {0,2}(\d{1,4})([.日일]?)"
_BETWEEN = r"( {0,2},? {0,2}(?:à|at|às|as|um|alle|a las|kl\.?|klo|om|pukul|в|о)? {0,2})"
_TIME = rf"(?:({_HALF}) ?)?(\d{{1,2}})([:.h])(\d{{2}})(?:([:.])(\d{{2}}))?(?: {{0,2}}({_HALF}))?"
_IN_BRACKETS = compile_pattern(rf"^\[ ?{_DATE}{_BETWEEN}{_TIME} ?\] ?", ignore_case=True)
_BARE = compile_pattern(rf"^{_DATE}{_BETWEEN}{_TIME}( ?- |: |, )", ignore_case=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A line that begins like a message."""

    line: int  #: counted from 0
    numbers: tuple[int, int, int]  #: of the date, as they stand
    clock: tuple[int, int, int]  #: hour, minute, second
    half: str  #: am, pm, or empty on a clock of 24 hours
    shape: tuple[str, ...]  #: what else it looks like: the same in all heads that one phone writes
    body: str  #: what follows on the line

    @property
    def in_brackets(self) -> bool:
        """As iPhones write them."""
        return self.shape[0] == "["

    @property
    def year_first(self) -> bool:
        """Whether the first number can be nothing but a year."""
        return self.shape[1] == "long"

    @property
    def year_last(self) -> bool:
        """Whether the last number can be nothing but a year."""
        return self.shape[2] == "long"

    @property
    def is_plain(self) -> bool:
        """Whether its digits and halves are as in English."""
        return self.shape[-1] == "" and self.shape[-2] == "half"


class _Parts(NamedTuple):
    """The brackets of the patterns."""

    first: str
    dot: str
    second: str
    dot2: str
    third: str
    tail: str
    between: str
    before: str
    hour: str
    colon: str
    minute: str
    point: str
    seconds: str
    after: str


def head_of(line: str, number: int) -> Head | None:
    """The head that a line begins with, if it looks as if it had one."""
    start = line[:_MOST].translate(_TABLE)
    if not start or not (start[0] == "[" or start[0].isdecimal()):
        return None
    match = (_IN_BRACKETS if start[0] == "[" else _BARE).search(start)
    if match is None:
        return None
    found = _Parts(*(each or "" for each in match.groups[:14]))
    if not found.between and not found.before and found.tail not in ("日", "일"):
        return None  # a long number with a dot in it
    return Head(
        line=number,
        numbers=(int(found.first), int(found.second), int(found.third)),
        clock=(int(found.hour), int(found.minute), int(found.seconds or 0)),
        half=_half(found.before or found.after),
        shape=_shape(found, "[" if start[0] == "[" else (match.groups[14] or "").strip(), line),
        body=line[_reach(line, len(match.text)) :],
    )


def _shape(found: _Parts, end: str, line: str) -> tuple[str, ...]:
    years = ("long" if len(each) > 2 else "" for each in (found.first, found.third))
    words = (found.between.strip().lower(), found.colon, found.point)
    half = found.before or found.after
    where = "before" if found.before else "after" if found.after else ""
    latin = "half" if half and half[0].lower() in "ap" else ""
    digit = next(char for char in line if char.isdecimal())
    script = next((name for name, zero in _ZEROES.items() if zero <= ord(digit) < zero + 10), "")
    return (end, *years, found.dot, found.dot2, found.tail, *words, where, latin, script)


def without_marks(text: str) -> str:
    """The text as it is read: no direction marks, one kind of space, none around."""
    return " ".join(text.translate(_UNMARKED).split()) if not text.isascii() else text.strip()


def _reach(line: str, characters: int) -> int:
    """Where in a line that many characters end, marks not counted."""
    if line.isascii():
        return characters
    at = 0
    while characters:
        characters -= line[at] not in MARKS
        at += 1
    return at


def _half(word: str) -> str:
    return _HALVES.get("".join(filter(str.isalpha, word.lower())), "") if word else ""


_UNMARKED = dict.fromkeys(map(ord, MARKS), None)
