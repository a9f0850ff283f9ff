"""What a plan allows a day and a month: pure functions over a given time and what was used so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from ..hub import Span

#: What a plan allows without limits of its own.
_ANYTHING: Mapping[Span, int | None] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one plan allows."""

    messages: Mapping[Span, int | None] = field(default_factory=lambda: _ANYTHING)  #: None for any number
    media_size: int | None = None  #: bytes of one file

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit to the messages."""
        return any(limit is not None for limit in self.messages.values())

    def room(self, span: Span, used: int) -> int | None:
        """How many more may be queued after so many; None for any number."""
        limit = self.messages.get(span)
        return None if limit is None else max(0, limit - used)


def renews(span: Span, at: datetime) -> datetime:
    """When the span ends in which a moment is."""
    today = at.astimezone(UTC).date()
    ends = today + timedelta(days=1) if span is Span.DAY else (today.replace(day=1) + timedelta(days=31))
    return datetime.combine(ends if span is Span.DAY else ends.replace(day=1), time(), UTC)
