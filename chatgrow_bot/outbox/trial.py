"""After a death: what was under way at it, or at an earlier one, is tried one message at a time, to send it
or to look it up. One of them may be what killed the hub, and the others must not pay for it again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

#: Until a message that may not be tried beside another is looked at again.
AFTER_ANOTHER = timedelta(seconds=1)


class Trial:
    """The messages that may have killed a process."""

    def __init__(self) -> None:
        self._suspects: dict[str, str] = {}  #: their connections, by their ids
        self._choosing = asyncio.Lock()  #: held while one is taken, which is short
        self._tried: str | None = None

    def suspect(self, messages: Mapping[str, str]) -> None:
        """They may have been under way when a process died: their connections, by their ids."""
        self._suspects.update(messages)

    def acquit(self, message_id: str) -> None:
        """It was tried and the hub lives, or it will not be tried."""
        self._suspects.pop(message_id, None)

    @asynccontextmanager
    async def taking(self, connection_id: str) -> AsyncIterator[bool]:
        """Whether a message of this connection may be taken now: if it could be a suspect, not beside one
        that is tried, for being taken counts already. Within the block, `begin` says which it is."""
        if connection_id in self._suspects.values():
            async with self._choosing:
                yield self._tried is None
        else:
            yield True

    def begin(self, message_id: str) -> None:
        """This one was taken. While a suspect is tried, no other may be."""
        if message_id in self._suspects:
            self._tried = message_id

    def end(self, message_id: str) -> None:
        """Whatever came of it."""
        if self._tried == message_id:
            self._tried = None

    @asynccontextmanager
    async def of(self, message_id: str, connection_id: str) -> AsyncIterator[bool]:
        """Whether this one, which nobody has to take, may be tried now."""
        async with self.taking(connection_id) as may:
            if may:
                self.begin(message_id)
        try:
            yield may
        finally:
            self.end(message_id)
