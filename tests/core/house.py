"""A folder of plugins, a chatgrow.yaml and a host, for tests."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from textwrap import dedent, indent
from types import SimpleNamespace
from typing import Any

from chatgrow_bot.config import load
from chatgrow_bot.facts import Facts
from chatgrow_bot.host import Host
from chatgrow_bot.host.bot import InstanceStore
from chatgrow_bot.host.loader import Catalogue
from chatgrow_bot.hub import Command
from chatgrow_bot.messages import Outbound
from chatgrow_bot.store.database import Database

from .fakes import CUSTOMER, Stage, inbound

HEAD = """
import asyncio, sys, time
from contextlib import asynccontextmanager
from chatgrow_bot.messages import Outbound
from chatgrow_bot.plugin import Plugin, PluginConfig, hook
"""
GOOD = """
class Good(Plugin):
    @hook
    async def answer(self, message):
        return Outbound(to=message.chat, text=self.bot.name)
"""


class House:
    """A folder of plugins, a chatgrow.yaml and a host."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self.db = db
        self.stage = Stage()
        self.hooks = self.stage.hooks
        self.offered: list[str] = []
        self.sent: list[tuple[str, str, Outbound, str, str | None]] = []
        self.host: Host

    def plugin(self, name: str, code: str) -> None:
        path = self.folder / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + dedent(code))

    def load(self, plugins: str) -> "House":
        (self.folder / "chatgrow.yaml").write_text("plugins:\n" + indent(dedent(plugins), "  "))
        self.host = Host(
            loaded=load(self.folder / "chatgrow.yaml", {}),
            catalogue=Catalogue([self.folder / "mine"], installed=[]),
            hooks=self.hooks,
            clock=self.stage.clock,
            http=None,  # type: ignore[arg-type]
            store=lambda name: InstanceStore(self.db, name),
            serves=lambda tenants: lambda tenant: tenants == "all" or tenant == "t1",
        )
        self.host.load()
        return self

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Host]:
        facts = Facts(db=self.db, clock=self.stage.clock, hooks=self.hooks, report=self.stage.faults.append)
        async with self.host.running(hub=self._hub(), facts=facts, offer=self._offer):
            yield self.host

    @contextmanager
    def _offer(self, commands: Iterable[Command]) -> Iterator[None]:
        names = [command.name for command in commands]
        self.offered += names
        yield
        self.offered = [name for name in self.offered if name not in names]

    def _hub(self) -> Any:
        async def enqueue(
            tenant: str, connection: str, message: Outbound, *, source: str, key: str | None
        ) -> Any:
            self.sent.append((tenant, connection, message, source, key))
            return SimpleNamespace(id=f"d{len(self.sent)}")

        async def connections(tenant: str) -> Any:
            return [SimpleNamespace(connection_id=each) for each in {"t1": ["c1"]}.get(tenant, ["a", "b"])]

        return SimpleNamespace(
            outbox=SimpleNamespace(enqueue=enqueue), connections=SimpleNamespace(list=connections)
        )

    @property
    def faults(self) -> list[str]:
        return [f"{fault.where}: {fault.reason}" for fault in self.stage.faults]

    async def answered_by(self, tenant: str = "t1") -> str | None:
        answered = await self.hooks.answer(inbound(tenant=tenant), CUSTOMER)
        return answered.by if answered else None


def log_of(house: House, name: str) -> list[str]:
    instance = house.hooks._registry.get(name)
    assert instance
    return instance.plugin.log  # type: ignore[attr-defined, no-any-return]


def bot_of(house: House, name: str) -> Any:
    instance = house.hooks._registry.get(name)
    assert instance
    return instance.plugin.bot
