"""After a death: what was under way then is tried one message at a time, to send it or to look it up. One of
them may be what killed the hub, and the others must not pay for it again."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

#: Until a message that may not be tried beside another is looked at again.
AFTER_ANOTHER = timedelta(seconds=1)


class Trial:
    """The messages that may have killed the last process."""

    def __init__(self) -> None:
        self._suspects: set[str] = set()
        self._tried: str | None = None

    def suspect(self, ids: Iterable[str]) -> None:
        """They were under way when the last process died."""
        self._suspects.update(ids)

    def acquit(self, message_id: str) -> None:
        """It was tried, and the hub lives."""
        self._suspects.discard(message_id)

    @contextmanager
    def of(self, message_id: str) -> Iterator[bool]:
        """Whether this one may be tried now. While a suspect is, no other may; of anybody else's it is no
        business."""
        if message_id not in self._suspects:
            yield True
        elif self._tried is not None:
            yield False
        else:
            self._tried = message_id
            try:
                yield True
            finally:
                self._tried = None
