"""One message at a time per chat, chats side by side."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from ..messages import Inbound


@dataclass(slots=True)
class _Lane:
    key: tuple[str, str]  #: connection and chat
    waiting: deque[Inbound] = field(default_factory=deque)  #: the first of them is being worked on


class Lanes:
    """Who waits where. `work` takes one message to its end and does not raise."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Callable[[Inbound], Awaitable[None]]) -> None:
        self._tasks = tasks
        self._work = work
        self._lanes: dict[tuple[str, str], _Lane] = {}

    def enter(self, message: Inbound) -> None:
        """Stand behind the others of the chat."""
        key = (message.connection_id, message.chat)
        lane = self._lanes.setdefault(key, _Lane(key))
        lane.waiting.append(message)
        if len(lane.waiting) == 1:
            self._tasks.create_task(self._follow(lane), name=f"inbox:{message.connection_id}")

    async def _follow(self, lane: _Lane) -> None:
        while lane.waiting:
            await self._work(lane.waiting[0])
            lane.waiting.popleft()
        if self._lanes.get(lane.key) is lane:
            del self._lanes[lane.key]

    def join(self, connection_id: str, lid: str, chat: str) -> None:
        """A linked id turned out to be the person of another chat: whoever waits there, waits here."""
        came = self._lanes.pop((connection_id, lid), None)
        if came is None:
            return
        moved = [replace(message, chat=chat) for message in came.waiting]
        came.key = (connection_id, chat)
        here = self._lanes.setdefault(came.key, came)
        if here is came:
            came.waiting = deque(moved)
        else:  # both are at work: the rest of that one stands in line here
            here.waiting.extend(moved[1:])
            came.waiting = deque(moved[:1])
