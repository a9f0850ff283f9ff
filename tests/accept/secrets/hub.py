"""A hub as a process of its own, and people who use it over HTTP and on its command line."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import yaml

#: Seconds that a busy machine may take.
_PATIENCE = 90.0
_SETTLED = ("sent", "failed", "unknown", "quarantined", "retry", "cancelled")


@dataclass(slots=True)
class Process:
    """A hub that runs, all that was said to it and that it said."""

    folder: Path
    env: Mapping[str, str]
    session: aiohttp.ClientSession
    url: str = ""
    pid: int = 0
    printed: bytearray = field(default_factory=bytearray)
    errors: list[tuple[str, bytes]] = field(default_factory=list)  #: bodies of answers from 400 on
    ids: list[str] = field(default_factory=list)  #: of messages
    settled_ids: int = 0  #: how many of them are known to be

    async def ask(self, method: str, path: str, token: str = "", **more: Any) -> Any:
        """An answer, parsed; whatever it is."""
        headers = {**more.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        async with self.session.request(method, self.url + path, headers=headers, **more) as answer:
            raw = await answer.read()
            if answer.status >= 400:
                self.errors.append((f"{method} {path.partition('?')[0]} {answer.status}", raw))
            return json.loads(raw) if raw and "json" in answer.content_type else None

    async def send(self, token: str, message: Any, to: str) -> None:
        """Queue a message."""
        accepted = await self.ask(
            "POST",
            "/api/whatsapp/connections/shop/send",
            token,
            json={"to": to, "message": message},
        )
        self.ids.append(accepted["messageId"])

    async def settled(self, token: str) -> None:
        """Every message has left, or met what keeps it."""
        async with asyncio.timeout(_PATIENCE):
            for each in self.ids[self.settled_ids :]:
                while True:
                    found = await self.ask("GET", f"/api/whatsapp/messages/{each}", token)
                    if found["status"] in _SETTLED or found["reason"]:
                        break
                    await asyncio.sleep(0.05)
        self.settled_ids = len(self.ids)

    async def state(self, token: str, state: str) -> None:
        """Wait until the connection is in it."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                found = await self.ask("GET", "/api/whatsapp/connections/shop", token)
                if found["state"] == state:
                    break
                await asyncio.sleep(0.05)

    async def word(self, *words: str) -> bytes:
        """What a word of the command line prints."""
        command = [sys.executable, "-m", "chatgrow_bot.cli", *words]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=self.env, stdout=-1, stderr=-1
        )
        out, errors = await process.communicate()
        return out + errors

    def processes(self) -> Iterator[tuple[str, bytes]]:
        """What the system tells of the hub and its children."""
        hub = psutil.Process(self.pid)
        for each in (hub, *hub.children(recursive=True)):
            yield f"command line of {each.name()}", " ".join(each.cmdline()).encode()
            if each is not hub:
                yield f"environment of {each.name()}", Path(f"/proc/{each.pid}/environ").read_bytes()


def config(folder: Path, plugins: Mapping[str, Any]) -> None:
    """Write the configuration of a hub that hurries."""
    settings = {
        "server": {"port": 0, "tokenSecret": "SECRET_SIGNING"},
        "pluginFolders": [str(Path(__file__).with_name("plugin_folder"))],
        "pacing": {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}},
        "queue": {"maxRetries": 0, "reconcileAfter": 3600},
        "memoryReserve": 0,
        "diskReserve": 0,
        "connectionDefaults": {"engine": "leaky"},
        "plugins": plugins,
    }
    written = re.sub(r"SECRET_(\w+)", r"!secret \1", yaml.safe_dump(settings, sort_keys=False))
    (folder / "config").mkdir(parents=True)
    (folder / "config" / "chatgrow.yaml").write_text(written)


@asynccontextmanager
async def running(folder: Path, program: str, secrets: Mapping[str, str]) -> AsyncIterator[Process]:
    """`chatgrow run` in the folder, until the block ends; then it stops in order."""
    env = {**os.environ, **secrets}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", program, "run", cwd=folder, env=env, stdout=-1, stderr=-2
    )
    assert process.stdout
    async with aiohttp.ClientSession() as session:
        hub = Process(folder=folder, env=env, session=session, pid=process.pid)
        try:
            async with asyncio.timeout(_PATIENCE):
                while not (found := re.search(rb"listens on (http://\S+)", hub.printed)):
                    line = await process.stdout.readline()
                    assert line, hub.printed.decode()
                    hub.printed += line
            hub.url = found[1].decode()
            reading = asyncio.ensure_future(process.stdout.read())
            yield hub
        finally:
            if process.returncode is None:
                process.terminate()
            hub.printed += await asyncio.wait_for(reading, _PATIENCE) if hub.url else b""
            await process.wait()
