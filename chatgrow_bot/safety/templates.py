"""Texts with fields in them: `Hello {{ name }}`. Fields are looked up and nothing is computed, so that
neither a rule's author nor a customer's message can run anything."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import process

from ..errors import BadInput
from .direction import NOTHING, Around, as_typed, direction_of, set_apart, surroundings
from .filters import FILTERS, plain

__all__ = ["MAX_BYTES", "Template", "as_typed"]

#: Bytes of a template, and of what it renders to.
MAX_BYTES = 64 * 1024
_MAX_FIELDS = 2_000
_MAX_FILTERS = 4
_MAX_NAME = 100
#: Filters of a template that look things up in tables of languages, which takes a while.
_MAX_SLOW = 50
#: Characters that the filters of one text may read: what they write may be much less, and so prove nothing.
_MAX_READ = 4 * MAX_BYTES

_MISSING = object()
_NAME = re.compile(r"[^\W\d_]\w*(?:\.\w+)*")
_FILTER = re.compile(r'\s*\|\s*([a-z]+)(?:\(\s*"([^"]*)"\s*\))?')
_LITERAL = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class _Field:
    """One `{{ ... }}`."""

    name: str
    filters: tuple[tuple[str, str], ...]

    def found(self, values: Mapping[str, object]) -> object:
        """What stands under its name, or _MISSING."""
        found: object = values
        for part in self.name.split("."):
            found = found.get(part, _MISSING) if isinstance(found, Mapping) else _MISSING
        # of a text enough to be refused, little enough for the filters
        return found[: MAX_BYTES + 1] if isinstance(found, str) else found

    def written(self, found: object, locale: str) -> str:
        """What was found, through the filters."""
        missing, value = found is _MISSING, None if found is _MISSING else found
        try:
            for name, argument in self.filters:
                if name == "default":
                    missing, value = False, argument if value is None or value == "" else value
                elif value is not None and value != "":  # of what is not there, nothing is made
                    value = FILTERS[name].apply(value, argument, locale)
            text = "" if value is None else plain(value)
        except ValueError as error:
            raise BadInput(f"'{self.name}' {error}") from error
        if missing:
            raise BadInput(
                f"There is no '{self.name}' to fill in here; write {{{{ {self.name} | default(\"\") }}}}"
            )
        return text


class Template:
    """A text with `{{ name }}` and `{{ contact.city | default("your city") | title }}` in it.

    A field names an entry of the values, dots an entry of an entry; attributes, indexes, calls and sums do
    not exist. Filters stand in filters.py. Single braces are text as they are; `{{ "{{" }}` writes two. With
    `known`, a field that is not among these names is refused at once; `contact.*` stands for all below.
    Raises BadInput, naming the place and the nearest name.
    """

    def __init__(self, text: str, *, known: Collection[str] | None = None) -> None:
        if len(text.encode(errors="replace")) > MAX_BYTES:
            raise BadInput(f"The text is longer than {MAX_BYTES} bytes")
        self.text = text
        self._parts = _parts(text)
        fields = [part for part in self._parts if isinstance(part, _Field)]
        self.fields = tuple(dict.fromkeys(field.name for field in fields))
        #: Those of the fields that have no default.
        self.required = frozenset(
            field.name for field in fields if all(name != "default" for name, _ in field.filters)
        )
        if sum(FILTERS[name].slow for field in fields for name, _ in field.filters) > _MAX_SLOW:
            raise BadInput(f"The text has more than {_MAX_SLOW} dates, amounts and numbers to write")
        self._around = surroundings([None if isinstance(part, _Field) else part for part in self._parts])
        if known is not None:
            for name in self.fields:
                _refuse_unknown(name, known)

    def render(self, values: Mapping[str, object], locale: str = "en") -> str:
        """The text with its fields filled in, of 64 KiB at most. Values are data and never read as templates.

        Filters write dates, amounts and numbers as the locale does: `he`, `en-GB`; one that does not exist is
        taken for English. A value that is written in the other direction than the text around it is set
        apart, and marks of its own that would turn that text are left out.
        Raises BadInput for a field without a value and without a default, for a value that a filter cannot
        read, and past the size.
        """
        done: list[str] = []
        left = MAX_BYTES
        for piece in self._pieces(values, locale):
            left -= len(piece.encode(errors="replace"))
            if left < 0:
                raise BadInput(f"The filled-in text is longer than {MAX_BYTES} bytes")
            done.append(piece)
        return "".join(done)

    def _pieces(self, values: Mapping[str, object], locale: str) -> Iterator[str]:
        around, read = iter(self._around), 0
        spoken = NOTHING  # where the text itself has no letters, the first value that has some leads
        for part in self._parts:
            if isinstance(part, str):
                yield part
                continue
            found = part.found(values)
            read += len(found) * len(part.filters) if isinstance(found, str) else 0
            if read > _MAX_READ:
                raise BadInput(f"The filters of this text would read more than {_MAX_READ} characters")
            piece, beside = part.written(found, locale), next(around)
            if beside.direction is None:
                beside = spoken
                spoken = spoken if spoken.direction else Around(direction=direction_of(piece))
            yield set_apart(piece, beside)


def _parts(text: str) -> list[str | _Field]:
    parts: list[str | _Field] = []
    at = 0
    while (start := text.find("{{", at)) >= 0:
        if len(parts) == 2 * _MAX_FIELDS:
            raise BadInput(f"The text has more than {_MAX_FIELDS} fields")
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
    if not name or at < len(expression) or len(filters) > _MAX_FILTERS or len(name[0]) > _MAX_NAME:
        raise BadInput(
            f"'{{{{ {expression[:80]} }}}}' at character {place} is not a field: "
            f"write a name, such as {{{{ name }}}}, and up to {_MAX_FILTERS} filters, "
            'such as {{ name | default("friend") }}'
        )
    return _Field(name[0], tuple(filters))


def _check_filter(name: str, argument: str | None) -> None:
    found = FILTERS.get(name)
    if not found:
        known = ", ".join(FILTERS)
        raise BadInput(f"There is no filter '{name}'{_nearest(name, list(FILTERS))}; there are {known}")
    if (argument is None and not found.bare) or (argument is not None and not found.check):
        raise BadInput(f"The filter '{name}' is written {{{{ field | {found.forms} }}}}")
    if argument is not None and found.check:
        try:
            found.check(argument)
        except ValueError as error:
            raise BadInput(f"The filter '{name}': {error}") from error


def _refuse_unknown(name: str, known: Collection[str]) -> None:
    above = name.split(".")[:-1]
    below = {".".join([*above[: depth + 1], "*"]) for depth in range(len(above))}
    if name not in known and below.isdisjoint(known):
        raise BadInput(f"There is no field '{name}' here{_nearest(name, known)}")


def _nearest(name: str, known: Collection[str]) -> str:
    found = process.extractOne(name, known, score_cutoff=60)
    return f", did you mean '{found[0]}'?" if found else ""
