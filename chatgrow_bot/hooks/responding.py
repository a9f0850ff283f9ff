"""A plugin's whole response to a message, checked to its last part: what is carried out is in its form, and
so is what is kept of it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..messages import FILES, FileNamed, Kind, Outbound
from ..responses import Deed, MarkRead, Notify, OptIn, OptOut, Page, Response, SetField, Tag, Trace
from .isolation import WrongAnswer

#: Deeds of one response, words put on a customer by one, lines of a page, at most.
_DEEDS, _TAGS, _LINES = 100, 64, 10_000
#: Characters of a tag, a field's name or a topic; of a field's value or a note; of a line of a trace.
_NAME, _VALUE, _LINE = 64, 4_000, 1_000


def checked(given: Response, messages: tuple[Outbound, ...]) -> Response:
    """A response of these messages, which were checked. Raises WrongAnswer for what is not in its form."""
    deeds, trace = given.deeds, given.trace
    if not isinstance(deeds, list | tuple) or not all(isinstance(deed, Deed) for deed in deeds):
        raise WrongAnswer("gave deeds that are not all Tag, SetField, OptOut, OptIn, MarkRead or Notify")
    if len(deeds) > _DEEDS:
        raise WrongAnswer(f"gave {len(deeds)} deeds at once; {_DEEDS} at most")
    if not isinstance(given.is_done, bool):
        raise WrongAnswer("gave a Response whose is_done is neither True nor False")
    for deed in deeds:
        _check(deed)
    return Response(
        messages=messages,
        deeds=tuple(deeds),
        is_done=given.is_done,
        trace=None if trace is None else _traced(trace),
    )


def done(response: Response) -> str:
    """What a response comes to, in words: `tagged and answered`."""
    words = [_DONE[type(deed)](deed) for deed in response.deeds]
    if response.messages:
        words.append("answered")
    if not words:
        return "ended it" if response.is_done else "passed"
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
}


def _check(deed: Deed) -> None:
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
