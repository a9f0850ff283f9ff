"""Sets the stage: the demo's own folder and configuration, a user, and the two programs."""

import asyncio
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Self

from .api import Api
from .processes import DemoFailed, Places, chatgrow, free_ports, running

USER = "demo"

_CONFIG = """\
# Made by `chatgrow demo`; made anew each time.
server:
  port: {hub_port}
# In life the hub waits 30 to 45 seconds between messages. The demo is in a hurry, and talks to nobody real.
pacing:
  send: {{ min: 0, max: 0, jitter: 0 }}
  reply: {{ min: 0, max: 0, typing: true }}
plugins:
  engine_web:
    simulator: "127.0.0.1:{page_port}"
  rest_api:
    admin: true
  auto_reply:
    rules: config/rules
  journal_log: {{}}
"""


class Stage:
    """Where the demo plays."""

    def __init__(self, places: Places, password: str) -> None:
        self.places = places
        self.password = password

    @classmethod
    async def build(cls, folder: Path, rules: Path) -> Self:
        """A fresh folder with a configuration, the given rules and a user."""
        ports = free_ports(3)
        places = Places(folder=folder, hub_port=ports[0], page_port=ports[1], control_port=ports[2])
        await asyncio.to_thread(_lay_out, places, rules)
        return cls(places, await _add_user(places))

    def simulator(self) -> AbstractAsyncContextManager[Process]:
        """The stand-in for WhatsApp, for the time of the block."""
        where = self.places
        words = chatgrow(
            "simulator",
            *("--folder", str(where.folder / "phones")),
            *("--port", str(where.page_port), "--control-port", str(where.control_port)),
        )
        return running("simulator", words, where.folder / "simulator.log", where.control_port)

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[None]:
        """The hub, for the time of the block."""
        words = chatgrow("run", "--config", str(self.places.config))
        async with running("hub", words, self.places.folder / "hub.log", self.places.hub_port):
            yield

    def api(self) -> Api:
        """A caller, not logged in yet."""
        return Api(self.places.hub, USER, self.password)


def _lay_out(places: Places, rules: Path) -> None:
    shutil.rmtree(places.folder, ignore_errors=True)
    (places.config.parent / "rules").mkdir(parents=True)
    for file in rules.glob("*.yaml"):
        shutil.copy(file, places.config.parent / "rules" / file.name)
    places.config.write_text(_CONFIG.format(hub_port=places.hub_port, page_port=places.page_port))


async def _add_user(places: Places) -> str:
    """Make the demo's admin; the command prints the password that it made."""
    words = chatgrow("user", "add", USER, "--role", "admin", "--config", str(places.config))
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise DemoFailed(f"the user could not be made: {errors.decode()}")
    return output.decode().split()[-1]
