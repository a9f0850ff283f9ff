"""The way out without an engine under it: a real store, and the real core over it, whose connections are
online from the start, whose sessions send at once, and for which no keeper runs. What is measured here is
the queue: Outbox, Agenda, Dispatcher, Hooks, Outcome and the store, as a hub has them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, cast

from sqlalchemy import Connection, insert

from chatgrow_bot.clock import SystemClock
from chatgrow_bot.config.models import Settings
from chatgrow_bot.core import Core
from chatgrow_bot.engine import Ack, Parcel, Session
from chatgrow_bot.ground import Ground
from chatgrow_bot.hooks import Hooks
from chatgrow_bot.messages import Lane, Outbound
from chatgrow_bot.outbox.agenda import Agenda
from chatgrow_bot.outbox.dispatch import Dispatcher
from chatgrow_bot.safety.http import SafeHttp
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.store.tables import connections
from chatgrow_bot.vault import Vault

TENANT, EPOCH = "bench", 1
TEXT = "Your order is ready. Thank you for your patience, and see you soon in our shop!"
#: No waiting between messages.
AT_ONCE = {"send": {"min": 0, "max": 0, "jitter": 0}, "reply": {"min": 0, "max": 0, "typing": False}}


class Instant:
    """A session that sends at once: as much of one as the way out asks for."""

    def __init__(self) -> None:
        self.sent = 0
        self._awaited = 0
        self._enough = asyncio.Event()

    async def send(self, parcel: Parcel) -> Ack:
        """WhatsApp has it."""
        self.sent += 1
        if self.sent == self._awaited:
            self._enough.set()
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=1)

    async def has_sent(self, count: int) -> None:
        """Wait until it has sent so many."""
        self._awaited = count
        if self.sent < count:
            await self._enough.wait()


class Yard(Core):
    """The core, with one session for all of its connections."""

    def __init__(self, ground: Ground, names: Sequence[str], session: Instant) -> None:
        self.names = names
        self.session = session
        self.db = ground.db
        super().__init__(ground, {}, serves=lambda plugins: lambda tenant: True, is_read=lambda: True)

    def _sending(self, agenda: Agenda) -> Dispatcher:
        self.connections.ready = lambda connection_id: cast("Session", self.session)  # type: ignore[method-assign]
        return super()._sending(agenda)

    def drafts(self, count: int, chats: int = 1000) -> Sequence[Outgoing]:
        """So many messages, spread over the connections and over so many chats on each."""
        messages = [Outbound(to=f"1555{chat:07d}@c.us", text=TEXT) for chat in range(chats)]
        names = len(self.names)
        return [
            self.outbox.draft(
                TENANT, self.names[n % names], messages[n // names % chats], source="bench", lane=Lane.SEND
            )
            for n in range(count)
        ]


@asynccontextmanager
async def yard(
    lines: int, session: Instant | None = None, folder: Path | None = None, **settings: Any
) -> AsyncIterator[Yard]:
    """A core with so many connections over a fresh database, or over that of a folder, for the time of the
    block. `settings` as in chatgrow.yaml."""
    names = [f"line{n:05d}" for n in range(lines)]
    async with AsyncExitStack() as house:
        place = folder or Path(house.enter_context(TemporaryDirectory(prefix="chatgrow-bench-")))
        db = await house.enter_async_context(open_database(f"sqlite:///{place}/chatgrow.db"))
        if folder is None:
            await db.write(lambda conn: settle(conn, names))
        clock = SystemClock()
        ground = Ground(
            settings=Settings.model_validate({"sessionDir": str(place), **settings}),
            db=db,
            clock=clock,
            chance=Random(1),  # the same gaps at every run
            hooks=Hooks(clock=clock, report=lambda fault: None),
            http=await house.enter_async_context(SafeHttp(())),
            report=lambda fact: None,
            epoch=EPOCH,
            key=b"bench" * 8,
            vault=Vault(b"bench" * 8),
        )
        core = Yard(ground, names, session or Instant())
        await core.queue.load()
        await core.connections.load()
        yield core


def settle(conn: Connection, names: Sequence[str]) -> None:
    """A user, and connections of these names that are linked."""
    now = datetime.now(UTC)
    user = {"id": TENANT, "username": TENANT, "password_hash": "", "role": "admin", "plan": "enterprise"}
    conn.execute(insert(users).values(**user, created_at=now))
    line: dict[str, object] = {
        "tenant": TENANT,
        "name": "",
        "phone_number": "",
        "settings": {},
        "state": "online",
        "me": "1@c.us",
    }
    line |= {"state_since": now, "created_at": now, "epoch": EPOCH}
    conn.execute(insert(connections), [{"id": name, **line} for name in names])
