"""Whether a session that is online also hears, and what to do about one that does not: the commonest
complaint about every gateway is an account that looks connected and brings in nothing. Pure arithmetic."""

from datetime import datetime, timedelta
from enum import StrEnum

#: How often a deaf page is swept: what it does not tell, it may still hold.
SWEEP_EVERY = timedelta(seconds=15)
#: How long it may take to find its ear again, as when it has just loaded, before anybody is told.
TELL_AFTER = timedelta(seconds=5)
#: How long it is left to hear again by itself: an engine mends its own page first, and waits to see it hold.
REOPEN_AFTER = timedelta(minutes=3)
#: How many times its session is opened anew before a person must look.
REOPENINGS = 2
#: How long it must hear before that count is forgotten.
WELL_AFTER = timedelta(minutes=10)


class Step(StrEnum):
    """What to do now."""

    NOTHING = "nothing"  #: it hears, or the last step still has time
    TELL = "tell"  #: it has gone deaf: once, until it has heard for long
    REOPEN = "reopen"  #: open its session anew
    PERSON = "person"  #: that did not help: a person must look


class Hearing:
    """Follows one connection, over all its sessions."""

    def __init__(self) -> None:
        self._deaf_since: datetime | None = None  #: in this session
        self._well_since: datetime | None = None
        self._swept_at: datetime | None = None
        self._reopened = 0
        self._told = False

    def opened(self) -> None:
        """A new session: it may hear."""
        self._deaf_since = self._swept_at = None

    def look(self, *, hears: bool, now: datetime) -> Step:
        """What follows from what the page says of itself."""
        if hears:
            self._deaf_since = self._swept_at = None
            self._well_since = self._well_since or now
            if now - self._well_since >= WELL_AFTER:
                self._reopened, self._told = 0, False
            return Step.NOTHING
        self._well_since = None
        self._deaf_since = self._deaf_since or now
        if not self._told and now - self._deaf_since >= TELL_AFTER:
            self._told = True
            return Step.TELL
        if now - self._deaf_since < REOPEN_AFTER:
            return Step.NOTHING
        if self._reopened >= REOPENINGS:
            return Step.PERSON
        self._reopened += 1
        return Step.REOPEN

    def sweeps(self, now: datetime) -> bool:
        """Whether a deaf page is to be swept now."""
        if self._deaf_since is None or (self._swept_at and now - self._swept_at < SWEEP_EVERY):
            return False
        self._swept_at = now
        return True
