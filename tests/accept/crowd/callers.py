"""Those who send a byte a second, those who do not read what they asked for, those who listen to what is
seldom told; and one who is quick, and is measured."""

import asyncio
import contextlib
import functools
import itertools
import socket
import time
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

#: Seconds between two bytes of who is slow, and after which one who was cut off comes again.
_DRIP, _AGAIN = 1.0, 1.0
_CONNECTIONS = "/api/whatsapp/connections"


@dataclass(kw_only=True)
class Crowd:
    """All who call one hub."""

    port: int
    token: str
    large: str  #: a path with a long answer
    times: int  #: how often that must be asked for until the answers do not fit into any buffer
    cookies: list[str]
    came: dict[str, int] = field(default_factory=dict)  #: who was let in at least once, by what he is
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def send(self, kind: str, count: int, addresses: Iterator[str], seconds: float = 0.0) -> None:
        """Let so many of a kind loose, within so many seconds; each goes on until all are called off."""
        play: Callable[[str, int], Coroutine[Any, Any, None]] = getattr(self, f"_{kind}")
        self.came[kind] = 0
        for number in range(count):
            wait, address = seconds * number / count, next(addresses)
            self._tasks.add(asyncio.create_task(self._for_ever(play, address, number, wait)))

    async def call_off(self) -> None:
        """Everybody leaves."""
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _for_ever(
        self, play: Callable[[str, int], Coroutine[Any, Any, None]], address: str, number: int, wait: float
    ) -> None:
        await asyncio.sleep(wait)
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await play(address, number)
            await asyncio.sleep(_AGAIN)

    @contextlib.asynccontextmanager
    async def _line(
        self, address: str, **more: Any
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(address, 0), limit=2048, **more
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _drip(self, address: str, start: bytes, drop: bytes) -> None:
        """Begin, and go on a drop at a time, until there is an answer or the line is cut."""
        async with self._line(address) as (reader, writer):
            writer.write(start)
            answer = asyncio.ensure_future(reader.read(1))
            try:
                while not answer.done():
                    writer.write(drop)
                    await asyncio.wait([answer], timeout=_DRIP)
            finally:
                answer.cancel()

    async def _heads(self, address: str, number: int) -> None:
        await self._drip(address, b"GET /health HTTP/1.1\r\nHost: x\r\n", b"X-a: b\r\n")

    async def _bodies(self, address: str, number: int) -> None:
        start = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        framed = (b"Content-Length: 200\r\n\r\n", b" ") if number % 2 else (
            b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n",
        )  # fmt: skip
        await self._drip(address, start + framed[0], framed[1])

    async def _readers(self, address: str, number: int) -> None:
        """Ask for much, and take nothing of it."""
        made = socket.socket()
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.bind((address, 0))
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(made, ("127.0.0.1", self.port))
            head = f"GET {self.large} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n\r\n"
            await loop.sock_sendall(made, head.encode() * self.times)
            self.came["readers"] += 1
            while True:  # until the other end has given up: then a byte is refused
                await asyncio.sleep(_DRIP)
                await loop.sock_sendall(made, b"\r\n")
        finally:
            made.close()

    async def _streams(self, address: str, number: int) -> None:
        cookie = self.cookies[number % len(self.cookies)]
        async with self._line(address) as (reader, writer):
            writer.write(f"GET /console/live HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
            if b" 200 " in await reader.readline():
                self.came["streams"] += 1
            while await reader.read(2048):
                pass

    async def _bombs(self, address: str, number: int) -> None:
        """Much in little, and much announced or not."""
        bomb = await asyncio.to_thread(_bomb)
        head = f"POST {_CONNECTIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n".encode()
        head += b"Content-Type: application/json\r\n"
        forms = (
            head + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb,
            head + b"Content-Length: 104857600\r\n\r\n",
            head + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + bytes(1 << 16) + b"\r\n",
        )
        async with self._line(address) as (reader, writer):
            try:
                writer.write(forms[number % 3])
                for _ in range(1600) if number % 3 else ():
                    writer.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")  # 100 MB of it
                    await writer.drain()
                await reader.readline()
            finally:
                self.came["bombs"] += 1  # it was answered, or the line was cut


@functools.cache
def _bomb() -> bytes:
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packed.compress(bytes(1 << 20)) for _ in range(100)) + packed.flush()


@dataclass
class Good:
    """One caller who does as one should."""

    port: int
    token: str
    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    async def call(self, seconds: float) -> None:
        """Ask, now on a line that is kept and now on a new one, for so long."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with aiohttp.ClientSession(headers=headers) as kept:
            end = time.monotonic() + seconds
            for number in itertools.count():
                if time.monotonic() > end:
                    return
                await self._one(kept, number)
                await asyncio.sleep(0.03)

    async def _one(self, kept: aiohttp.ClientSession, number: int) -> None:
        send = {"to": f"+1415555{number % 10000:04d}", "message": "hello"}
        asked: tuple[str, str, Any] = (
            ("GET", _CONNECTIONS, None),
            ("POST", f"{_CONNECTIONS}/shop/send", send),
            ("GET", f"{_CONNECTIONS}/shop", None),
        )[number % 3]
        more = {"headers": {"Connection": "close"}} if number % 2 else {}
        began = time.perf_counter()
        try:
            try:
                await self._asked(kept, asked, more)
            except aiohttp.ClientConnectionResetError:  # a line that lay idle may be closed at any time
                await self._asked(kept, asked, more)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed.append(f"{asked[0]} {asked[1]}: {type(error).__name__}")
        self.took.append(time.perf_counter() - began)

    async def _asked(
        self, kept: aiohttp.ClientSession, asked: tuple[str, str, Any], more: dict[str, Any]
    ) -> None:
        method, path, body = asked
        url = f"http://127.0.0.1:{self.port}{path}"
        async with asyncio.timeout(30), kept.request(method, url, json=body, **more) as answer:
            await answer.read()
            if answer.status not in (200, 202):
                self.failed.append(f"{method} {path}: {answer.status}")
