"""One message at a time per chat, chats side by side. A lane holds ids only, and so many chats of a
connection are worked on at once: whoever floods it fills neither the memory nor the loop, and holds up no
other connection."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field

from ..store.inbox import Job

#: Chats of one connection that are worked on at once.
AT_ONCE = 100


@dataclass(slots=True)
class _Lane:
    """Known as long as it is at work or in line."""

    key: tuple[str, str]  #: connection and chat
    waiting: deque[str] = field(default_factory=deque)


@dataclass(slots=True)
class _Crew:
    """Who works for a connection, and on which lanes next."""

    line: deque[_Lane] = field(default_factory=deque)
    size: int = 0


class Lanes:
    """Who waits where. `work` takes one message to its end and does not raise."""

    def __init__(self, tasks: asyncio.TaskGroup, work: Callable[[str], Awaitable[None]]) -> None:
        self._tasks = tasks
        self._work = work
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._crews: dict[str, _Crew] = {}

    def enter(self, job: Job) -> None:
        """Stand behind the others of the chat."""
        key = (job.connection_id, job.chat)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
            self._stand_in_line(job.connection_id, lane)
        lane.waiting.append(job.message_id)

    def _stand_in_line(self, connection_id: str, lane: _Lane) -> None:
        crew = self._crews.setdefault(connection_id, _Crew())
        crew.line.append(lane)
        if crew.size < AT_ONCE:
            crew.size += 1
            # Not in the context of who brought the message: the next ones of the line are others'.
            self._tasks.create_task(
                self._follow(connection_id, crew), name=f"inbox:{connection_id}", context=Context()
            )

    async def _follow(self, connection_id: str, crew: _Crew) -> None:
        while crew.line:
            lane = crew.line.popleft()
            if lane.waiting:
                await self._work(lane.waiting.popleft())
            if lane.waiting:
                crew.line.append(lane)  # the next message after a turn of the other chats
            elif self._lanes.get(lane.key) is lane:
                del self._lanes[lane.key]
        crew.size -= 1
        if not crew.size:
            del self._crews[connection_id]

    def join(self, connection_id: str, lid: str, chat: str) -> None:
        """A linked id turned out to be the person of another chat: whoever waits there, waits here."""
        came = self._lanes.pop((connection_id, lid), None)
        if came is None:
            return
        came.key = (connection_id, chat)
        here = self._lanes.setdefault(came.key, came)
        if here is not came:  # one of each may be at work: the rest of that one stands in line here
            here.waiting.extend(came.waiting)
            came.waiting.clear()
