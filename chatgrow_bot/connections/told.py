"""What a person was told of one connection. Each cause is told once until the connection has been well for a
while, or somebody has started it: a page that comes and goes must not ring a phone all night."""

#: Seconds online at a stretch after which what comes is news again.
WELL_AFTER = 3600.0


class Told:
    """Of one connection, by a clock that never runs backwards, in seconds."""

    def __init__(self) -> None:
        self._causes: set[str] = set()
        self._well_since: float | None = None

    def is_news(self, cause: str, now: float) -> bool:
        """Whether this is to be told; it counts as told from now on."""
        self._look(now)
        is_news = cause not in self._causes
        self._causes.add(cause)
        return is_news

    def fares(self, now: float, *, well: bool) -> None:
        """It is well from now on, or is not."""
        self._look(now)
        if not well:
            self._well_since = None
        elif self._well_since is None:
            self._well_since = now

    def forget(self) -> None:
        """Somebody has seen to it."""
        self._causes.clear()

    def _look(self, now: float) -> None:
        if self._well_since is not None and now - self._well_since >= WELL_AFTER:
            self._causes.clear()
