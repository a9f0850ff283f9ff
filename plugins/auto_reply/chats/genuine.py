"""Which of the lines that look like heads are heads. People paste chats into messages, and write lists of
dates; but a phone writes all its heads in one shape, and in the order of time."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .authors import Line
from .heads import Head, without_marks
from .system_lines import says_system

#: The shape of a file's first head is the phone's, unless hardly any other has it.
_HARDLY = 0.1
#: Where heads follow one sign for a new line and messages have another, so many do.
_NEARLY_ALL = 0.9
#: Messages are put in the order in which they came, which is not quite that of their times.
_SLACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A line with its head, and when that was."""

    line: Line
    at: datetime

    @property
    def is_sure(self) -> bool:
        """Whether it says what WhatsApp says, where it names nobody."""
        return not self.line.author and says_system(self.line.text)


def of_one_shape(heads: Sequence[Head]) -> list[Head]:
    """Those in the shape in which this phone writes."""
    shapes = Counter(head.shape for head in heads)
    if not shapes:
        return []
    shape = heads[0].shape if heads[0].line == 0 else None
    if shape is None or shapes[shape] < _HARDLY * len(heads):
        shape = shapes.most_common(1)[0][0]
    return [head for head in heads if head.shape == shape]


def after_whole_lines(heads: Sequence[Head], breaks: Mapping[int, bool]) -> list[Head]:
    """Without those inside a message, where the file tells: `breaks` says of each line after the first
    whether the one before ended as whole messages do. All heads, if it tells nothing."""
    whole = [head for head in heads if breaks.get(head.line, True)]
    return whole if len(whole) >= _NEARLY_ALL * len(heads) else list(heads)


def in_order(dated: Sequence[Dated], *, by_day: bool) -> list[Dated]:
    """Those that can be heads by their time: what is pasted goes back, a list of dates goes ahead, and
    both name people who are not in this chat, or repeat what stands above."""
    if not dated:
        return []
    times = [_day(each.at) if by_day else each.at for each in dated]
    spine = _longest_rise(times)
    after = _following(times, spine)
    on_spine = set(spine)
    ahead = {
        place
        for place, at in enumerate(times)
        if place not in on_spine and at - (after[place] or at) > _SLACK and not dated[place].is_sure
    }
    known = _known(dated, times, on_spine, ahead)
    kept: list[Dated] = []
    seen: set[tuple[datetime, str, str]] = set()
    last = times[0]
    for place, each in enumerate(dated):
        at, author = times[place], each.line.author
        # far back, the words may have been changed since
        words = without_marks(each.line.text) if last - at <= _SLACK else ""
        if at < last and (each.at, author, words) in seen:
            continue
        if (last - at > _SLACK or place in ahead) and author not in known and not each.is_sure:
            continue
        seen |= {(each.at, author, ""), (each.at, author, without_marks(each.line.text))}
        kept.append(each)
        last = at
    return kept


def _day(at: datetime) -> datetime:
    return datetime.combine(at.date(), datetime.min.time())


def _known(
    dated: Sequence[Dated], times: Sequence[datetime], on_spine: set[int], ahead: set[int]
) -> set[str]:
    """Who wrote in this chat: whoever wrote once without going back and without going ahead."""
    known: set[str] = set()
    last = times[0]
    for place, at in enumerate(times):
        if place in ahead:
            continue
        if last - at <= _SLACK:
            last = at
            if place in on_spine:
                known.add(dated[place].line.author)
    known.discard("")
    return known


def _longest_rise(times: Sequence[datetime]) -> list[int]:
    """The places of a longest part that never goes back."""
    tails: list[datetime] = []
    ends: list[int] = []
    before: list[int] = []
    for place, at in enumerate(times):
        length = bisect_right(tails, at)
        before.append(ends[length - 1] if length else -1)
        if length == len(tails):
            tails.append(at)
            ends.append(place)
        else:
            tails[length] = at
            ends[length] = place
    rise: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        rise.append(place)
        place = before[place]
    return rise[::-1]


def _following(times: Sequence[datetime], spine: Sequence[int]) -> list[datetime | None]:
    """For each place, the time of the next one on the spine."""
    after: list[datetime | None] = [None] * len(times)
    on_spine, following = set(spine), None
    for place in range(len(times) - 1, -1, -1):
        after[place] = following
        if place in on_spine:
            following = times[place]
    return after
