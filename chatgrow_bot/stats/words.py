"""The words under which figures are stored, and figures read from them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from ..hub import BOUNDS, Counted, Counts, Timed, Times
from ..messages import Lane
from ..store.counts import REASON

#: Seconds that a connection was online.
ONLINE = "online"
_LANE, _UP_TO, _SUM = "lane:", "<", "+"
#: Characters of a reason that tell it from others.
_REASON = 100
_MILLI = 1000


def lane(name: Lane) -> str:
    """A message was sent in this lane."""
    return f"{_LANE}{name}"


def timed(what: Timed, microseconds: int) -> Iterable[tuple[str, int]]:
    """Something took so long; a clock that was set back makes nothing shorter than nothing."""
    seconds = max(0, microseconds) / 1e6
    bound = next(each for each in BOUNDS if seconds <= each)
    yield f"{what}{_UP_TO}{bound}", 1
    yield f"{what}{_SUM}", round(seconds * _MILLI)


def reason(said: str) -> str:
    """Why a message failed. Numbers are left out: they make every reason another, and may be a person's."""
    clean = said.encode(errors="replace").decode().replace("\0", " ").split()
    words = " ".join("#" if any(map(str.isdigit, word)) else word for word in clean)
    return REASON + (words[:_REASON].strip() or "no reason was given")


def to_counts(amounts: Iterable[tuple[str, int]]) -> Counts:
    """Stored words and how often, as figures. Words of another version are left out."""
    found: Counter[str] = Counter()
    for what, amount in amounts:
        found[what] += amount
    return Counts(
        done={each: found[each] for each in Counted if each in found},
        times={each: _times(each, found) for each in Timed},
        failures={
            what.removeprefix(REASON): amount for what, amount in found.items() if what.startswith(REASON)
        },
        lanes={each: found[lane(each)] for each in Lane if lane(each) in found},
        online=found[ONLINE],
    )


def _times(what: Timed, found: Mapping[str, int]) -> Times:
    buckets = {bound: found.get(f"{what}{_UP_TO}{bound}", 0) for bound in BOUNDS}
    return Times(
        buckets={bound: count for bound, count in buckets.items() if count},
        total=found.get(f"{what}{_SUM}", 0) / _MILLI,
    )
