"""Errors people can act on: where, what, and what to type instead. All of them at once, because whoever mends
a file wants to run the check one more time, not ten."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import ConfigError

_MOST = 50  #: problems that are shown; past that, the first few are usually the cause of the rest
_WIDEST = 100  #: characters of a line that are shown; a longer one is cut around the caret
_BOLD, _RED, _DIM, _PLAIN = "\033[1m", "\033[31m", "\033[2m", "\033[0m"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; line and column count from 1. Line 0 means the file, or the variable, as a whole."""

    file: str
    line: int = 0
    column: int = 0
    #: The line itself, so that the report shows what was read; empty where it might hold a secret.
    source: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: the place, what is wrong with it, and (unless the message says so) what to do."""

    position: Position
    message: str
    hint: str = ""


class InvalidConfig(ConfigError):
    """The configuration cannot be used. `problems` says why; as text it is the whole report."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__(render(self.problems))

    def __str__(self) -> str:
        return self.detail


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems as one reads, by file, line and column, each once."""
    return sorted(
        dict.fromkeys(problems), key=lambda p: (p.position.file, p.position.line, p.position.column)
    )


def render(problems: Iterable[Problem], *, color: bool = False) -> str:
    """The report: a line a problem, its source line, a caret, a hint. `color` is for terminals."""
    blocks = ["\n".join(_block(problem, color)) for problem in problems]
    more = [f"... and {len(blocks) - _MOST} more"] if len(blocks) > _MOST else []
    return "\n\n".join([*blocks[:_MOST], *more])


def _block(problem: Problem, color: bool) -> Iterable[str]:
    bold, red, dim, plain = (_BOLD, _RED, _DIM, _PLAIN) if color else ("", "", "", "")
    position = problem.position
    yield f"{bold}{position}{plain}  {red}{_printable(problem.message)}{plain}"
    margin = 4
    if position.source.strip():
        line, column = _window(_printable(position.source).rstrip(), position.column)
        number = f"{position.line:>6}"
        margin = len(number)
        indent = "".join("\t" if char == "\t" else " " for char in line[: column - 1])
        yield f"{dim}{number} |{plain} {line}"
        yield f"{' ' * margin} {dim}|{plain} {indent}{red}^{plain}"
    if problem.hint:
        yield f"{' ' * margin} {_printable(problem.hint)}"


def _window(line: str, column: int) -> tuple[str, int]:
    """A part of a long line around the column, and the column within it."""
    start = max(0, column - _WIDEST // 2) if len(line) > _WIDEST else 0
    return line[start : start + _WIDEST], column - start


def _printable(text: str) -> str:
    """Text that cannot steer a terminal: whatever does not print (bidi marks too) becomes a question mark."""
    return "".join(char if char.isprintable() or char == "\t" else "?" for char in text)
