"""Live events: how many a second reach one listener and fifty, who come from far behind; and how soon after a
message was handed in its event is there, with as many listening."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import quantiles

import aiohttp

from .rest import PATH, Still, round_of, still
from .runs import Figure

EVENTS = "/api/whatsapp/events?types=message.status"
_LISTENERS = (1, 50)
#: Messages of which one waits for the event before the next is handed in.
_ONE_BY_ONE = 100
_TOO_MANY = 429
_MARK = b"\nevent: message.status\n"


async def measure(runs: int) -> Sequence[Figure]:
    """Events a second in all, and their delay."""
    figures: list[Figure] = []
    async with still() as hub:
        await round_of(hub.url, hub.token, 10)
        whole = await _count(hub)
        for listeners in _LISTENERS:
            name = f"events to {listeners} stream{'s' if listeners > 1 else ''}"
            rates = [await _catch_up(hub, listeners, whole) for _ in range(runs)]
            figures.append(
                Figure(name=f"{name}, in all", unit="/s", samples=rates, note=f"{whole:,} to each")
            )
            delays = [await _delays(hub, listeners) for _ in range(runs)]
            for which in (50, 99):
                samples = [quantiles(each, n=100)[which - 1] * 1000 for each in delays]
                figures.append(
                    Figure(name=f"{name}: from request to event, p{which}", unit="ms", samples=samples)
                )
    return figures


async def _count(hub: Still) -> int:
    """How many events there are: the last is of a message handed in just now."""
    async with _session(hub) as session, _stream(session, hub, "0-0") as answer:
        message_id = (await _send(session, hub, 0)).encode()
        whole = b""
        while message_id not in whole:
            whole += await answer.content.readany()
    return whole.count(_MARK)


async def _catch_up(hub: Still, listeners: int, whole: int) -> float:
    async with AsyncExitStack() as life:
        session = await life.enter_async_context(_session(hub))
        answers = [await life.enter_async_context(_stream(session, hub, "0-0")) for _ in range(listeners)]
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for answer in answers:
                group.create_task(_read(answer, whole))
        return listeners * whole / (time.perf_counter() - began)


async def _read(answer: aiohttp.ClientResponse, whole: int) -> None:
    seen, rest = 0, b""
    while seen < whole:
        rest = rest[-len(_MARK) + 1 :] + await answer.content.readany()
        seen += rest.count(_MARK)


async def _delays(hub: Still, listeners: int) -> Sequence[float]:
    """Seconds from a request to its event at the first listener; the others only hear."""
    async with AsyncExitStack() as life:
        session = await life.enter_async_context(_session(hub))
        heard, *others = [await life.enter_async_context(_stream(session, hub)) for _ in range(listeners)]
        group = await life.enter_async_context(asyncio.TaskGroup())
        tasks = [group.create_task(_hear(each)) for each in others]
        delays: list[float] = []
        for number in range(_ONE_BY_ONE):
            began = time.perf_counter()
            message_id = (await _send(session, hub, number)).encode()
            told = b""
            while message_id not in told:
                told += await heard.content.readany()
            delays.append(time.perf_counter() - began)
        for task in tasks:
            task.cancel()
        return delays


async def _hear(answer: aiohttp.ClientResponse) -> None:
    while await answer.content.readany():
        pass


async def _send(session: aiohttp.ClientSession, hub: Still, number: int) -> str:
    body = {"to": f"+1555{number:07d}", "message": "hello"}
    async with session.post(hub.url + PATH, json=body) as answer:
        return str(json.loads(await answer.read())["messageId"])


@asynccontextmanager
async def _session(hub: Still) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {hub.token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers=headers, connector=connector, read_bufsize=1 << 20) as session:
        yield session


@asynccontextmanager
async def _stream(
    session: aiohttp.ClientSession, hub: Still, after: str = ""
) -> AsyncIterator[aiohttp.ClientResponse]:
    headers = {"Last-Event-ID": after} if after else {}
    timeout = aiohttp.ClientTimeout(total=None)
    answer = await session.get(hub.url + EVENTS, headers=headers, timeout=timeout)
    while answer.status == _TOO_MANY:  # the last round's have hung up, and it has yet to be seen
        answer.close()
        await asyncio.sleep(0.1)
        answer = await session.get(hub.url + EVENTS, headers=headers, timeout=timeout)
    async with answer:
        answer.raise_for_status()
        yield answer
