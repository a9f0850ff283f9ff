"""What happens, told while it happens. A stream that breaks off is opened again behind the last event that
was told, so that none is lost and none told twice."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import aiohttp
import msgspec

from .errors import ApiError, NotLoggedIn, RateLimited, Unavailable, UnexpectedAnswer, Unreachable
from .nouns import Event
from .wire import Call, Calls

PATH = "/api/whatsapp/events"
#: Seconds between two tries, at first and at most.
_FIRST, _LONGEST = 0.25, 15.0
#: Bytes that one event may have.
_MOST = 4 << 20


@dataclass(slots=True)
class _Lines:
    """Reads server-sent events, line by line (WHATWG HTML, 9.2.6)."""

    last_id: str = ""  #: of what was told last
    _event: str = ""
    _data: list[str] = field(default_factory=list)
    _id: str = ""

    def begin(self) -> None:
        """Another answer begins: what the last one left half told is told anew."""
        self._event, self._data, self._id = "", [], ""

    def take(self, line: str) -> Iterator[tuple[str, str, str]]:
        """One line; at the end of an event its type, its data and its id."""
        if not line:
            self.last_id = self._id or self.last_id
            if self._event or self._data:
                yield self._event or "message", "\n".join(self._data), self._id
            self.begin()
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value


class _Ended(Exception):
    """The hub says that the login is over."""


class EventCalls(Calls):
    """Events."""

    async def events(
        self,
        types: Collection[str] = (),
        connection_id: str = "",
        *,
        after: str = "",
        listening: Callable[[bool], None] = lambda is_there: None,
    ) -> AsyncIterator[Event]:
        """What happens from now on, or after the event of that id: of these types (message.received,
        message.status, conversation.opened, connection.state, fault, ...), on this connection; or all.

        Goes on for as long as it is asked, and comes back by itself when the way to the hub breaks. Keep the
        id of the last event that you are done with to go on from there after a restart of your own. An event
        of the type `gap` says that some between are no longer kept. `listening` is called with True each time
        the stream is there, and with False whenever it is not. Raises ApiError for what cannot be
        asked, NotLoggedIn once the login or the key has ended; and where nothing can be heard from the start,
        Unreachable or Unavailable, after as long as any call is patient.
        """
        call = _asked(types, connection_id)
        lines, pause, was_there = _Lines(last_id=after), _FIRST, False
        end: float | None = None
        while True:
            token, headers = "", {"Last-Event-ID": lines.last_id} if lines.last_id else {}
            try:
                async with self._wire.stream(call, headers) as (content, token):
                    was_there, pause = True, _FIRST
                    listening(True)
                    async for event in _told(content, lines):
                        yield event
            except (_Ended, NotLoggedIn) as error:
                if not token or not await self._wire.renewed(token):
                    raise _over(error) from None
            except (Unreachable, Unavailable, RateLimited) as error:
                pause, now = max(pause, _asked_to_wait(error)), self._wire.clock.monotonic()
                end = now + self._wire.patience if end is None else end
                if not was_there and now + pause > end:
                    raise
            listening(False)
            await self._wire.clock.sleep(pause)
            pause = min(2 * pause, _LONGEST)


def _asked(types: Collection[str], connection_id: str) -> Call:
    given = {"types": ",".join(types), "connectionId": connection_id}
    query = {name: value for name, value in given.items() if value}
    return Call(method="GET", path=PATH, query=query, accept="text/event-stream")


async def _told(content: aiohttp.StreamReader, lines: _Lines) -> AsyncIterator[Event]:
    """The events of one answer, until it ends. Raises _Ended."""
    lines.begin()
    rest = bytearray()
    async for chunk in content.iter_any():
        rest += chunk
        *whole, tail = bytes(rest).split(b"\n")
        rest = bytearray(tail)
        if len(rest) > _MOST:
            raise UnexpectedAnswer(f"An event has more than {_MOST} bytes")
        for line in whole:
            for kind, data, event_id in lines.take(line.decode(errors="replace").removesuffix("\r")):
                if kind == "ended":
                    raise _Ended
                yield _event(kind, data, event_id)


def _event(kind: str, data: str, event_id: str) -> Event:
    if kind == "gap":
        return Event(type="gap", data=_decoded(data))
    try:
        return msgspec.json.decode(data, type=Event)
    except msgspec.MsgspecError as error:
        raise UnexpectedAnswer(f"The event {event_id} cannot be read: {error}") from error


def _decoded(data: str) -> Mapping[str, object]:
    try:
        return msgspec.json.decode(data, type=dict[str, object])
    except msgspec.MsgspecError:
        return {}


def _over(error: Exception) -> NotLoggedIn:
    if isinstance(error, NotLoggedIn):
        return error
    return NotLoggedIn(401, "Not logged in", "The login or the key has ended. Log in, or make another key.")


def _asked_to_wait(error: Exception) -> float:
    return (error.retry_after or 0.0) if isinstance(error, ApiError) else 0.0
