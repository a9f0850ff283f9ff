"""How many messages a second a program can hand in over the REST API: logged in, each on disk before the 202.
Beside it a bare aiohttp handler that reads the same body and keeps nothing (`accepts.py`), by turns, asked by
the same callers; how one stands to the other is the figure.

The hub is a process of its own, as `chatgrow run` starts it, with one connection that is online and sends at
the pace of every other: what is handed in waits.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import msgspec
import yaml

from .callers import Round, call, posts
from .product import part
from .runs import Figure
from .yard import TEXT

if TYPE_CHECKING:
    from plugins.simulator.demo.api import Api

CONNECTION = "shop"
PATH = f"/api/whatsapp/connections/{CONNECTION}/send"
_CALLERS = (1, 10, 50)
_SECONDS = 3.0
#: How many people are written to.
_PEOPLE = 2_000
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A hub whose one connection is online, and nothing leaves the machine."""

    url: str
    token: str
    pid: int
    api: "Api"


async def measure(runs: int) -> Sequence[Figure]:
    """Sends a second, their latency, and their ratio to the bare handler's."""
    figures: list[Figure] = []
    async with still() as hub, _bare() as bare:
        for callers in _CALLERS:
            pairs = [
                (await round_of(bare, "", callers), await round_of(hub.url, hub.token, callers))
                for _ in range(runs)
            ]
            figures += _figures(f"REST send, {callers} client{'s' if callers > 1 else ''}", pairs)
    return figures


def _figures(name: str, pairs: Sequence[tuple[Round, Round]]) -> Sequence[Figure]:
    ours, bare = [ours for _, ours in pairs], [bare for bare, _ in pairs]
    if refused := sum(each.refused for each in (*ours, *bare)):
        raise RuntimeError(f"{refused} requests were not accepted")
    busy = f"the callers took {median(each.busy for each in bare):.0%} of a core beside it"
    aim = "0.6" if name.endswith("50 clients") else ""
    ratios = [mine.rate / least.rate for least, mine in pairs]
    return [
        Figure(name=f"{name}: ratio", unit="x", samples=ratios, aim=aim),
        Figure(name=name, unit="/s", samples=[each.rate for each in ours]),
        Figure(name=f"{name}: bare handler", unit="/s", samples=[each.rate for each in bare], note=busy),
        Figure(name=f"{name}: p50", unit="ms", samples=[each.percentile(50) for each in ours]),
        Figure(name=f"{name}: p99", unit="ms", samples=[each.percentile(99) for each in ours]),
    ]


async def round_of(url: str, token: str, callers: int) -> Round:
    headers = [f"Authorization: Bearer {token}"]

    def requests(number: int) -> Iterator[bytes]:
        mine = range(number, _PEOPLE, callers)
        bodies = [msgspec.json.encode({"to": f"+1555{n:07d}", "message": TEXT}) for n in mine]
        return posts(url, PATH, headers, bodies)

    return await call(url, requests, callers=callers, seconds=_SECONDS, status=202)


@asynccontextmanager
async def still(without: str = "") -> AsyncIterator[Still]:
    """A hub of its own for the time of the block; one `without` what is named, of what lesser.py names."""
    processes, api = part("simulator.demo.processes"), part("simulator.demo.api")
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        home = Path(folder)
        [port] = processes.free_ports(1)
        config = _configured(home, port)
        password = await _user(config)
        program = ["tests.bench.lesser", without] if without else ["chatgrow_bot.cli"]
        words = [sys.executable, "-m", *program, "run", "--config", str(config)]
        async with processes.running("hub", words, home / "hub.log", port) as process:
            url = f"http://127.0.0.1:{port}"
            async with api.Api(url, "bench", password) as caller:
                await _link(caller)
                login = {"username": "bench", "password": password}
                token = (await caller.call("POST", "/api/auth/login", login))["accessToken"]
                yield Still(url=url, token=token, pid=process.pid, api=caller)


def _configured(home: Path, port: int) -> Path:
    """One connection's engine, and the API."""
    config = home / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    settings = {
        "server": {"port": port},
        "pluginFolders": [str(_HERE / "plugins")],
        "connectionDefaults": {"engine": "still"},
        "plugins": {"still": {}, "rest_api": {"admin": True}},
    }
    config.write_text(yaml.safe_dump(settings))
    return config


async def _user(config: Path) -> str:
    """An admin; the command prints the password that it made."""
    words = part("simulator.demo.processes").chatgrow(
        "user", "add", "bench", "--role", "admin", "--config", str(config)
    )
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output.decode().split()[-1]


async def _link(api: "Api") -> None:
    await api.create(CONNECTION, "Shop", "")
    await part("simulator.demo.processes").until(
        lambda: api.connection(CONNECTION), lambda found: found["state"] == "online"
    )


@asynccontextmanager
async def _bare() -> AsyncIterator[str]:
    processes = part("simulator.demo.processes")
    [port] = processes.free_ports(1)
    words = [sys.executable, "-m", "tests.bench.accepts", str(port)]
    with tempfile.TemporaryDirectory(prefix="chatgrow-bench-") as folder:
        async with processes.running("bare handler", words, Path(folder) / "log", port):
            yield f"http://127.0.0.1:{port}"
