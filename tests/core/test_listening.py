"""How many may come at once, and how long each may keep silent."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web

from chatgrow_bot.plugin import Route
from chatgrow_bot.server import Bounds, create_app, serve

from .serving import NOTE, Doorman, route

HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
Socket = tuple[asyncio.StreamReader, asyncio.StreamWriter]
#: Seconds that a busy machine may take.
PATIENCE = 20.0


class Callers:
    """Sockets to one server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open: list[Socket] = []

    async def call(self, source: str = "127.0.0.1", **more: Any) -> Socket:
        made = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), **more)
        self.open.append(made)
        return made

    async def hello(self, source: str = "127.0.0.1") -> tuple[bytes, Socket]:
        """The first line of the answer to a whole request."""
        made = await self.call(source)
        return await self.again(made), made

    async def again(self, made: Socket) -> bytes:
        """The same, asked on a socket that is there."""
        reader, writer = made
        try:
            writer.write(HELLO)
            async with asyncio.timeout(PATIENCE):
                first = await reader.readline()
                while (await reader.readline()).strip():
                    pass
                await reader.readexactly(len('{"who": null}') if b" 200 " in first else 0)
        except ConnectionError:
            return b""
        return first


@asynccontextmanager
async def calling(*routes: Route, **bounds: Any) -> AsyncIterator[Callers]:
    app = create_app(
        [("one", each) for each in (route(), *routes)], accounts=Doorman(), is_enabled=lambda name: True
    )
    async with serve(app, "127.0.0.1", 0, grace=1.0, bounds=Bounds(**bounds)) as port:
        callers = Callers(port)
        try:
            yield callers
        finally:
            for _, writer in callers.open:
                writer.transport.abort()


async def ended(reader: asyncio.StreamReader) -> None:
    """Wait until the other end hangs up."""
    async with asyncio.timeout(PATIENCE):
        try:
            while await reader.read(65536):
                pass
        except ConnectionError:
            pass


async def test_one_address_gets_so_many_sockets_and_a_new_one_when_it_gives_one_back() -> None:
    async with calling(per_address=3) as callers:
        made = [await callers.hello() for _ in range(3)]
        assert all(b" 200 " in first for first, _ in made)
        refused, _ = await callers.hello()
        assert b" 200 " not in refused
        # others are let in, and so is the same one again in time
        assert b" 200 " in (await callers.hello("127.0.0.2"))[0]
        made[0][1][1].close()
        async with asyncio.timeout(PATIENCE):
            while b" 200 " not in (await callers.hello())[0]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_a_trusted_proxy_gets_as_many_as_there_are() -> None:
    async with calling(per_address=2, proxies=(ip_network("127.0.0.3"),)) as callers:
        assert all([b" 200 " in (await callers.hello("127.0.0.3"))[0] for _ in range(5)])
        mine = [(await callers.hello("127.0.0.4"))[0] for _ in range(3)]
        assert [b" 200 " in first for first in mine] == [True, True, False]


async def test_in_a_full_house_whoever_has_the_least_claim_makes_room() -> None:
    arrived, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        arrived.release()
        await go_on.wait()
        return web.Response(text="done")

    async with calling(route("/slow", handler=slow), NOTE, connections=4, lately=0, saying=0) as callers:
        at_work = await callers.call()
        at_work[1].write(HELLO.replace(b"/hello", b"/slow"))
        async with asyncio.timeout(PATIENCE):
            await arrived.acquire()
        dripping = await callers.call("127.0.0.2")
        dripping[1].write(
            b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        idle, silent = await callers.hello("127.0.0.3"), await callers.call("127.0.0.4")
        for makes_room in (silent, idle[1], dripping):
            first, there = await callers.hello("127.0.0.5")
            assert b" 200 " in first
            await ended(makes_room[0])
            there[1].write(HELLO.replace(b"/hello", b"/slow"))  # from now on at work
            async with asyncio.timeout(PATIENCE):
                await arrived.acquire()
        go_on.set()
        assert b" 200 " in await at_work[0].readline()


async def test_a_line_that_was_answered_lately_is_left_alone() -> None:
    async with calling(NOTE, connections=2, lately=60, saying=0) as callers:
        first, kept = await callers.hello()
        assert b" 200 " in first
        dripping = await callers.call("127.0.0.2")
        dripping[1].write(
            b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        assert b" 200 " in (await callers.hello("127.0.0.3"))[0]
        await ended(dripping[0])
        assert b" 200 " in await callers.again(kept)


async def test_who_has_just_begun_may_say_what_he_wants() -> None:
    async with calling(NOTE, connections=2, lately=0, saying=60) as callers:
        lines = [await callers.call(f"127.0.0.{number}") for number in (2, 3)]
        for answer, line in lines:
            line.write(
                b"POST /note HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                b"Expect: 100-continue\r\n\r\n"
            )
            assert b" 100 " in await answer.readline()
            await answer.readline()
        assert b" 503 " in (await callers.hello("127.0.0.4"))[0]
        for answer, line in lines:
            line.write(b"{}")
            assert b" 422 " in await answer.readline()  # it says nothing, and was heard


async def test_when_all_are_at_work_one_more_is_told_to_come_again() -> None:
    arrived, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        arrived.release()
        await go_on.wait()
        return web.Response(text="done")

    async with calling(route("/slow", handler=slow), connections=2) as callers:
        for _ in range(2):
            (await callers.call())[1].write(HELLO.replace(b"/hello", b"/slow"))
            await arrived.acquire()
        reader, _ = await callers.call()
        assert b" 503 " in await reader.readline()
        assert b"Retry-After: 5" in await reader.read()
        go_on.set()
        assert b" 200 " in await callers.open[0][0].readline()


@pytest.mark.parametrize("drop", [b"", b"G", b"X: y\r\n"])
async def test_who_does_not_say_in_time_what_he_wants_is_cut_off(drop: bytes) -> None:
    async with calling(head=0.5) as callers:
        first, good = await callers.hello()
        assert b" 200 " in first
        reader, writer = await callers.call()
        dripping = asyncio.ensure_future(ended(reader))
        writer.write(HELLO[:-2] if drop else b"")
        while not dripping.done():
            if drop:
                writer.write(drop)
            await asyncio.sleep(0.02)
        await dripping
        # whoever has asked in time is not
        assert b" 200 " in await callers.again(good)


async def test_who_asks_for_nothing_more_is_cut_off_later() -> None:
    async with calling(head=0.2, idle=1.0) as callers:
        loop = asyncio.get_running_loop()
        first, (reader, _) = await callers.hello()
        began = loop.time()
        assert b" 200 " in first
        await ended(reader)
        assert loop.time() - began > 0.9


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends such connections by itself")
async def test_an_answer_that_nobody_takes_is_given_up() -> None:
    gone = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65536)
        finally:
            gone.set()

    async with calling(route("/endless", handler=endless), unread=0.5) as callers:
        with socket.create_connection(("127.0.0.1", callers.port)) as deaf:
            deaf.sendall(HELLO.replace(b"/hello", b"/endless"))
            async with asyncio.timeout(PATIENCE):
                await gone.wait()
