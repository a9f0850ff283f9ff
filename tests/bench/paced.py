"""A minute of ten thousand connections that each send at their pace: what the queue takes of a core, how late
a message leaves after its connection's slot has come, and how much memory it needs. Dispatcher, Agenda,
Outbox and store as a hub has them; no keeper runs and no engine is behind it, which take far more.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import quantiles

import psutil
from sqlalchemy import Connection

from chatgrow_bot.background import background
from chatgrow_bot.engine import Ack, Parcel
from chatgrow_bot.messages import Lane
from chatgrow_bot.store import connections
from chatgrow_bot.store import outbox as stored

from .runs import Figure
from .yard import Instant, yard

_LINES, _SECONDS, _EACH = 10_000, 60.0, 4


class Late(Instant):
    """Notes how long after its slot each message is handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: dict[str, datetime] = {}  #: of each message's connection, by WhatsApp id
        self.late: list[float] = []

    async def send(self, parcel: Parcel) -> Ack:
        """Note it, and send."""
        if slot := self.slots.pop(parcel.wa_id, None):
            self.late.append((datetime.now(UTC) - slot).total_seconds() * 1000)
        return await super().send(parcel)


def _put(conn: Connection, slots: Mapping[str, datetime]) -> None:
    for name, slot in slots.items():
        connections.take_slot(conn, name, Lane.SEND, slot)


async def measure(runs: int) -> Sequence[Figure]:
    """One minute, however many runs: it is an average of thousands already."""
    session, process = Late(), psutil.Process()
    before = process.memory_info().rss
    async with yard(_LINES, session, queue={"concurrency": 50}) as core:
        rows = core.drafts(_LINES * _EACH, chats=_EACH)
        await core.db.write(lambda conn: stored.add(conn, rows))
        spread = _SECONDS / _LINES
        now = datetime.now(UTC).timestamp() + 5
        first = {name: datetime.fromtimestamp(now + n * spread, UTC) for n, name in enumerate(core.names)}
        await core.db.write(lambda conn: _put(conn, first))
        session.slots = {row.delivery.wa_id: first[row.delivery.connection_id] for row in rows[:_LINES]}
        async with background(core.dispatcher.run(), "dispatcher"):
            for name in core.names:
                core.dispatcher.online(name)
            await asyncio.sleep(5)  # every lane is on the agenda
            began, used = time.perf_counter(), time.process_time()
            await asyncio.sleep(_SECONDS)
            took, used = time.perf_counter() - began, time.process_time() - used
            memory = process.memory_info().rss - before
    late = quantiles(session.late, n=100)[98] if len(session.late) > 1 else 0.0
    return [
        Figure(name="10,000 paced: share of a core", unit="", samples=[used / took], aim="0.5"),
        Figure(name="10,000 paced: slot lateness, p99", unit="ms", samples=[late]),
        Figure(name="10,000 paced: sent", unit="/s", samples=[session.sent / (took + 5)]),
        Figure(name="10,000 paced: memory", unit="MB", samples=[memory / 1e6]),
    ]
