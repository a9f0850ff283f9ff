"""What a hub writes, statement by statement: recorded while one runs that is written to and writes."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, event

from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Plugin, hook
from chatgrow_bot.store import outbox
from chatgrow_bot.store.database import open_database
from chatgrow_bot.testing import TalkingBot


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A database, and what was done to it on the one connection that writes."""

    base: bytes  #: the file before the first statement
    statements: tuple[str, ...]  #: with their values, from the settings of the connection on

    def with_setting(self, setting: str, instead: str) -> Self:
        """The same with another setting of the connection."""
        if f"PRAGMA {setting}" not in self.statements:
            raise LookupError(f"the store does not say PRAGMA {setting}")
        changed = (instead if each == f"PRAGMA {setting}" else each for each in self.statements)
        return replace(self, statements=tuple(changed))


class Echo(Plugin):
    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        """Something leaves for whatever comes."""
        return Outbound(to=message.chat, text=f"you said {message.text}")


async def record(rounds: int) -> Recorded:
    """A hub that takes messages from programs and from customers, sends, answers and hears of acks."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-power-") as folder:
        bot = TalkingBot(Path(folder))
        file = Path(folder) / "sessions" / "chatgrow.db"
        async with open_database(f"sqlite:///{file}"):
            pass
        base = file.read_bytes()
        with _traced() as statements:
            try:
                await bot.start(Echo)
                session = await bot.connect()
                for number in range(rounds):
                    to = f"1555{number % 20:07d}"
                    await bot.running.hub.outbox.enqueue(
                        bot.admin.user_id, "shop", Outbound(to=to, text=f"message {number}"), source="test"
                    )
                    await session.hears(f"hello {number}", f"1556{number % 7:07d}@c.us")
                    await session.acks(session.sent[-1].wa_id, 2 + number % 2) if session.sent else None
                await bot.until(lambda conn: outbox.under_way(conn, None), lambda live: not live, 60)
            finally:
                await bot.stop()
    return Recorded(base=base, statements=tuple(statements))


@contextmanager
def _traced() -> Iterator[list[str]]:
    """Every statement of connections that write: they are SQLite's own, readers' are asynchronous."""
    statements: list[str] = []

    def connected(connection: object, record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(noted)

    def noted(statement: str) -> None:
        if not statement.startswith("--"):  # what a statement made SQLite itself do
            statements.append(statement)

    event.listen(Engine, "connect", connected, insert=True)
    try:
        yield statements
    finally:
        event.remove(Engine, "connect", connected)
