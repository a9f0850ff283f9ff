"""Callers that keep their connections and ask again as soon as they are answered. They are protocols of the
loop's own: a client library would cost more than the server that is measured."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from typing import cast
from urllib.parse import urlsplit

#: Seconds that an answer may take.
_PATIENCE = 30.0
_END, _LENGTH = b"\r\n\r\n", b"Content-Length: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What callers of one kind came to in some seconds."""

    answered: int  #: as they should be
    seconds: float
    refused: int  #: answered otherwise
    spent: Sequence[float]  #: by each answer, in milliseconds
    busy: float  #: what the callers themselves took of a core

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answered / self.seconds

    def percentile(self, which: int) -> float:
        """In milliseconds."""
        return quantiles(self.spent, n=100)[which - 1] if len(self.spent) > 1 else 0.0


class _Caller(asyncio.Protocol):
    """One of them."""

    def __init__(self, requests: Iterator[bytes], status: bytes) -> None:
        self._requests = requests
        self._expected = b"HTTP/1.1 " + status
        self._transport: asyncio.Transport
        self._rest = b""
        self._began = 0.0
        self._until = float("inf")
        self.spent: list[float] = []
        self.refused = 0
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It asks at once."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """An answer, or a part of one."""
        if self._rest:
            data = self._rest + data
        end = data.find(_END)
        at = data.find(_LENGTH, 0, end)
        if end < 0 or len(data) < end + 4 + int(data[at + 16 : data.index(b"\r", at)]):
            self._rest = data
            return
        self._rest = b""
        now = time.perf_counter()
        if data.startswith(self._expected):
            self.spent.append(now - self._began)
        else:
            self.refused += 1
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The round is over, or the server hung up."""
        if not self.ended.done():
            self.ended.set_result(error)

    def count_from_now(self, until: float) -> None:
        """What was before was to warm up."""
        self.spent.clear()
        self.refused, self._until = 0, until

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))


def _itself(caller: _Caller) -> _Caller:
    return caller


async def call(
    url: str, requests: Callable[[int], Iterator[bytes]], *, callers: int, seconds: float, status: int
) -> Round:
    """So many callers for so long, after a fifth of that to warm up. `requests` gives each, by its number,
    what it asks: whole requests, as bytes. Raises ConnectionError when the server hangs up on one."""
    place, loop = urlsplit(url), asyncio.get_running_loop()
    crowd = [_Caller(requests(number), str(status).encode()) for number in range(callers)]
    for each in crowd:
        await loop.create_connection(partial(_itself, each), str(place.hostname), place.port or 80)
    await asyncio.sleep(seconds / 5)
    began, used = time.perf_counter(), time.process_time()
    for each in crowd:
        each.count_from_now(began + seconds)
    async with asyncio.timeout(seconds + _PATIENCE):
        errors = await asyncio.gather(*(each.ended for each in crowd))
    took, used = time.perf_counter() - began, time.process_time() - used
    if gone := next(filter(None, errors), None):
        raise ConnectionError("the server hung up") from gone
    spent = [1000 * each for caller in crowd for each in caller.spent]
    return Round(
        answered=len(spent),
        seconds=took,
        refused=sum(each.refused for each in crowd),
        spent=spent,
        busy=used / took,
    )


def posts(url: str, path: str, headers: Sequence[str], bodies: Sequence[bytes]) -> Iterator[bytes]:
    """A POST of each of these bodies, over and over."""
    place = urlsplit(url)
    head = "\r\n".join(
        (f"POST {path} HTTP/1.1", f"Host: {place.netloc}", "Content-Type: application/json", *headers)
    )
    return itertools.cycle(
        [f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
    )
