"""What the YAML parser's complaints mean to somebody who has never heard of a token."""

import unicodedata
from collections.abc import Sequence

import yaml

from .report import Position, Problem

_QUOTES = "put the whole value in double quotes"
_LINE_UP = "items of one list, and keys of one group, begin in the same column"
_COLON = (
    "put a value that contains ': ' in quotes, or look at the line before: a missing ':', another indentation"
)

#: A part of what the parser says -> what it means, what to do. The first that fits is taken.
_MEANINGS = (
    ("tab character", "a tab stands here", "indent with spaces"),
    ("mapping values are not allowed", "no ':' can stand here", _COLON),
    (
        "escape",
        "after a backslash comes something that is no escape",
        r"write \\ for a backslash, or use 'single quotes'",
    ),
    ("quoted scalar", "a quote is opened here and never closed", "close it, or remove it"),
    ("cannot start any token", "a value cannot begin with '{char}'", _QUOTES),
    ("alphabetic or numeric", "a value cannot begin with * or &", _QUOTES),
    ("directive", "a line cannot begin with '%'", _QUOTES),
    ("could not find expected ':'", "this line has no ':'", "write `key: value`"),
    ("flow", "a bracket is never closed, or a comma is missing", "check [ ] { } and commas"),
    ("expected '-' indicator", "this line does not belong to the list before it", _LINE_UP),
    ("expected key", "this does not belong to the lines before it", _LINE_UP),
    ("document start", "this does not belong to the lines before it", _LINE_UP),
    ("block scalar", "text stands after | or > on the same line", "begin it on the next line, indented"),
)


def explain(error: yaml.YAMLError, file: str, lines: Sequence[str], *, quote: bool = True) -> Problem:
    """The parser's complaint as a Problem, at the place where a person would look. `quote=False`: without the
    line itself."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _strange_character(error, file, lines, quote)
    said = f"{error.context or ''} {error.problem or ''}"
    line, column = _place(error, said, lines)
    position = Position(file, line + 1, column + 1, lines[line] if quote else "")
    before, char = lines[line][:column].rstrip(), lines[line][column : column + 1]
    if "expected key" in said and before.endswith(('"', "'")):
        return Problem(
            position, "text stands after a closing quote", "put the whole value in one pair of quotes"
        )
    for part, meaning, hint in _MEANINGS:
        if part in said or (part == "tab character" and char == "\t"):
            return Problem(position, meaning.format(char=char), hint)
    return Problem(position, f"this is not YAML: {error.problem}", "look at this line and the one before it")


def _place(error: yaml.MarkedYAMLError, said: str, lines: Sequence[str]) -> tuple[int, int]:
    """Line and column, from 0. Where something was opened tells more than where its end was missed."""
    mark, opened = error.problem_mark, error.context_mark
    assert mark is not None  # noqa: S101  # told by the caller
    if opened and ("end of stream" in said or "could not find expected ':'" in said):
        mark = opened
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    return (mark.line, mark.column) if mark.line <= last else (last, len(lines[last].rstrip()))


def _strange_character(error: yaml.YAMLError, file: str, lines: Sequence[str], quote: bool) -> Problem:
    """A character that YAML refuses anywhere: the reader tells neither line nor column, so look for it."""
    for number, line in enumerate(lines, start=1):
        for column, char in enumerate(line, start=1):
            if unicodedata.category(char) in ("Cc", "Cs") and char != "\t":
                position = Position(file, number, column, line if quote else "")
                return Problem(
                    position, f"the character U+{ord(char):04X} cannot stand in a file", "delete it"
                )
    return Problem(Position(file), f"this is not YAML: {error}", "save it anew as plain text")
