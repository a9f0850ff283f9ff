"""A plugin's whole response to a message, checked to its last part: what is carried out is in its form, and
so is what is kept of it."""

import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..messages import FILES, TEXT_LIMIT, FileNamed, Kind, Outbound
from ..responses import (
    Deed,
    Expect,
    Finish,
    HandOff,
    MarkRead,
    Notify,
    OptIn,
    OptOut,
    Page,
    Response,
    SetField,
    Tag,
    Tally,
    Trace,
)
from .isolation import WrongAnswer

#: Deeds of one response, words put on a customer by one, lines of a page, at most.
_DEEDS, _TAGS, _LINES = 100, 64, 10_000
#: Characters of a tag, a field's name or a topic; of a field's value or a note; of a line of a trace.
_NAME, _VALUE, _LINE = 64, 4_000, 1_000
#: Characters of a language or a kind of tally; of a dialogue's state as JSON. How long it may be open.
_WORD, _STATE, _OPEN = 20, 16_000, timedelta(days=30)


def checked(given: Response, messages: tuple[Outbound, ...]) -> Response:
    """A response of these messages, which were checked. Raises WrongAnswer for what is not in its form."""
    deeds, trace = given.deeds, given.trace
    if not isinstance(deeds, list | tuple) or not all(isinstance(deed, Deed) for deed in deeds):
        *others, last = (each.__name__ for each in _DONE)
        raise WrongAnswer(f"gave deeds that are not all {', '.join(others)} or {last}")
    if len(deeds) > _DEEDS:
        raise WrongAnswer(f"gave {len(deeds)} deeds at once; {_DEEDS} at most")
    if not isinstance(given.is_done, bool):
        raise WrongAnswer("gave a Response whose is_done is neither True nor False")
    return Response(
        messages=messages,
        deeds=tuple(map(_deed, deeds)),
        is_done=given.is_done,
        trace=None if trace is None else _traced(trace),
    )


def done(response: Response) -> str:
    """What a response comes to, in words: `tagged and answered`."""
    words = [_DONE[type(deed)](deed) for deed in response.deeds if not isinstance(deed, Tally)]
    if response.messages:
        words.append("answered")
    if not words:
        return "ended it" if response.settles else "passed"
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} and {last}" if others else last


def is_named(file: object) -> bool:
    """Whether this is a file by exactly one name."""
    if not isinstance(file, FileNamed):
        return False
    words = (file.path, file.url, file.upload_id, file.filename, file.mimetype)
    is_text = all(isinstance(each, str) and len(each) <= _VALUE for each in words)
    is_kind = file.kind is None or (isinstance(file.kind, Kind) and file.kind in FILES)
    return is_text and is_kind and sum(map(bool, words[:3])) == 1


_DONE: Mapping[type, Callable[[Any], str]] = {
    Tag: lambda tag: "tagged" if tag.add else "untagged",
    SetField: lambda field: "set a field" if field.value else "forgot a field",
    OptOut: lambda _: "opted out",
    OptIn: lambda _: "opted in",
    MarkRead: lambda _: "marked as read",
    Notify: lambda _: "told others",
    Expect: lambda _: "asked something",
    Finish: lambda _: "expects nothing more",
    HandOff: lambda _: "handed off",
    Tally: lambda _: "counted",
}


def _deed(deed: Deed) -> Deed:
    """A deed that is in its form, with all that it says as it is now."""
    match deed:
        case Tag(add=add, remove=remove):
            for words in (add, remove):
                if not isinstance(words, Collection) or isinstance(words, str) or len(words) > _TAGS:
                    raise WrongAnswer(f"gave a Tag that is not of sets of words, {_TAGS} at most")
                for word in words:
                    _check_words("a tag", word, 1, _NAME)
        case SetField(name=name, value=value):
            _check_words("a field's name", name, 1, _NAME)
            _check_words("a field's value", value, 0, _VALUE)
        case Notify(topic=topic, note=note, because=because):
            _check_words("a topic", topic, 1, _NAME)
            _check_words("a note", note, 0, _VALUE)
            _check_words("what a notice is because of", because, 0, _VALUE)
        case HandOff(team=team, note=note, language=language, because=because):
            _check_words("a team", team, 1, _NAME)
            _check_words("a note", note, 0, _VALUE)
            _check_words("a language", language, 0, _WORD)
            _check_words("what it is handed off because of", because, 0, _VALUE)
        case Tally(what=what, name=name):
            _check_words("a kind of tally", what, 1, _WORD)
            _check_words("what is counted", name, 1, _NAME)
        case Expect():
            return _expected(deed)
    return deed


def _expected(deed: Expect) -> Expect:
    seconds, farewell = deed.seconds, deed.farewell
    most = _OPEN.total_seconds()
    if type(seconds) not in (int, float) or not math.isfinite(seconds) or not 0 < seconds <= most:
        raise WrongAnswer(f"gave an Expect that is not open for 1 to {most:.0f} seconds")
    _check_words("a farewell", farewell, 0, TEXT_LIMIT)
    if not isinstance(deed.state, Mapping) or not _is_json(state := dict(deed.state)):
        raise WrongAnswer(
            "gave an Expect whose state is not JSON: texts, numbers, lists, and mappings by text"
        )
    words = json.dumps(state, ensure_ascii=False)
    if len(words) > _STATE:
        raise WrongAnswer(f"gave a state of {len(words)} characters; {_STATE} at most")
    return replace(deed, state=json.loads(words))


def _is_json(value: object, depth: int = 32) -> bool:
    """Whether it comes back from the database as what it was."""
    match value:
        case None | bool() | str():
            return True
        case int():
            return abs(value) < 1 << 63
        case float():
            return math.isfinite(value)
        case list() | tuple():
            return depth > 0 and all(_is_json(each, depth - 1) for each in value)
        case dict():
            is_named = all(isinstance(name, str) for name in value)
            return depth > 0 and is_named and all(_is_json(each, depth - 1) for each in value.values())
    return False


def _check_words(what: str, words: object, least: int, most: int) -> None:
    if not isinstance(words, str) or not least <= len(words) <= most:
        raise WrongAnswer(f"gave {what} that is not a text of {least} to {most} characters")


def _traced(trace: object) -> Trace:
    """A trace as it is kept: its page as it is, for many share it, its marks cut to what fits."""
    if not isinstance(trace, Trace) or not isinstance(trace.page, Page):
        raise WrongAnswer("gave a trace that is not a Trace with a Page")
    lines, marks = trace.page.lines, trace.marks
    if not isinstance(lines, tuple) or len(lines) > _LINES:
        raise WrongAnswer(f"gave a Page that is not a tuple of {_LINES} lines at most")
    if set(map(type, lines)) - {str} or max(map(len, lines), default=0) > _LINE:
        raise WrongAnswer(f"gave a Page whose lines are not all text of {_LINE} characters at most")
    if type(trace.asked) is not int or not 0 <= trace.asked <= len(lines):
        raise WrongAnswer("gave a trace in which it is not told how many lines were asked")
    if not isinstance(trace.is_dull, bool) or not isinstance(marks, Mapping) or len(marks) > len(lines):
        raise WrongAnswer("gave a trace whose marks or is_dull are not in their form")
    for place, mark in marks.items():
        if type(place) is not int or not 0 <= place < len(lines) or not isinstance(mark, str):
            raise WrongAnswer("gave a trace whose marks are not texts for lines of its page")
    marks = {place: mark[:_LINE] for place, mark in marks.items()}
    return Trace(page=trace.page, asked=trace.asked, marks=marks, is_dull=trace.is_dull)
