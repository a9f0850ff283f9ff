"""A journal, plugins that listen to it, and a clock, for the tests of facts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from chatgrow_bot.facts import Facts, next_key
from chatgrow_bot.messages import Fact, Fault, Inbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import inbox, journal
from chatgrow_bot.store import tables as t
from chatgrow_bot.store.database import Database

from .fakes import NOW, TENANT, Stage, inbound


def fails(text: str) -> None:
    if text == "bad":
        raise ValueError


def listener(
    trouble: Callable[[str], None] = lambda text: None, gate: asyncio.Event | None = None
) -> type[Plugin]:
    class Listener(Plugin):
        def __init__(self, bot: object) -> None:
            super().__init__(bot)  # type: ignore[arg-type]
            self.heard: list[str] = []
            self.keys: list[str | None] = []

        @hook
        async def on_inbound(self, message: Inbound) -> None:
            if gate:
                await gate.wait()
            self.heard.append(message.text)
            self.keys += [next_key(), next_key()]
            trouble(message.text)

        @hook
        async def on_fault(self, fault: Fault) -> None:
            self.heard.append(f"fault of {fault.where}")

    return Listener


class Scene:
    """A journal, plugins that listen to it, and a clock."""

    def __init__(self, db: Database, **plugins: type[Plugin]) -> None:
        self.stage = Stage().play(serves=lambda tenant: True, **plugins)
        self.clock = self.stage.clock
        self.db = db
        self.facts = Facts(db=db, clock=self.clock, hooks=self.stage.hooks, report=self.stage.faults.append)
        self._count = 0

    @asynccontextmanager
    async def reading(self, *names: str) -> AsyncIterator["Scene"]:
        async with asyncio.TaskGroup() as group:
            begun = [(name, await self.facts.begin(name)) for name in names]
            readers = [group.create_task(self.facts.follow(*each)) for each in begun]
            yield self
            for reader in readers:
                reader.cancel()

    async def say(self, *texts: str, tenant: str = TENANT) -> None:
        for text in texts:
            self._count += 1
            message = inbound(text, id=f"{id(self)}-{self._count}", tenant=tenant)
            message = Inbound(**{n: getattr(message, n) for n in message.__slots__} | {"wa_id": message.id})
            await self.db.write(lambda conn, m=message: inbox.add(conn, m))  # type: ignore[misc]
        self.facts.poke()

    async def tell(self, fact: Fact) -> None:
        await self.db.write(lambda conn: journal.tell(conn, fact, at=NOW))
        self.facts.poke()

    def plugin(self, name: str) -> Any:
        instance = self.stage.hooks._registry.get(name)
        return instance and instance.plugin

    def heard(self, name: str) -> list[str]:
        return list(self.plugin(name).heard)

    async def until(self, met: Callable[[], bool], step: float = 0.0) -> None:
        """Let things happen, turning the clock by `step` at each look."""
        async with asyncio.timeout(10):
            while not met():
                await asyncio.sleep(0.005)
                if step:
                    self.clock.advance(step)

    async def bookmark(self, name: str) -> int | None:
        return await self.db.read(lambda conn: journal.bookmark(conn, name))

    async def until_marked(self, name: str, position: int) -> None:
        async with asyncio.timeout(10):
            while await self.bookmark(name) != position:  # noqa: ASYNC110 (the database has no event)
                await asyncio.sleep(0.005)

    async def parked(self) -> list[tuple[str, int]]:
        return await self.db.read(
            lambda conn: [tuple(row) for row in conn.execute(select(t.parked.c.reader, t.parked.c.position))]
        )
