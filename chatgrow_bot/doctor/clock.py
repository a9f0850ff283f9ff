"""The clock, held against what was written down: pace, times to live and age gates go by it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy.dialects import sqlite

from ..config import Settings
from ..plugin import Finding, Grade
from ..store import engines
from ..store.types import Moment

#: When this was written: no clock that is right is before it.
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=1)
_SET = "set the clock, and keep it set: timedatectl set-ntp true"


def clock(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether it can be right."""
    latest = _latest(settings)
    if now < _WRITTEN:
        yield Finding(what="clock", grade=Grade.BAD, said=f"says {now:%Y-%m-%d}, which is long ago", do=_SET)
    elif latest and latest > now + _TOLERANCE:
        said = f"is before the last thing that was written down, {latest:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding(what="clock", grade=Grade.BAD, said=said, do=_SET)
    else:
        yield Finding(what="clock", said=f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _latest(settings: Settings) -> datetime | None:
    """When the last fact was written down; None where that cannot be read."""
    file = engines.sqlite_file(engines.parse(settings.database_url))
    if file is None or not file.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as conn:
            found = conn.execute("SELECT max(at) FROM journal").fetchone()[0]
    except sqlite3.DatabaseError:
        return None
    return found and Moment().process_result_value(found, sqlite.dialect())
