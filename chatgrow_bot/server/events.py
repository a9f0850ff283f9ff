"""Server-sent events: an answer that goes on for as long as there is somebody to hear it, who still may."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from ..errors import NotAllowed, NotLoggedIn
from ..plugin import IDENTITY, RECHECK

#: Set when the server stops: answers that go on for long end by themselves then.
STOPPING = web.AppKey("stopping", asyncio.Event)
#: Gives an event that is set when anybody's login or key ends next.
REVOKED: web.AppKey[Callable[[], asyncio.Event]] = web.AppKey("revoked")
#: Told as the last event to whoever must log in again.
ENDED = "ended"

#: Ends a line of a stream, and nothing else does: a text may hold other characters that end lines elsewhere.
_LINE = re.compile("\r\n|\n|\r")
#: Characters that are told together.
_TOGETHER = 64 * 1024
#: Seconds after which something is sent even if there is nothing to tell, so that nobody takes it for dead.
_QUIET = 20.0
#: Seconds that a listener may take to swallow what is sent.
_SLOW = 10.0


class EventStream:
    """One listener."""

    def __init__(self, request: web.Request, response: web.StreamResponse) -> None:
        self._request = request
        self.response = response
        self._stopping = request.app[STOPPING]
        self._loop = asyncio.get_running_loop()
        self._said_at = self._loop.time()
        self._added: list[str] = []
        self._size = 0  #: characters of them

    def add(self, event: str, data: str, event_id: str = "") -> None:
        """Something to tell at the next `flush`."""
        named = f"id: {event_id}\n" if event_id else ""
        lines = "".join(f"data: {line}\n" for line in _LINE.split(data))
        self._added.append(f"{named}event: {event}\n{lines}\n")
        self._size += len(lines)

    def add_place(self, event_id: str) -> None:
        """From where a listener goes on who comes again before anything was told."""
        self._added.append(f"id: {event_id}\n\n")

    async def flush(self) -> None:
        """Tell what was added. Raises NotLoggedIn once the listener's login has ended: he hears nothing
        more."""
        if self._added:
            await self._make_sure()
            await self._write("".join(self._added))
            self._added.clear()
            self._size = 0

    @property
    def is_full(self) -> bool:
        """Whether so much was added that it should be told before more is."""
        return self._size >= _TOGETHER

    async def send(self, event: str, data: str) -> None:
        """Tell something. Raises as `flush`."""
        self.add(event, data)
        await self.flush()

    async def wait(self, news: asyncio.Event, seconds: float) -> bool:
        """Wait for news, but not longer. Whether the stream goes on: not when the server stops, or the
        listener has hung up. Raises NotLoggedIn once his login has ended, at once."""
        end, seconds_left = self._loop.time() + seconds, seconds
        while True:
            revoked = self._request.app[REVOKED]()  # before the look, so that none falls between
            await self._make_sure()
            if seconds_left <= 0 or not await self._first(revoked, news, seconds_left):
                break
            seconds_left = end - self._loop.time()
        if self._loop.time() - self._said_at > _QUIET:
            await self._write(": still here\n\n")
        return self._request.transport is not None and not self._stopping.is_set()

    async def _make_sure(self) -> None:
        """That he is still logged in, and may what he might when he came: he comes again as who he is now."""
        was, now = self._request[IDENTITY], await self._request[RECHECK]()
        if (now.role, now.scopes, now.connections) != (was.role, was.scopes, was.connections):
            raise NotAllowed("What you may has changed")

    async def _first(self, revoked: asyncio.Event, news: asyncio.Event, seconds: float) -> bool:
        """Wait for the first of these; whether it was that somebody's login has ended, and nothing else."""
        async with asyncio.TaskGroup() as group:
            first = [group.create_task(each.wait()) for each in (revoked, news, self._stopping)]
            await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in first:
                task.cancel()
        return revoked.is_set() and not (news.is_set() or self._stopping.is_set())

    async def farewell(self) -> None:
        """Tell that one must log in again."""
        await self._write(f"event: {ENDED}\ndata:\n\n")

    async def _write(self, text: str) -> None:
        async with asyncio.timeout(_SLOW):
            await self.response.write(text.encode())
        self._said_at = self._loop.time()


@asynccontextmanager
async def event_stream(request: web.Request) -> AsyncIterator[EventStream]:
    """Answer with events for the time of the block. A listener who leaves, is too slow or is no longer logged
    in ends the block, and that is no error."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    stream = EventStream(request, response)
    with suppress(ConnectionError, TimeoutError):  # nobody listens any more
        try:
            yield stream
        except (NotLoggedIn, NotAllowed):
            await stream.farewell()
