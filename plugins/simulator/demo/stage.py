"""Sets the stage: the demo's own folder and configuration, a user, and the two programs."""

import asyncio
import fcntl
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Self

from .api import Api
from .processes import DemoFailed, Places, chatgrow, free_ports, running

USER, NEIGHBOUR = "demo", "neighbour"

#: Ready rules, in English and in Hebrew: the café has those for a restaurant, the boutique those for a shop,
#: which hand customers over to people.
_READY = Path(__file__).parents[2] / "auto_reply" / "gallery"
CAFE, BOUTIQUE = "cafe", "boutique"
_RULES_OF = {CAFE: "restaurant", BOUTIQUE: "shop"}
#: Who serves the boutique's customers, from a phone of her own.
AGENT, AGENT_NUMBER = "Maya", "+972541112235"

#: By this line a folder is known as a demo's own, which the next one may remove.
_MADE_BY = "# Made by `chatgrow demo`; made anew each time.\n"
_CONFIG = """\
server:
  port: {hub_port}
# In life the hub waits 30 to 45 seconds between messages. The demo is in a hurry, and talks to nobody real.
pacing:
  send: {{ min: 0, max: 0, jitter: 0 }}
  reply: {{ min: 0, max: 0, typing: true }}
# Nor does anybody real write as fast as a script does.
inbound:
  loopBreaker: {{ short: 25, sameText: 6 }}
# Whoever asks the boutique for a person is handed to Maya: she answers on her own phone, in WhatsApp.
agents:
  maya: {{ name: {agent}, whatsapp: "{agent_number}" }}
teams:
  sales: {{ title: Sales, members: [maya], rating: true }}
plugins:
  engine_web:
    simulator: "127.0.0.1:{page_port}"
  rest_api:
    admin: true
  dashboard:
    admin: true
    tenants: all
  whatsapp_agents:
    admin: true
    tenants: all
  auto_reply:
    tenants: all
    rules: config/rules
  journal_log: {{}}
"""


class Stage:
    """Where the demo plays."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._passwords: dict[str, str] = {}  #: by user name

    @classmethod
    async def build(cls, folder: Path, rules: Path) -> Self:
        """A fresh folder with a configuration, the given rules and a user. Raises DemoFailed when the
        folder is not a demo's own, or one runs in it."""
        ports = free_ports(3)
        places = Places(folder=folder, hub_port=ports[0], page_port=ports[1], control_port=ports[2])
        await asyncio.to_thread(lay_out, places, rules)
        stage = cls(places)
        await stage.add_user(USER, "admin")
        return stage

    async def add_user(self, name: str, role: str) -> None:
        """Make a user, before the hub starts."""
        self._passwords[name] = await _add_user(self.places, name, role)

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

    @property
    def password(self) -> str:
        """The demo's own user's."""
        return self._passwords[USER]

    def api(self, username: str = USER) -> Api:
        """A caller, not logged in yet."""
        return Api(self.places.hub, username, self._passwords[username])


def lay_out(places: Places, rules: Path) -> None:
    """Write the configuration and the rules into an empty folder. Raises DemoFailed."""
    if not rules.is_dir():
        raise DemoFailed(f"there are no rules in {rules}; begin a project here with: chatgrow init")
    _clear(places)
    folder = places.config.parent / "rules"
    folder.mkdir(parents=True)
    settings = _CONFIG.format(
        hub_port=places.hub_port, page_port=places.page_port, agent=AGENT, agent_number=AGENT_NUMBER
    )
    places.config.write_text(_MADE_BY + settings)
    for file in rules.glob("*.yaml"):
        shutil.copy(file, folder / file.name)
    for connection, ready in _RULES_OF.items():
        for file in _READY.glob(f"{ready}.*.yaml"):  # as somebody would who takes them for one connection
            own = file.read_text().replace("\nlanguage:", f"\nconnections: [{connection}]\nlanguage:", 1)
            (folder / file.name.replace(ready, connection)).write_text(own)


def _clear(places: Places) -> None:
    """Remove the last demo, and nothing else that somebody may have named by mistake."""
    if not places.folder.exists() or not any(places.folder.iterdir()):
        return
    if not places.config.is_file() or not places.config.read_text().startswith(_MADE_BY):
        raise DemoFailed(f"{places.folder} holds something else than a demo; name another folder")
    if _is_held(places.folder / "sessions" / "chatgrow.lock"):
        raise DemoFailed(f"a demo runs in {places.folder} already; stop it first")
    shutil.rmtree(places.folder)


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


async def _add_user(places: Places, name: str, role: str) -> str:
    """Make a user; the command prints the password that it made."""
    words = chatgrow("user", "add", name, "--role", role, "--config", str(places.config))
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise DemoFailed(f"the user could not be made: {errors.decode()}")
    return output.decode().split()[-1]
