"""Why a session is to be closed between two messages, and who has its folder meanwhile: to be opened anew, or
because somebody needs the folder to himself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from ..errors import ConnectionNotReady
from ..messages import ConnectionState


class Leave:
    """Of one connection. `state` tells the connection's state at any time, `look` makes the next look at the
    session come at once."""

    def __init__(
        self, connection_id: str, state: Callable[[], ConnectionState], look: Callable[[], None]
    ) -> None:
        self._connection_id = connection_id
        self._state = state
        self._look = look
        self._renewing = ""  #: why the session is to be opened anew
        self._rests: list[str] = []  #: who needs the folder to himself, and for what
        self.folder = asyncio.Lock()  #: whoever holds it has the folder to himself

    @property
    def reason(self) -> str:
        """Why the session is to be closed; empty while it is not."""
        return self._rests[0] if self._rests else self._renewing

    def renew(self, reason: str) -> None:
        """The session is to be opened anew."""
        if not self._renewing:
            self._renewing = reason
            self._look()

    def closed(self) -> None:
        """The session is closed, for whatever reason: the next one is a new one."""
        self._renewing = ""

    @asynccontextmanager
    async def rest(self, reason: str, seconds: float) -> AsyncIterator[None]:
        """Have the folder to oneself for the time of the block. Raises ConnectionNotReady when the session is
        not closed within so many seconds."""
        self._rests.append(reason)
        self._look()
        try:
            await self._have_it(seconds)
            try:
                yield
            finally:
                self.folder.release()
        finally:
            self._rests.remove(reason)

    async def _have_it(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.folder.acquire()
        except TimeoutError as error:
            raise ConnectionNotReady(
                f"Connection '{self._connection_id}' could not be closed: it is still sending",
                state=self._state(),
            ) from error
