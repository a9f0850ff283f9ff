"""Patterns that people write in rules: RE2 only, whose time grows with the text and with nothing else, so
that no pattern and no message can hang the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from ..errors import BadInput
from ..messages import TEXT_LIMIT

#: Characters of a message that a pattern sees.
MAX_TEXT = TEXT_LIMIT
#: Bytes RE2 may take for one pattern. Enough that ordinary patterns run as an automaton, the fast way.
_MAX_MEMORY = 4 << 20
#: Steps a pattern may compile to. The worst pattern of this size takes about a second for the longest text,
#: without holding Python's lock: a thread may search a long text while the event loop goes on.
_MAX_STEPS = 4_000

#: What RE2 says, and what that means to somebody who knows other regular expressions.
_ADVICE = {
    "invalid perl operator": "look-ahead, look-behind and atomic groups are not supported",
    "invalid escape sequence": "back-references are not supported, and a backslash is written as \\\\",
    "invalid repetition size": "a repeat counts to 1000 at most, nested ones together",
    "bad repetition operator": "possessive and doubled repeats are not supported",
    "no argument for repetition": "a repeat such as * or + needs something before it",
    "missing )": "a bracket is not closed",
    "unexpected )": "a bracket is closed that was not opened",
    "missing ]": "a character class is not closed",
    "pattern too large": "use smaller repeats",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a pattern was found first."""

    text: str  #: what matched
    groups: tuple[str | None, ...]  #: each bracket's part, None where it took none
    named: Mapping[str, str | None]  #: the parts of `(?P<name>...)` brackets


class Pattern:
    """A pattern ready to search with. Made by `compile_pattern`."""

    def __init__(self, text: str, compiled: Any) -> None:
        self.text = text
        self._compiled = compiled

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its named brackets."""
        return tuple(self._compiled.groupindex)

    @property
    def steps(self) -> int:
        """How large it is. The worst pattern takes time by its steps and the text's length."""
        return int(max(self._compiled.programsize, self._compiled.reverseprogramsize))

    def search(self, text: str) -> Match | None:
        """The first place in the text's first 65,536 characters where it matches. Linear in the text's
        length."""
        found = self._compiled.search(_readable(text))
        if found is None:
            return None
        return Match(text=found.group(), groups=found.groups(), named=found.groupdict())


class PatternSet:
    """Many patterns looked for at once: one pass of the text finds which letters are there that patterns
    cannot do without, and only those whose letters are there are searched for. Raises BadInput as
    `compile_pattern` does."""

    def __init__(self, patterns: Sequence[str], *, ignore_case: bool = False) -> None:
        self._patterns = [compile_pattern(text, ignore_case=ignore_case) for text in patterns]
        self._together = _together(patterns, ignore_case)
        self.steps = sum(pattern.steps for pattern in self._patterns)

    def found(self, text: str) -> list[int]:
        """The numbers of those that match somewhere, in order. Exactly those whose `search` finds something;
        linear in the text's length."""
        if self._together is None:
            return [number for number, pattern in enumerate(self._patterns) if pattern.search(text)]
        found: list[int] | None = self._together.Match(_readable(text))
        return found or []


def compile_pattern(text: str, *, ignore_case: bool = False) -> Pattern:
    """Make a pattern of RE2's syntax. Raises BadInput with what RE2 says and what to do."""
    try:
        compiled = re2.compile(text, _options(ignore_case))
    except re2.error as error:
        says = error.args[0].decode(errors="replace")
        raise BadInput(f"The pattern '{text}' cannot be used: {_in_words(says)}") from error
    except UnicodeEncodeError as error:
        raise BadInput("The pattern holds characters that are not text") from error
    pattern = Pattern(text, compiled)
    if pattern.steps > _MAX_STEPS:
        raise BadInput(f"The pattern '{text}' is too large: use smaller repeats, or + instead of a count")
    return pattern


def _options(ignore_case: bool) -> Any:
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return options


def _readable(text: str) -> str:
    """What a pattern sees of a text; lone surrogates do happen."""
    seen = text[:MAX_TEXT]
    return seen if seen.isascii() else seen.encode(errors="replace").decode()


def _together(patterns: Sequence[str], ignore_case: bool) -> Any:
    """RE2's filter; None without patterns, or if it will not have so many."""
    if not patterns:
        return None
    together, options = re2.Filter(), _options(ignore_case)
    try:
        for text in patterns:
            together.Add(text, options)
        together.Compile()
    except re2.error:
        return None
    return together


def _in_words(says: str) -> str:
    advice = next((advice for start, advice in _ADVICE.items() if says.startswith(start)), "")
    return f"{says} ({advice})" if advice else says
