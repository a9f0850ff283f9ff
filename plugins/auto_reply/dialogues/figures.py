"""Runs of digits in a text, with the signs that stand between them: 3, 1,000, 12.3., 10:30, 2-3."""

from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = frozenset("0123456789")
_MINUS = frozenset("-\u2212")
_SIGNS = frozenset(".,:/") | _MINUS
#: Characters of a text that are looked through.
_SEEN = 400


@dataclass(frozen=True, slots=True)
class Run:
    """One of them, a digit first and last."""

    text: str
    signs: frozenset[str]  #: that stand between its digits
    is_negative: bool = False  #: a minus stands before it, and a blank or nothing before that

    def parts(self) -> list[str]:
        """Its digits, between one sign and the next."""
        return "".join(char if char in _DIGITS else " " for char in self.text).split()


def runs(plain: str) -> Iterator[Run]:
    """All of a text, as folding makes it plain. What follows a Latin letter, as in A4, is none."""
    text = f"{plain[:_SEEN]} "
    start: int | None = None
    for place, char in enumerate(text):
        if char in _DIGITS or char in _SIGNS:
            start = place if start is None else start
        elif start is not None:
            if found := _run(text[start:place], text[start - 1] if start else " "):
                yield found
            start = None


def _run(text: str, before: str) -> Run | None:
    digits = [place for place, char in enumerate(text) if char in _DIGITS]
    if not digits or (digits[0] == 0 and before.isascii() and before.isalnum()):
        return None
    within = text[digits[0] : digits[-1] + 1]
    is_negative = digits[0] == 1 and text[0] in _MINUS and before.isspace()
    return Run(within, frozenset(within) & _SIGNS, is_negative)
