"""Marks chats as read, after what came in was dealt with. It is worth something now or not at all: nothing of
it is stored, nobody waits for it, and what fails is only logged."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

import structlog

from ..errors import ChatgrowError
from ..messages import Inbound

#: Does it: with a tenant, his connection and a chat.
MarkRead = Callable[[str, str, str], Awaitable[None]]

#: Chats of one connection that are marked at once: its page has better things to do.
_AT_ONCE = 5

log = structlog.get_logger("chatgrow.inbox")


class Seen:
    """Marks each chat at its own pace, once for all that was asked meanwhile."""

    def __init__(self, mark_read: MarkRead) -> None:
        self._mark_read = mark_read
        self._asked: set[tuple[str, str, str]] = set()
        self._under_way: set[tuple[str, str, str]] = set()
        self._room = defaultdict[str, asyncio.Semaphore](
            lambda: asyncio.Semaphore(_AT_ONCE)
        )  #: by connection
        self._news = asyncio.Event()

    def note(self, message: Inbound) -> None:
        """The chat of a message is to be marked."""
        self._asked.add((message.tenant, message.connection_id, message.chat))
        self._news.set()

    async def run(self) -> None:
        """Mark them, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._news.wait()
                self._news.clear()
                for place in self._asked - self._under_way:
                    self._under_way.add(place)
                    tasks.create_task(self._mark(place), name=f"inbox: read on {place[1]}")

    async def _mark(self, place: tuple[str, str, str]) -> None:
        while place in self._asked:
            try:
                async with self._room[place[1]]:
                    self._asked.discard(place)
                    await self._mark_read(*place)
            except ChatgrowError as error:
                log.info("a chat is not marked as read", connection=place[1], reason=error.detail)
            except Exception:
                log.exception("a chat is not marked as read", connection=place[1])
        self._under_way.discard(place)
