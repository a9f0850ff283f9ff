"""Who wrote: what stands between the head and the words, in heads that may have a colon in the name too."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from .heads import Head, without_marks
from .media import content_of
from .system_lines import says_system

_MARK = "\u200e"
#: A name on a phone is shorter.
_LONGEST = 120
#: So many messages that all begin alike, up to a colon, are written by somebody whose name has it.
_MANY = 8
#: An author who wrote so often is one, whatever he is called.
_OFTEN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A head, and what follows on its line."""

    head: Head
    author: str = ""  #: empty where nobody is named
    text: str = ""  #: the rest of the line, as it stands


def parted(heads: Sequence[Head], *, marked: bool) -> tuple[list[Line], list[str]]:
    """The heads with their authors; and what was doubtful."""
    lines = [_parted(head) for head in heads]
    by_author: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_author[line.author].append(line)
    longer, doubts = {}, []
    for author, his in by_author.items():
        if author and (more := _more_of(his, marked=marked)):
            longer[author] = more
            doubts.append(f"Every message of '{author}' begins with '{more}:': read as part of the name.")
    lines = [_renamed(line, longer[line.author]) if line.author in longer else line for line in lines]
    notices = {author for author, his in by_author.items() if len(his) < _OFTEN and says_system(author)}
    return [_unnamed(line) if line.author in notices else line for line in lines], doubts


def of_whatsapp(lines: Sequence[Line]) -> set[int]:
    """The lines, by their place, that WhatsApp wrote although they name somebody: the group or the customer
    whom they are about. A mark stands before their words."""
    found: set[int] = set()
    unmarked: Mapping[str, list[bool]] = defaultdict(list)
    for place, line in enumerate(lines):
        unmarked[line.author].append(not line.text.startswith(_MARK))
        if line.text.startswith(_MARK) and says_system(line.text):
            found.add(place)
    speaks_for = {lines[place].author for place in found}
    groups = {author for author in speaks_for if author and not any(unmarked[author])}
    for place, line in enumerate(lines):
        if line.author in groups and content_of(line.text, marked=True).kind == "text":
            found.add(place)
    return found


def _parted(head: Head) -> Line:
    body = head.body
    name, colon, text = body.partition(": ")
    if not colon and body.rstrip().endswith(":"):
        name, colon, text = body.rstrip()[:-1], ":", ""
    author = _tidy(name) if len(name) <= _LONGEST else ""
    if not colon or not author:
        return Line(head=head, text=body)
    return Line(head=head, author=author, text=text)


def _tidy(name: str) -> str:
    """Without the sign by which phones tell that somebody is not in the contacts."""
    return without_marks(without_marks(name).removeprefix("~"))


def _more_of(lines: Sequence[Line], *, marked: bool) -> str:
    """What all messages of an author begin with up to a colon, if it must be part of the name."""
    texts = [line.text for line in lines]
    low, high = min(texts), max(texts)  # what these share, all between share
    shared = next((n for n, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    more, colon, _ = low[:shared].rpartition(": ")
    if not colon or len(more) > _LONGEST:
        return ""
    rests = [text[len(more) + len(colon) :] for text in texts]
    sure = any(
        (rest.startswith(_MARK) and says_system(rest))
        or (rest.startswith((_MARK, "<")) and content_of(rest, marked=marked).kind != "text")
        for rest in rests
    )
    return more if sure or len(lines) >= _MANY else ""


def _renamed(line: Line, more: str) -> Line:
    text = line.text[len(more) + 2 :]
    return replace(line, author=f"{line.author}: {without_marks(more)}", text=text)


def _unnamed(line: Line) -> Line:
    return replace(line, author="", text=line.head.body)
