"""Where requests come in: how many connections at once, and how long one may keep silent. Who sends or reads
slowly holds a place of his own address, and not for long; the others notice nothing."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, cast

from aiohttp import web

from ..errors import ConfigError
from ..ids import new_id
from ..logs import API
from ..networks import party
from .access import Requests
from .problems import MalformedRequest, problem

Networks = Sequence[IPv4Network | IPv6Network]

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n"
    b"Server: ChatGrow Bot\r\n\r\n"
)
_ANSWERED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many may come at once, and how long each may take."""

    connections: int = 1000  #: in all
    per_address: int = 200  #: of one caller, a /64 of IPv6; a trusted proxy's count only in all
    head: float = 10.0  #: seconds until a new connection has said what it wants
    idle: float = 30.0  #: seconds until it has said so again, after an answer
    lately: float = 5.0  #: seconds for which an answered line is left alone: its caller may just be asking
    saying: float = (
        1.0  #: seconds for which a line is left alone on which a request has begun: its body follows
    )
    unread: float = 30.0  #: seconds that an answer may lie there with nothing of it being taken
    proxies: Networks = ()  #: that are trusted


class _Connection(web.RequestHandler):
    """One connection: the framework's, which also counts and is timed from its first moment."""

    __slots__ = ("_address", "_began", "_bounds", "_crowd", "_silent", "party")

    def __init__(self, server: web.Server, crowd: "_Crowd", bounds: Bounds, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), keepalive_timeout=bounds.idle, **options)
        self._crowd, self._bounds = crowd, bounds
        self._address = ""
        self.party = ""  #: to which it is counted
        self._silent: asyncio.TimerHandle | None = None
        self._began = -bounds.saying  #: when its last request began

    @property
    def address(self) -> str:
        """The other end of the socket."""
        return self._address

    @property
    def claim(self) -> int:
        """Its claim to stay: 0 it has never said what it wants; 1 it has wanted nothing for a while; 2 it is
        still saying it; 3 it has just begun to, is being answered, or was lately."""
        now, request = self._loop.time(), self._current_request
        answered = self._next_keepalive_close_time - self._bounds.idle
        if not self._request_count:
            return 0
        if request is None and not self._messages and self._began < answered:
            return _ANSWERED if now - answered < self._bounds.lately else 1
        is_said = request is None or request.content.is_eof()
        return _ANSWERED if is_said or now - self._began < self._bounds.saying else 2

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        self.party = party(self._address)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: the kernel ends what the other end does not take
            milliseconds = int(self._bounds.unread * 1000)
            transport.get_extra_info("socket").setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds
            )
        if self._crowd.admits(self):
            self._silent = self._loop.call_later(self._bounds.head, self._end_if_silent)
        else:
            if self.transport:
                self.transport.write(_FULL)
            self.force_close()

    def data_received(self, data: bytes) -> None:
        before = self._request_count
        super().data_received(data)
        if self._request_count > before:
            self._began = self._loop.time()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no request. The framework would log its bytes, which may be somebody's words, and
        repeat them in the answer."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        request_id = new_id()
        answer = problem(MalformedRequest("What was sent is no HTTP request"), request_id)
        answer.headers["X-Request-Id"] = request_id
        answer.force_close()
        return answer

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._silent:
            self._silent.cancel()
        self._crowd.leaves(self)
        super().connection_lost(exc)

    def _end_if_silent(self) -> None:
        """From the first request on the framework's own timer serves."""
        if not self._request_count:
            self.force_close()


class _Crowd:
    """Who is connected."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._here: dict[_Connection, None] = {}  # in the order they came
        self._unheard: dict[_Connection, None] = {}  # those of them that were silent so far
        self._by_party: Counter[str] = Counter()

    def admits(self, one: _Connection) -> bool:
        """Count it in, if there is room. When the house is full, whoever has the least claim makes room, of
        several the first to come."""
        if self._by_party[one.party] >= self._bounds.per_address and not self._is_proxy(one.address):
            return False
        if len(self._here) >= self._bounds.connections:
            weakest = self._weakest()
            if weakest.claim == _ANSWERED:
                return False
            self.leaves(weakest)
            weakest.force_close()
        self._here[one] = self._unheard[one] = None
        self._by_party[one.party] += 1
        return True

    def _weakest(self) -> _Connection:
        """Whoever has the least claim; quickly found while some say nothing, for those come in floods."""
        while first := next(iter(self._unheard), None):
            if not first.claim:
                return first
            del self._unheard[first]
        return min(self._here, key=lambda each: each.claim)

    def leaves(self, one: _Connection) -> None:
        """Count it out, once."""
        if one in self._here:
            del self._here[one]
            self._unheard.pop(one, None)
            self._by_party[one.party] -= 1
            if not self._by_party[one.party]:
                del self._by_party[one.party]

    def _is_proxy(self, address: str) -> bool:
        return is_among(address, self._bounds.proxies)


def is_among(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of these networks."""
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False


@asynccontextmanager
async def serve(
    app: web.Application, host: str, port: int, *, grace: float = 10.0, bounds: Bounds | None = None
) -> AsyncIterator[int]:
    """Listen while the body runs; yields the port, which matters when 0 was asked for. At the end requests
    in flight get `grace` seconds. Raises ConfigError when the address cannot be listened on."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=grace)
    listener: asyncio.Server | None = None
    requests = Requests(asyncio.get_running_loop().time)
    try:
        await runner.setup()
        server, limits = cast("web.Server", runner.server), bounds or Bounds()
        crowd = _Crowd(limits)
        written = {"access_log": logging.getLogger(API), "access_log_class": requests.logger()}

        def connected() -> _Connection:
            return _Connection(server, crowd, limits, auto_decompress=False, lingering_time=5.0, **written)

        try:
            listener = await asyncio.get_running_loop().create_server(connected, host, port, backlog=1024)
        except OSError as error:
            raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror or error}") from error
        yield listener.sockets[0].getsockname()[1]
    finally:
        if listener:
            listener.close()
        await runner.cleanup()
        requests.tell_left_out()
