"""Whether a session that is online also hears, and what to do about one that does not: the commonest
complaint about every gateway is an account that looks connected and brings in nothing. Pure arithmetic, in
seconds of a clock that never runs backwards."""

from enum import StrEnum

#: How often a deaf page is swept: what it does not tell, it may still hold.
SWEEP_EVERY = 15.0
#: How long it may take to find its ear again, as when it has just loaded, before anybody is told.
TELL_AFTER = 5.0
#: How long it is left to hear again by itself: an engine mends its own page first, and waits to see it hold.
REOPEN_AFTER = 180.0
#: How many times its session is opened anew before a person must look.
REOPENINGS = 2
#: How long it must hear before that count is forgotten.
WELL_AFTER = 600.0


class Step(StrEnum):
    """What to do now."""

    NOTHING = "nothing"  #: it hears, or the last step still has time
    TELL = "tell"  #: it has gone deaf: once, until it has heard for long
    REOPEN = "reopen"  #: open its session anew
    PERSON = "person"  #: that did not help: a person must look


class Hearing:
    """Follows one connection, over all its sessions."""

    def __init__(self) -> None:
        self._deaf_since: float | None = None  #: in this session
        self._well_since: float | None = None
        self._swept_at: float | None = None
        self._reopened = 0
        self._told = False

    def opened(self) -> None:
        """A new session: it may hear."""
        self._deaf_since = self._swept_at = None

    def look(self, *, hears: bool, now: float) -> Step:
        """What follows from what the page says of itself."""
        if hears:
            self._deaf_since = self._swept_at = None
            self._well_since = now if self._well_since is None else self._well_since
            if now - self._well_since >= WELL_AFTER:
                self._reopened, self._told = 0, False
            return Step.NOTHING
        self._well_since = None
        self._deaf_since = now if self._deaf_since is None else self._deaf_since
        if not self._told and now - self._deaf_since >= TELL_AFTER:
            self._told = True
            return Step.TELL
        if now - self._deaf_since < REOPEN_AFTER:
            return Step.NOTHING
        if self._reopened >= REOPENINGS:
            return Step.PERSON
        self._reopened += 1
        return Step.REOPEN

    def sweeps(self, now: float) -> bool:
        """Whether a deaf page is to be swept now."""
        if self._deaf_since is None:
            return False
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return False
        self._swept_at = now
        return True
