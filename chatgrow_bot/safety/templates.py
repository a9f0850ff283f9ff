"""Texts with fields in them: `Hello {{ name }}`. Fields are looked up and nothing is computed, so that
neither a rule's author nor a customer's message can run anything."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rapidfuzz import process

from ..errors import BadInput

#: Bytes of a template, and of what it renders to.
MAX_BYTES = 64 * 1024
_MAX_FILTERS = 4

_MISSING = object()
_NAME = re.compile(r"[^\W\d_]\w*(?:\.\w+)*")
_FILTER = re.compile(r'\s*\|\s*([a-z]+)(?:\(\s*"([^"]*)"\s*\))?')
_LITERAL = re.compile(r'"([^"]*)"')
_CASES: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "title": str.title}


@dataclass(frozen=True, slots=True)
class _Field:
    """One `{{ ... }}`."""

    name: str
    filters: tuple[tuple[str, str], ...]

    def value(self, values: Mapping[str, object]) -> str:
        found: object = values
        for part in self.name.split("."):
            found = found.get(part, _MISSING) if isinstance(found, Mapping) else _MISSING
        text = None if found is _MISSING or found is None else _text(self.name, found)
        for name, argument in self.filters:
            if name == "default":
                text = text or argument
            elif text is not None:
                text = _CASES[name](text)
        if text is None and found is _MISSING:
            raise BadInput(
                f"There is no '{self.name}' to fill in here; write {{{{ {self.name} | default(\"\") }}}}"
            )
        return text or ""


class Template:
    """A text with `{{ name }}` and `{{ contact.city | default("your city") | title }}` in it.

    A field names an entry of the values, dots an entry of an entry; attributes, indexes, calls and sums do
    not exist. Filters: upper, lower, title, default("text"). Single braces are text as they are; `{{ "{{" }}`
    writes two. With `known`, a field that is not among these names is refused at once; `contact.*` stands for
    all below. Raises BadInput, naming the place and the nearest name.
    """

    def __init__(self, text: str, *, known: Collection[str] | None = None) -> None:
        if len(text.encode(errors="replace")) > MAX_BYTES:
            raise BadInput(f"The text is longer than {MAX_BYTES} bytes")
        self.text = text
        self._parts = _parts(text)
        self.fields = tuple(dict.fromkeys(part.name for part in self._parts if isinstance(part, _Field)))
        if known is not None:
            for name in self.fields:
                _refuse_unknown(name, known)

    def render(self, values: Mapping[str, object]) -> str:
        """The text with its fields filled in, of 64 KiB at most. Values are data and never read as templates.

        Raises BadInput for a field without a value and without a default, and past the size.
        """
        done: list[str] = []
        left = MAX_BYTES
        for part in self._parts:
            piece = part.value(values) if isinstance(part, _Field) else part
            left -= len(piece.encode(errors="replace"))
            if left < 0:
                raise BadInput(f"The filled-in text is longer than {MAX_BYTES} bytes")
            done.append(piece)
        return "".join(done)


def _parts(text: str) -> list[str | _Field]:
    parts: list[str | _Field] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        end = _end(text, start + 2)
        if end < 0:
            raise BadInput(
                f"'{{{{' at character {start + 1} is not closed; write {{{{ \"{{{{\" }}}} to show it"
            )
        parts += [_outside(text[at:start]), _inside(text[start + 2 : end].strip(), start + 1)]
        at = end + 2
    return [part for part in (*parts, _outside(text[at:])) if part]


def _end(text: str, at: int) -> int:
    """Where the field ends: the next `}}` that is not between quotes, or -1."""
    while True:
        end, quote = text.find("}}", at), text.find('"', at)
        if end < 0 or quote < 0 or end < quote:
            return end
        at = text.find('"', quote + 1) + 1
        if at == 0:
            return -1


def _outside(text: str) -> str:
    if "{%" in text:
        raise BadInput("'{%' does nothing here, only {{ fields }} do; write {{ \"{%\" }} to show it")
    return text


def _inside(expression: str, place: int) -> str | _Field:
    if literal := _LITERAL.fullmatch(expression):
        return literal[1]
    filters: list[tuple[str, str]] = []
    name = _NAME.match(expression)
    at = name.end() if name else 0
    while name and (found := _FILTER.match(expression, at)):
        _check_filter(found[1], found[2])
        filters.append((found[1], found[2] or ""))
        at = found.end()
    if not name or at < len(expression) or len(filters) > _MAX_FILTERS:
        raise BadInput(
            f"'{{{{ {expression[:80]} }}}}' at character {place} is not a field: "
            f"write a name, such as {{{{ name }}}}, and up to {_MAX_FILTERS} filters, "
            'such as {{ name | default("friend") }}'
        )
    return _Field(name[0], tuple(filters))


def _check_filter(name: str, argument: str | None) -> None:
    known = (*_CASES, "default")
    if name not in known:
        raise BadInput(f"There is no filter '{name}'{_nearest(name, known)}; there are {', '.join(known)}")
    if (argument is None) == (name == "default"):
        form = 'default("text")' if name == "default" else name
        raise BadInput(f"The filter '{name}' is written {{{{ field | {form} }}}}")


def _refuse_unknown(name: str, known: Collection[str]) -> None:
    above = name.split(".")[:-1]
    below = {".".join([*above[: depth + 1], "*"]) for depth in range(len(above))}
    if name not in known and below.isdisjoint(known):
        raise BadInput(f"There is no field '{name}' here{_nearest(name, known)}")


def _nearest(name: str, known: Collection[str]) -> str:
    found = process.extractOne(name, known, score_cutoff=60)
    return f", did you mean '{found[0]}'?" if found else ""


def _text(name: str, value: object) -> str:
    """A value as text. Only plain values have one: the text of any other object tells of our insides."""
    if isinstance(value, str):
        return value[: MAX_BYTES + 1]  # enough to be refused, little enough for the filters
    if not isinstance(value, int | float | Decimal | date):
        raise BadInput(f"'{name}' is not a single value that can be written into a text")
    try:
        return str(value)
    except ValueError as error:  # a number of thousands of digits
        raise BadInput(f"'{name}' is too long a number") from error
