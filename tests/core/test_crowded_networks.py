"""Callers are counted to whoever holds their addresses: of IPv6 one gets a whole /64."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from chatgrow_bot.server.listening import Bounds, _Connection, _Crowd

BOUNDS = Bounds(per_address=2)


class Wire(asyncio.Transport):
    """The other end's address; what is written goes nowhere."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket()
        super().__init__({"peername": (address, 1), "socket": self._socket})
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True
        self._socket.close()

    abort = close


@pytest.fixture
async def server() -> AsyncIterator[web.Server]:
    async def nothing(request: Any) -> web.Response:
        return web.Response()

    server = web.Server(nothing)
    yield server
    await server.shutdown(0)


async def test_a_network_of_one_party_holds_no_more_places_than_one_address(server: web.Server) -> None:
    crowd, wires, made = _Crowd(BOUNDS), [], []
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1", "1.2.3.4"):
        wire = Wire(address)
        made.append(_Connection(server, crowd, BOUNDS))
        made[-1].connection_made(wire)
        wires.append(wire)
    assert [wire.closed for wire in wires] == [False, False, True, False, False]
    for each, wire in zip(made, wires, strict=True):
        each.connection_lost(None)
        wire.close()
