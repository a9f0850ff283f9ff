"""`make load`: a mix of calls on a running hub for a minute, as programs and people make them. How many
a second, how long they took, which failed, and what the hub took of the machine meanwhile.

By default on a hub of its own, whose one connection is online and from which nothing leaves the machine. On
another one: `python -m tests.bench.load --url http://127.0.0.1:3000 --username admin`. It sends to made-up
people on the connection that is named, so name none that is linked to a real account.
"""

import asyncio
import base64
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import quantiles

import aiohttp
import click
import psutil
import uvloop

from .rest import CONNECTION, still
from .runs import columns
from .yard import TEXT

_API = "/api/whatsapp"
#: How often each call is made, of a hundred.
_MIX = {"send": 45, "get message": 20, "list connections": 10, "stats": 5, "health": 15, "upload": 5}
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
_PEOPLE, _KEPT = 2_000, 1_000
_LOOKS = 12  #: at memory and processor, over the whole time


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The hub that is driven."""

    url: str
    token: str
    connection_id: str
    pid: int | None  #: of a hub on this machine


@dataclass(slots=True)
class Seen:
    """What became of the calls."""

    spent: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    looks: list[tuple[float, float, float, int]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


class Driver:
    """Makes the calls."""

    def __init__(self, aim: Aim, http: aiohttp.ClientSession) -> None:
        self._aim = aim
        self._http = http
        self._chance = random.Random(1)
        self.seen = Seen()

    async def call(self, until: float) -> None:
        """One caller: a call after the other."""
        names, weights = list(_MIX), list(_MIX.values())
        while time.perf_counter() < until:
            [name] = self._chance.choices(names, weights) if self.seen.messages else ["send"]
            began = time.perf_counter()
            try:
                status = str(await self._make(name))
            except (aiohttp.ClientError, TimeoutError) as error:
                status = type(error).__name__
            self.seen.spent[name].append(time.perf_counter() - began)
            self.seen.statuses[name][status] += 1

    async def _make(self, name: str) -> int:
        match name:
            case "send":
                return await self._send()
            case "get message":
                return await self._get(f"{_API}/messages/{self._chance.choice(self.seen.messages)}")
            case "list connections":
                return await self._get(f"{_API}/connections")
            case "stats":
                return await self._get(f"{_API}/stats")
            case "health":
                return await self._get("/health")
            case _:
                return await self._upload()

    async def _send(self) -> int:
        body = {"to": f"+1555{self._chance.randrange(_PEOPLE):07d}", "message": TEXT}
        path = f"{_API}/connections/{self._aim.connection_id}/send"
        async with self._http.post(path, json=body) as answer:
            found = await answer.json()
            if answer.status == 202:
                del self.seen.messages[: len(self.seen.messages) - _KEPT + 1]
                self.seen.messages.append(found["messageId"])
            return answer.status

    async def _get(self, path: str) -> int:
        async with self._http.get(path) as answer:
            await answer.read()
            return answer.status

    async def _upload(self) -> int:
        async with self._http.post(
            f"{_API}/media", data=_PICTURE, headers={"Content-Type": "image/png"}
        ) as answer:
            await answer.read()
            return answer.status

    async def watch(self, seconds: float) -> None:
        """Look at the hub's process now and then."""
        if self._aim.pid is None:
            return
        process, began = psutil.Process(self._aim.pid), time.perf_counter()
        process.cpu_percent()
        for _ in range(_LOOKS):
            await asyncio.sleep(seconds / _LOOKS)
            answered = sum(map(len, self.seen.spent.values()))
            memory, cpu = process.memory_info().rss / 1e6, process.cpu_percent()
            self.seen.looks.append((time.perf_counter() - began, memory, cpu, answered))


async def drive(aim: Aim, callers: int, seconds: float) -> Seen:
    """So many callers for so long."""
    headers = {"Authorization": f"Bearer {aim.token}"}
    limits = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(aim.url, headers=headers, timeout=limits) as http:
        driver, until = Driver(aim, http), time.perf_counter() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(driver.watch(seconds))
            for _ in range(callers):
                group.create_task(driver.call(until))
        return driver.seen


def report(seen: Seen, seconds: float) -> str:
    """Two tables: the calls, and the hub over time."""
    every = [each for spent in seen.spent.values() for each in spent]
    lines = [_line(name, seen.spent[name], seen.statuses[name], seconds) for name in _MIX if seen.spent[name]]
    lines.append(_line("all", every, sum(seen.statuses.values(), Counter()), seconds))
    calls = columns([("call", "/s", "p50 ms", "p95 ms", "p99 ms", "answers"), *lines], {1, 2, 3, 4})
    before, looks = 0, []
    pause = seconds / _LOOKS
    for at, memory, cpu, answered in seen.looks:
        looks.append(
            (f"{at:.0f} s", f"{memory:.0f} MB", f"{cpu:.0f} %", f"{(answered - before) / pause:,.0f}")
        )
        before = answered
    if not looks:
        return calls
    hub = columns([("after", "memory", "of a core", "/s"), *looks], {0, 1, 2, 3})
    return f"{calls}\n\nthe hub\n{hub}"


def _line(name: str, spent: Sequence[float], statuses: Counter[str], seconds: float) -> tuple[str, ...]:
    cuts = quantiles([1000 * each for each in spent], n=100) if len(spent) > 1 else [0.0] * 99
    shown = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    return (name, f"{len(spent) / seconds:,.1f}", *(f"{cuts[at - 1]:.1f}" for at in (50, 95, 99)), shown)


@asynccontextmanager
async def _aimed(
    url: str | None,
    username: str,
    password: str | None,
    token: str | None,
    connection_id: str,
    pid: int | None,
) -> AsyncIterator[Aim]:
    if url is None:
        async with still() as hub:
            yield Aim(url=hub.url, token=hub.token, connection_id=CONNECTION, pid=hub.pid)
        return
    if token is None:
        login = {"username": username, "password": password or click.prompt("Password", hide_input=True)}
        async with aiohttp.ClientSession(url) as http, http.post("/api/auth/login", json=login) as answer:
            answer.raise_for_status()
            token = (await answer.json())["accessToken"]
    yield Aim(url=url, token=str(token), connection_id=connection_id, pid=pid)


@click.command()
@click.option("--url", help="A running hub; by default one of its own.")
@click.option("--username", default="admin", show_default=True)
@click.option("--password", envvar="CHATGROW_PASSWORD", help="Asked for if neither it nor a token is given.")
@click.option("--token", envvar="CHATGROW_TOKEN", help="An access token instead, or an API key.")
@click.option("--connection", default=CONNECTION, show_default=True, help="On which messages are sent.")
@click.option("--pid", type=int, help="The hub's process, for its memory and processor.")
@click.option("--seconds", type=click.FloatRange(1), default=60.0, show_default=True)
@click.option("--callers", type=click.IntRange(1), default=20, show_default=True)
def load(
    url: str | None,
    username: str,
    password: str | None,
    token: str | None,
    connection: str,
    pid: int | None,
    seconds: float,
    callers: int,
) -> None:
    """Drive a hub, and print what became of it."""

    async def main() -> Seen:
        async with _aimed(url, username, password, token, connection, pid) as aim:
            click.echo(f"{callers} callers on {aim.url} for {seconds:.0f} s …", err=True)
            return await drive(aim, callers, seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen = runner.run(main())
    click.echo(f"\n{report(seen, seconds)}\n\nload of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    load()
