"""Bulk sends as CSV: people in, results out. What goes out is safe in a spreadsheet, which would run what
looks like a formula, and comes in again as it was."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatgrow_bot.errors import BadInput
from chatgrow_bot.hub import MOST_ROWS, BulkRow

#: What a spreadsheet takes for the beginning of a formula, in its wide forms too.
TRIGGERS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 (they are meant)
_MARK = "'"
_TO = ("to", "phone", "number")
_COLUMNS, _SHOWN = 200, 64
_SEPARATORS = ",;\t"
#: What spreadsheets write, and do not show, before the first line.
_SAID = re.compile(r'"?sep=([,;\t|])"?[ \t]*(?:\r\n|\n|\r)', re.IGNORECASE)


def safe(value: str) -> str:
    """A cell that no spreadsheet runs; `plain` is the way back."""
    return _MARK + value if (value[:1] and value[0] in TRIGGERS) or _is_marked(value) else value


def plain(cell: str) -> str:
    """What a cell says, without the mark that kept it from being run."""
    return cell[1:] if _is_marked(cell) else cell


def _is_marked(cell: str) -> bool:
    return cell[:1] == _MARK and cell[1:2] != "" and cell[1] in TRIGGERS + _MARK


def line(cells: Iterable[str]) -> bytes:
    """One line of a file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return out.getvalue().encode(errors="replace")


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line."""

    to: int  #: the place of the number
    names: Sequence[str]


def people(raw: bytes) -> Sequence[BulkRow]:
    """The rows of a file, for a thread; a row's number is its line as a spreadsheet shows it. Raises
    BadInput, naming the line."""
    reader = _reader(*_separated(_text(raw)))
    found: list[BulkRow] = []
    head: _Head | None = None
    try:
        for number, cells in enumerate(reader, start=1):
            if not any(cell.strip() for cell in cells):
                continue
            if head is None:
                head = _head(cells, number)
            elif len(found) == MOST_ROWS:
                raise BadInput(f"Line {number}: a file has {MOST_ROWS:,} people at most")
            else:
                found.append(_row(head, cells, number))
    except csv.Error as error:
        raise BadInput(f"Line {reader.line_num}: this is not CSV ({error})") from error
    if not found:
        raise BadInput("The file has no line with a person in it")
    return found


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(f"Line {at}: the file is not in UTF-8; save it as 'CSV UTF-8'") from error
    if "\0" in text:
        raise BadInput(f"Line {text.count(chr(10), 0, text.index(chr(0))) + 1}: there is a NUL character")
    return text


def _separated(text: str) -> tuple[str, str]:
    """The lines that a spreadsheet shows, and by what their cells are separated: as a first line `sep=;`
    says, or else so that one of them is named 'to'."""
    if said := _SAID.match(text):
        return text[said.end() :], said[1]
    heads = {separator: _first(text, separator) for separator in _SEPARATORS}
    named = (each for each, cells in heads.items() if any(name in _folded(cells) for name in _TO))
    return text, next(named, max(heads, key=lambda each: len(heads[each])))


def _first(text: str, separator: str) -> Sequence[str]:
    try:
        return next((cells for cells in _reader(text, separator) if any(cell.strip() for cell in cells)), [])
    except csv.Error:
        return []


def _reader(text: str, separator: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)


def _folded(cells: Sequence[str]) -> Sequence[str]:
    return [plain(cell.strip()).replace(" ", "_").casefold() for cell in cells]


def _head(cells: Sequence[str], number: int) -> _Head:
    names = [plain(cell.strip()).replace(" ", "_") for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > _COLUMNS:
        raise BadInput(f"Line {number}: a file has {_COLUMNS} columns at most")
    folded = _folded(cells)[: len(names)]
    twice = [name for at, name in enumerate(folded) if name and name in folded[:at]]
    if twice:
        raise BadInput(f"Line {number}: two columns are named '{twice[0][:_SHOWN]}'")
    places = [folded.index(name) for name in _TO if name in folded]
    if not places:
        raise BadInput(f"Line {number}: no column is named 'to' (or 'phone', or 'number')")
    return _Head(places[0], names)


def _row(head: _Head, cells: Sequence[str], number: int) -> BulkRow:
    said = [plain(cell) for cell in cells]
    to = said[head.to].strip() if head.to < len(said) else ""
    if any(cell.strip() for cell in said[len(head.names) :]):
        return BulkRow(number=number, to=to, fault="It has more cells than the first line has names")
    fields: Mapping[str, object] = {name: cell for name, cell in zip(head.names, said, strict=False) if name}
    fault = "" if to else "There is no number"
    return BulkRow(number=number, to=to, fields=fields, fault=fault)
