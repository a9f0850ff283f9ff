"""A hundred patterns meant to hang whoever searches with them, and texts they are meant for."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

#: The longest message there is.
LONGEST = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Evil:
    """A pattern, and the text that makes it go astray."""

    pattern: str
    unit: str  #: repeated as often as a message holds it
    end: str = "!"

    @property
    def text(self) -> str:
        """As long as a message may be."""
        return (self.unit * (LONGEST // len(self.unit) + 1))[: LONGEST - len(self.end)] + self.end


def _evil(unit: str, *patterns: str, end: str = "!") -> Sequence[Evil]:
    return [Evil(pattern=pattern, unit=unit, end=end) for pattern in patterns]


#: A library that goes back and tries again (Python's `re`) does not come to an end with any of these.
HANGING: Sequence[Evil] = (
    *_evil(
        "a",
        r"(a+)+$",
        r"(a|aa)+$",
        r"(a|a?)+$",
        r"^(a+)+b$",
        r"([a-zA-Z]+)*$",
        r"(a*)*b",
        r"(a*)*$b",
        r"(((a+)+)+)+$",
        r"(.*)*z",
        r"(.+)+z",
        r"(a+){20}b",
        r"a*a*a*a*a*a*a*a*a*a*b",
        r"(.*a){12}$",
        r"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(a?a?)+b",
        r"(a|b|ab)*bc",
        r"(\w+)*\d$",
        r"(\w*)*\W\d",
        r"([\w.]+)*@z",
        r"(\S+)+\s$",
        r"(?:a+a+)+b",
        r"(?i)(A+)+$z",
        r"^(?:a?){40}a{40}b",
        r"(a+|[ab]+)+c",
        r"([a-z]+[a-z]+)+\d",
        r"(.*?a)+?z",
        r"((a|b)*|(a|c)*)*d",
        r"a+a+a+a+a+a+a+b",
    ),
    *_evil("1", r"^(\d+)*$", r"(\d+\d+)+x", r"^\d*\d*\d*\d*\d*\d*x", r"(\d{1,9})+:", r"((\d+),?)+;"),
    *_evil("a ", r"(\w+\s?)*$z", r"(\s*\w*\s*)*z", r"([\w\s]+)+\d$", r"(\w+\W+)+\d\d", r"(.*\s)+\d"),
    *_evil("a.", r"([a-z.]+[a-z.]?)+@", r"(([a-z]+)[.]?)+:$", r"^([a-z.]+)+@$"),
    *_evil("א", r"([א-ת]+)+$z", r"(\w+)+ \d", r"(א+א+)+ב"),
    *_evil("شكرا ", r"(.+\s?)+\d", r"([^\d]+)+\d"),
    *_evil("x", r"(x+x+)+y", r"(x*)+y", r"(x|xx|xxx)+y"),
)
#: These fill an automaton with states; RE2 throws them away or goes its slow way, which is linear still.
GROWING: Sequence[Evil] = (
    *_evil(
        "".join(Random(1).choices("ab", k=LONGEST)),
        r"[ab]*a[ab]{100}c",
        r"a[ab]{200}c",
        r"(a[ab]{50}c|b[ab]{70}d|a[ab]{90}e)",
        r".*a.{90}z",
        r"(a|b)*a(a|b){14}!c",
        r"[ab]{300}c",
        r"(a[ab]{30}){4}c",
        r"b.{120}b.{120}c",
        r"(.a.{40}){5}z",
        r"(?:[ab]a|b[ab]){100}c",
        r"[ab]*a[ab]{60}a[ab]{60}c",
        r"([ab]*b[ab]{20}){3}c",
    ),
)
#: Refused when the rules are loaded, each at its line, for what RE2 cannot do or would not do in good time.
REFUSED: Sequence[str] = (
    r"(?=a+)+b",
    r"(?!a+)b",
    r"(?<=a+)b",
    r"(?<!a)b",
    r"(?>a+)+b",
    r"^(?=(a+))\1b",
    r"(?=.*a)(?=.*b)(?=.*c)x",
    r"(a)\1+",
    r"(a+)(b+)\2\1",
    r"(?P<x>a+)(?P=x)+",
    r"(\w+)\s+\1",
    r"(a++)+b",
    r"a*+b",
    r"a{1001}",
    r"a{1,100000}",
    r"(a{1000}){1000}",
    r"((a{100}){100}){100}",
    r"(((((a{10}){10}){10}){10}){10}){10}",
    r"(.{1,1000}){1,1000}",
    r"((a{0,100}){0,100}){0,100}",
    r"(\pL\PN){100}",
    r"[\pL\pN]{1,400}",
    r"(.|\n){900}",
    r"(\pL+\s+){200}",
    r"(?i)[א-ת\pL]{300}",
    r"(a",
    r"a)",
    r"[a",
    r"*a",
    r"a**",
    r"+",
    r"(?<x",
    r"\Z",
    "a\\",
    r"(?R)",
    r"(?(1)a|b)",
    r"[z-a]",
    r"\p{Nobody}",
)
