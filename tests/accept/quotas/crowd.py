"""Clients who all send at the same time over HTTP, whatever becomes of the hub: what got no answer is asked
again, under the same Idempotency-Key, of the next one."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

#: Seconds for a hub to start, or to answer.
_PATIENCE = 60.0


@dataclass(slots=True)
class Heard:
    """What the clients were answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)  #: of messages that were accepted
    doubled: int = 0  #: answers that named a message which another had named before
    odd: list[str] = field(default_factory=list)  #: answers as none should be
    again: int = 0  #: requests that got no answer, and were made again


class Hub:
    """The hub's process, killed and started anew at will."""

    def __init__(self, folder: Path, limit: int, *words: str) -> None:
        self._words = (sys.executable, "-m", "tests.accept.quotas.hub", str(folder), str(limit), *words)
        self._process: asyncio.subprocess.Process | None = None
        self._there = asyncio.Event()
        self.tenant = ""
        self._at = ""
        self._token = ""

    async def start(self) -> None:
        """Returns once it listens."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._words, stdout=pipe)
        assert self._process.stdout
        async with asyncio.timeout(_PATIENCE):
            said = json.loads(await self._process.stdout.readline())
        self._at, self._token = f"http://127.0.0.1:{said['port']}", said["token"]
        self.tenant = said["tenant"]
        self._there.set()

    async def kill(self) -> None:
        """As kill -9."""
        self._there.clear()
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def send(self, session: aiohttp.ClientSession, text: str, key: str) -> tuple[int, Any, int]:
        """Ask until there is an answer: its status, its body, its Retry-After."""
        async with asyncio.timeout(_PATIENCE):
            await self._there.wait()
        url, body = f"{self._at}/api/whatsapp/connections/shop/send", {"to": "+14155550123", "message": text}
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        async with session.post(url, json=body, headers=headers) as answer:
            return (
                answer.status,
                await answer.json(content_type=None),
                int(answer.headers.get("Retry-After", 0)),
            )


@asynccontextmanager
async def started(folder: Path, limit: int, *words: str) -> AsyncIterator[Hub]:
    """A hub for the time of the block."""
    hub = Hub(folder, limit, *words)
    try:
        await hub.start()
        yield hub
    finally:
        await hub.kill()


async def crowd(hub: Hub, clients: int, sends: int, kill_at: tuple[int, ...] = ()) -> Heard:
    """So many clients, each with so many messages. The hub is killed each time when so many were answered."""
    heard, kills = Heard(), list(kill_at)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def client(number: int) -> None:
            for n in range(sends):
                await _one(hub, session, f"{number}-{n}", heard)
                if kills and heard.statuses.total() >= kills[0]:
                    kills.pop(0)
                    await hub.kill()
                    await hub.start()

        async with asyncio.TaskGroup() as group:
            for number in range(clients):
                group.create_task(client(number))
    return heard


async def _one(hub: Hub, session: aiohttp.ClientSession, text: str, heard: Heard) -> None:
    while True:
        try:
            status, body, retry_after = await hub.send(session, text, text)
        except (aiohttp.ClientError, ConnectionError):
            heard.again += 1
            await asyncio.sleep(0.05)
        else:
            break
    heard.statuses[status] += 1
    if status == 202:
        heard.doubled += body["messageId"] in heard.ids
        heard.ids.add(body["messageId"])
    elif status != 429 or not retry_after:
        heard.odd.append(f"{status}, Retry-After {retry_after}: {body.get('title')}")


async def same_key(hub: Hub, clients: int) -> tuple[set[str], list[int]]:
    """So many ask for the same at the same time, under one key: what ids they got, and how another text under
    the key is answered."""
    async with aiohttp.ClientSession() as session:
        with suppress(aiohttp.ClientError):
            answers = await asyncio.gather(*(hub.send(session, "same", "one key") for _ in range(clients)))
        other = [await hub.send(session, "other", "one key")]
    return {body.get("messageId", body.get("title")) for _, body, _ in answers}, [each[0] for each in other]
