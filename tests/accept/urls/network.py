"""The network as a hub sees it in this check: names mean what the check says, every socket that it connects
is noted, and none leaves this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Self
from unittest import mock

import aiohttp
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from chatgrow_bot.safety import names as machine
from chatgrow_bot.safety.gate import PORTS
from chatgrow_bot.safety.http import SafeHttp

from .forms import PUBLIC

FILE = b"%PDF-1.4 from a good host"


class Names(AbstractResolver):
    """What each name means: the addresses of each look-up in turn, the last of which stay."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """One look-up."""
        answers = self.known.get(host.rstrip(".").lower())
        if not answers:
            raise OSError(None, "no such name")
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Network:
    """Who was called."""

    names: Names = field(default_factory=Names)
    known: set[int] = field(default_factory=set)  #: ports on this machine that may be called
    inside: list[str] = field(default_factory=list)  #: addresses that must not be called and were
    outside: int = 0  #: connections that anybody may make
    canary: int = 0  #: a port of this machine where nobody should come, and who comes is noted
    good: int = 0  #: the port of the good host

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Stand on the way of every socket of this loop."""
        loop: Any = asyncio.get_running_loop()
        connect = loop.sock_connect

        async def noted(made: socket.socket, to: Any) -> None:
            if made.family == socket.AF_UNIX:
                self.inside.append(str(to))
                raise ConnectionRefusedError
            address, port = ip_address(to[0]), int(to[1])
            if str(address) in PUBLIC and port in PORTS:
                self.outside += 1
            elif not (address.is_loopback and port in self.known):
                self.inside.append(f"{address}:{port}")
            if not address.is_loopback:
                raise ConnectionRefusedError("the line is cut here")
            await connect(made, to)

        loop.sock_connect = noted
        try:
            yield
        finally:
            loop.sock_connect = connect

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.inside.append(f"the canary at {self.canary}")
        writer.close()


@asynccontextmanager
async def network() -> AsyncIterator[Network]:
    """The network, with a good host at `good.example` and a canary where web servers stand."""
    made = Network()
    made.names.known = {"good.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]}
    async with AsyncExitStack() as house:
        made.canary = await _canary(house, made)
        made.good = await _good(house)
        made.known.add(made.good)
        for module in ("http", "names"):
            house.enter_context(mock.patch(f"chatgrow_bot.safety.{module}.Names", lambda: made.names))
        house.enter_context(made.watched())
        yield made


async def _canary(house: AsyncExitStack, made: Network) -> int:
    for port in sorted(PORTS, reverse=True):
        try:
            listener = await asyncio.start_server(made._came, ["127.0.0.1", "::1"], port)
        except OSError:
            continue
        await house.enter_async_context(listener)
        return port
    raise RuntimeError(f"one of the ports {sorted(PORTS)} must be free on this machine, and none is")


async def _good(house: AsyncExitStack) -> int:
    async def file(request: web.Request) -> web.Response:
        return web.Response(body=FILE, content_type="application/pdf")

    async def away(request: web.Request) -> web.Response:
        status = 307 if request.method == "POST" else 302  # by 302 what was posted would get lost
        return web.Response(status=status, headers={"Location": request.query["to"]})  # as it is, however odd

    app = web.Application()
    for method in ("GET", "POST"):
        app.router.add_route(method, "/menu.pdf", file)
        app.router.add_route(method, "/away", away)
    runner = web.AppRunner(app)
    await runner.setup()
    house.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return site.port


class Twice(SafeHttp):
    """A client that looks a name up for the check, and once more to connect; and trusts its sockets."""

    async def __aenter__(self) -> Self:
        inner, gate = machine.Names(), self._gate

        class Checked(Names):
            async def resolve(self, *args: Any, **more: Any) -> list[ResolveResult]:
                for each in await inner.resolve(*args, **more):
                    gate.resolved(each["hostname"], each["port"], ip_address(each["host"]))
                return await inner.resolve(*args, **more)

        connector = aiohttp.TCPConnector(resolver=Checked(), use_dns_cache=False)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self


def settings_of(made: Network) -> Mapping[str, Any]:
    """What the hub must be told of it."""
    return {"allowedHosts": [f"good.example:{made.good}"]}
