"""An exported chat, read: heads are found, the order of dates is told, pasted heads are set aside, and each
line goes to the entry it belongs to. No line is lost, whatever the file is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from chatgrow_bot.errors import BadInput
from chatgrow_bot.messages import Kind

from .authors import of_whatsapp, parted
from .dates import ORDERS, doubts_of, has_no_halves, moment, order_of
from .files import read_export
from .genuine import Dated, after_whole_lines, in_order, of_one_shape
from .heads import MARKS, Head, head_of, without_marks
from .media import content_of
from .nouns import Chat, Entry

_MARK = "\u200e"
#: When a line was written that tells nothing of it.
_NEVER = datetime.combine(date.min, time())


def read_chat(path: Path, order: str = "") -> Chat:
    """Read an export of WhatsApp, .txt or .zip. `order` is dmy, mdy or ymd where the dates leave it open.
    Raises BadInput."""
    if order and order not in ORDERS:
        raise BadInput(f"The order of dates is one of {', '.join(ORDERS)}, not '{order}'")
    export = read_export(path)
    chat = parse_chat(export.text, order)
    return replace(chat, media=export.media, problems=(*export.problems, *chat.problems))


def parse_chat(text: str, order: str = "") -> Chat:
    """Read the text of an export. Never fails, and never leaves a line out."""
    lines, breaks = _lines(text)
    fitting = [head for number, line in enumerate(lines) if (head := head_of(line, number))]
    heads = after_whole_lines(of_one_shape(fitting), breaks)
    if not heads:
        return _unknown(lines)
    order, doubts = order_of(heads, order)
    marked = heads[0].in_brackets and _MARK in text  # Android puts it only before names
    real, more = _real(heads, order, marked=marked)
    if not real:
        return _unknown(lines)
    entries = _entries(real, lines, marked=marked)
    problems = [*doubts, *doubts_of([each.line.head for each in real], [each.at for each in real]), *more]
    problems += _strange(real, fitting, lines)
    return Chat(
        entries=tuple(entries),
        format=_format(real[0].line.head, order),
        problems=tuple(problems),
        lines=len(lines),
    )


def _real(heads: Sequence[Head], order: str, *, marked: bool) -> tuple[list[Dated], list[str]]:
    moments = {head.line: at for head in heads if (at := moment(head, order))}
    lines, doubts = parted([head for head in heads if head.line in moments], marked=marked)
    dated = [Dated(line=line, at=moments[line.head.line]) for line in lines]
    return in_order(dated, by_day=has_no_halves(heads)), doubts


def _lines(text: str) -> tuple[list[str], Mapping[int, bool]]:
    """The lines, and for each but the first whether the one before ended with CRLF, if only some do. Other
    signs that Python takes for line ends are part of messages."""
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    ends = {number + 1: line.endswith("\r") for number, line in enumerate(lines[:-1])}
    mixed = len(set(ends.values())) == 2
    return [line.removesuffix("\r") for line in lines], ends if mixed else {}


def _entries(real: Sequence[Dated], lines: Sequence[str], *, marked: bool) -> list[Entry]:
    own = of_whatsapp([each.line for each in real])
    entries = []
    first = real[0].line.head.line
    if first:
        text = "\n".join(lines[:first])
        at = real[0].at
        entries.append(Entry(at=at, text=text, kind=Kind.OTHER, is_system=True, last_line=first))
    for place, each in enumerate(real):
        start = each.line.head.line
        end = real[place + 1].line.head.line if place + 1 < len(real) else len(lines)
        text = "\n".join([each.line.text, *lines[start + 1 : end]])
        if end == len(lines):
            text = text.rstrip("\n")
        where = {"first_line": start + 1, "last_line": end}
        entries.append(_entry(each, text, is_system=place in own, marked=marked, **where))
    return entries


def _entry(
    each: Dated, text: str, *, is_system: bool, marked: bool, first_line: int, last_line: int
) -> Entry:
    if is_system or not each.line.author:
        words = text.strip(f" {MARKS}")
        kind, author, filename, is_system = Kind.OTHER, "", "", True
    else:
        content = content_of(text, marked=marked)
        words, kind, author, filename = content.text, content.kind, each.line.author, content.filename
        if kind is Kind.TEXT and words == "null" and not each.line.head.in_brackets:
            kind = Kind.OTHER  # how Android writes what could be seen once
    return Entry(
        at=each.at,
        author=author,
        text=words,
        kind=kind,
        filename=filename,
        is_system=is_system,
        first_line=first_line,
        last_line=last_line,
    )


def _strange(real: Sequence[Dated], fitting: Sequence[Head], lines: Sequence[str]) -> list[str]:
    """Lines that somebody may miss as messages of their own."""
    problems = []
    start = real[0].line.head.line
    if any(map(without_marks, lines[:start])):
        problems.append(f"Lines 1 to {start} stand before the first message and belong to nobody.")
    taken = {each.line.head.line for each in real}
    left = [head.line + 1 for head in fitting if head.line not in taken]
    if left:
        problems.append(
            f"{len(left)} lines look like the beginning of a message and are read as part of the one before, "
            f"as if pasted there; the first is line {left[0]}."
        )
    return problems


def _format(head: Head, order: str) -> str:
    phone = "iPhone" if head.in_brackets else "Android"
    order = "ymd" if head.year_first else order if order != "ymd" or not head.year_last else "dmy"
    hours = "12 hours" if head.half else "24 hours"
    return f"{phone}, {ORDERS[order]}, {hours}"


def _unknown(lines: Sequence[str]) -> Chat:
    """A file without a single head: one entry of all its lines."""
    if not lines:
        return Chat(entries=(), problems=("The file is empty.",))
    entry = Entry(at=_NEVER, text="\n".join(lines), kind=Kind.OTHER, is_system=True, last_line=len(lines))
    problem = "No line begins as messages do in exports of WhatsApp: is this the .txt that it made?"
    return Chat(entries=(entry,), problems=(problem,), lines=len(lines))
