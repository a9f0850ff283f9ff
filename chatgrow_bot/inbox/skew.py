"""Notices that this machine's clock and WhatsApp's do not agree.

What a wrong clock does to the age gate is told, never corrected. Messages from the future count as new: they
are answered. If the clock is ahead, every message seems old and is left unanswered, though not silently: a
time worked out from a few messages is no ground to answer what may really be old, and whoever sets the clock
mends quiet hours, logins and the journal as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..messages import REMARKS, Inbound, Kind

#: How far the clocks may be apart before anybody is told.
_TOLERANCE = timedelta(seconds=60)
#: Messages in a row that are late by the same time, at moments so far apart: those of a sweep come in one.
_LATE, _APART = 3, timedelta(seconds=5)
#: It is told again only after so long.
_AGAIN = timedelta(hours=1)
#: The time on these is that of whoever made them.
_OWN_CLOCK = REMARKS | {Kind.VOTE}


@dataclass(slots=True)
class _Late:
    """Messages in a row that were late by the same time."""

    by: timedelta
    count: int
    at: datetime


class Skew:
    """Looks at when messages were sent and when they came, by connection."""

    def __init__(self, age_gate: timedelta) -> None:
        self._in_time = max(age_gate, _TOLERANCE)
        self._late: dict[str, _Late] = {}
        self._told: dict[str, datetime] = {}

    def look(self, message: Inbound) -> str | None:
        """What a person should know after this message, which has just come; mostly nothing."""
        if message.kind in _OWN_CLOCK:
            return None
        age, name, at = message.received_at - message.sent_at, message.connection_id, message.received_at
        trouble = self._trouble(name, age, at)
        if trouble is None or (name in self._told and abs(at - self._told[name]) < _AGAIN):
            return None
        self._told[name] = at
        return f"{trouble}; set the clock of this machine (timedatectl set-ntp true)"

    def _trouble(self, name: str, age: timedelta, at: datetime) -> str | None:
        if age <= self._in_time:
            self._late.pop(name, None)
            ahead = f"a message came {-age.total_seconds():.0f} s before it was sent, by WhatsApp's clock"
            return ahead if age < -_TOLERANCE else None
        late = self._late.get(name)
        if late is None or abs(age - late.by) > _TOLERANCE:
            late = self._late[name] = _Late(by=age, count=1, at=at)
        elif at - late.at >= _APART:
            late.count, late.at = late.count + 1, at
        if late.count < _LATE:
            return None
        return (
            f"messages come, one after the other, {late.by.total_seconds():.0f} s after they were sent by "
            "WhatsApp's clock, and are left unanswered as too old"
        )
