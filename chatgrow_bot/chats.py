"""What is done in a chat at once: seen, typing, online, who is who. It is worth something now or not at all,
so nothing of it is queued or stored."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from .addresses import chat_of
from .engine import Activity, Group, Session
from .errors import ConnectionNotReady, EngineError
from .hub import Connections, Halt, Halting

#: Seconds that a session may take for one of these.
_PATIENCE = 30.0
#: Seconds for which one may be seen typing: WhatsApp itself forgets it then.
_LONGEST_SHOW = 25.0


class Stopped(ConnectionNotReady):
    """An admin lets everything go again by POST /api/queue/resume."""


class Chats:
    """Implements `hub.Chats`; `online` gives a connection's session while it is, `halt` what stands still."""

    def __init__(
        self,
        connections: Connections,
        online: Callable[[str], Session | None],
        halt: Callable[[], Halt | None],
    ) -> None:
        self._connections = connections
        self._online = online
        self._halt = halt

    async def mark_read(self, tenant: str, connection_id: str, chat: str) -> None:
        """The writers of a chat see that all was read."""
        where = chat_of(chat)
        async with self._session(tenant, connection_id) as session:
            await session.mark_read(where)

    async def show(
        self, tenant: str, connection_id: str, chat: str, activity: Activity, seconds: float
    ) -> None:
        """Be seen typing or recording for so long, 25 s at most."""
        where = chat_of(chat)
        async with self._session(tenant, connection_id) as session:
            await session.show(where, activity, min(max(seconds, 0.0), _LONGEST_SHOW))

    async def be_available(self, tenant: str, connection_id: str, available: bool) -> None:
        """Be seen as online, or no longer."""
        async with self._session(tenant, connection_id) as session:
            await session.be_available(available)

    async def check(self, tenant: str, connection_id: str, number: str) -> str | None:
        """The chat id of a number; None when it is not on WhatsApp."""
        asked = chat_of(number)
        async with self._session(tenant, connection_id) as session:
            return await session.resolve(asked)

    async def groups(self, tenant: str, connection_id: str) -> Sequence[Group]:
        """The groups that the account is in."""
        async with self._session(tenant, connection_id) as session:
            return await session.groups()

    @asynccontextmanager
    async def _session(self, tenant: str, connection_id: str) -> AsyncIterator[Session]:
        view = await self._connections.get(tenant, connection_id)
        session = self._online(connection_id)
        halt = self._halt()
        if halt and halt.how is Halting.STOP:
            raise Stopped(f"{halt.by} has stopped everything", state=view.state)
        if session is None:
            why = f": {view.reason}" if view.reason else ""
            raise ConnectionNotReady(f"Connection '{connection_id}' is {view.state}{why}", state=view.state)
        try:
            async with asyncio.timeout(_PATIENCE):
                yield session
        except TimeoutError as error:
            raise EngineError(f"Connection '{connection_id}' took more than {_PATIENCE:g} s") from error
