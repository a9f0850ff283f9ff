"""Who writes to whom: a hub with several linked accounts, and the customers that they write to.

All is as in life but WhatsApp itself: the hub is a process, the browsers are true, the store is on disk.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatgrow_bot.host.loader import built_in_folder, load_plugin_module

_CONFIG = """\
# Made by `chatgrow demo`; made anew each time.
server: {{ port: {hub} }}
pacing:
  send: {{ min: 0, max: 0, jitter: 0 }}
queue: {{ reconcileAfter: {reconcile_after}, onUnknown: {on_unknown} }}
plugins:
  engine_web: {{ simulator: "127.0.0.1:{page}", channel: headless-shell }}
  rest_api: {{ admin: true }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a hub is killed, and what it has to do meanwhile."""

    seed: int
    connections: int
    chats: int  #: of all connections together
    messages: int
    kills: int
    on_unknown: str = "resend"
    deduplicate: bool = True  #: whether WhatsApp drops a message id that it has seen
    reconcile_after: float = 1.0  #: seconds
    forget: float = 2.0  #: what a page's store loses at a kill, where it does, in seconds
    broken: bool = False  #: the negative control
    first: int = 0  #: the number of the first message
    linked: bool = False  #: by an earlier story, whose customers these are


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One to be sent. Its text is its number, so that it is known wherever it turns up."""

    number: int
    connection_id: str
    to: str

    @property
    def text(self) -> str:
        """What it says."""
        return f"{self.number:05d}"


def demo(name: str) -> Any:
    """A module of the simulator's demo: `stage`, `processes`."""
    load_plugin_module(built_in_folder() / "simulator")
    return sys.modules[f"chatgrow_plugins.simulator.demo.{name}"]


class Town:
    """The linked accounts and their customers; the hub is not running."""

    def __init__(self, plan: Plan, stage: Any, phones: Any) -> None:
        self.plan = plan
        self.stage = stage
        self.phones = phones
        self.shops = {f"shop{each}": f"+9725012345{each:02d}" for each in range(plan.connections)}

    @property
    def words(self) -> Sequence[str]:
        """The command line that runs the hub."""
        program = "tests.accept.kills.broken_hub" if self.plan.broken else "chatgrow_bot.cli"
        return [sys.executable, "-m", program, "run", "--config", str(self.stage.places.config)]

    @property
    def log(self) -> Path:
        """What the hub prints."""
        return Path(self.stage.places.folder) / "hub.log"

    @property
    def database(self) -> str:
        """The hub's database."""
        return f"sqlite:///{self.stage.places.config.parent.parent / 'sessions' / 'chatgrow.db'}"

    def messages(self) -> Sequence[Message]:
        """All that is to be sent: around the connections, and in each around its chats."""
        names, chats = list(self.shops), self.plan.chats // self.plan.connections
        return [
            Message(
                number=self.plan.first + at,
                connection_id=names[at % len(names)],
                to=_customer(at % len(names), at // len(names) % chats),
            )
            for at in range(self.plan.messages)
        ]

    def again(self, plan: Plan) -> "Town":
        """The same accounts and people, for another story."""
        return Town(plan, self.stage, self.phones)

    async def settle(self) -> None:
        """Everybody gets a phone."""
        for name, number in self.shops.items():
            await self.phones.phone(number, name=name)
        for number in {message.to for message in self.messages()}:
            await self.phones.customer(number, name=number)
        if not self.plan.deduplicate:
            await self.phones.switch(deduplicate=False)

    async def link(self, api: Any) -> None:
        """The shops link pages of a hub that runs."""
        async with asyncio.TaskGroup() as linking:
            for connection_id, number in self.shops.items():
                linking.create_task(self._link(api, connection_id, number))

    async def _link(self, api: Any, connection_id: str, number: str) -> None:
        processes = demo("processes")
        await api.create(connection_id, connection_id, number)
        await processes.until(lambda: api.connection(connection_id), lambda found: found["state"] == "qr")
        code = await api.call("GET", f"/api/whatsapp/connections/{connection_id}/qr")
        shop = await self.phones.phone(number, name=connection_id)
        await shop.scan(code["code"])
        await processes.until(lambda: api.connection(connection_id), lambda found: found["state"] == "online")


def _customer(shop: int, chat: int) -> str:
    return f"+97254{shop:02d}{chat:05d}"


@asynccontextmanager
async def town(plan: Plan, folder: Path) -> AsyncIterator[Town]:
    """The town, settled, with its WhatsApp running."""
    rules = folder / "no_rules"
    rules.mkdir(parents=True)
    stage = await demo("stage").Stage.build(folder / "demo", rules)
    places = stage.places
    places.config.write_text(
        _CONFIG.format(
            hub=places.hub_port,
            page=places.page_port,
            reconcile_after=plan.reconcile_after,
            on_unknown=plan.on_unknown,
        )
    )
    client = sys.modules["chatgrow_plugins.simulator"].SimulatorClient
    async with stage.simulator(), client(places.simulator) as phones:
        settled = Town(plan, stage, phones)
        await settled.settle()
        yield settled
