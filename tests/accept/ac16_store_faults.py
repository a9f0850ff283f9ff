"""AC-16: the database cannot be written (the disk is full, the file read-only, somebody else holds it) while
programs go on asking by HTTP. SQLite's own errors, the real hub and sockets; only WhatsApp is a fake."""

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import Connection, event, select

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.messages import Delivery, Lane, Outbound, State
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.tables import outbox
from chatgrow_bot.testing import FakeSession, TalkingBot

from .checks import Check, Done, Figure, Size, Verdict

#: Seconds in which it must be over by itself once its cause is gone.
_AIM = 5.0
#: Seconds that a busy machine may take.
_PATIENCE = 30.0
_SEND = "/api/whatsapp/connections/shop/send"
_LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""

#: A fault: for the time of the block.
Fault = Callable[[TalkingBot], AbstractAsyncContextManager[None]]


@dataclass(slots=True)
class Seen:
    """What the programs that ask were told."""

    accepted: list[str] = field(default_factory=list)  #: ids of messages that were promised
    statuses: Counter[int] = field(default_factory=Counter)  #: of what was asked during the fault
    hasty: list[str] = field(default_factory=list)  #: refusals that do not say when to come again
    unread: Counter[int] = field(default_factory=Counter)  #: of reads during the fault, those that failed
    read: int = 0
    recovered: float = 0.0  #: seconds from the end of the fault to the next promise
    lost: int = 0  #: promised and not stored
    unsent: int = 0  #: promised and not sent in the end
    doubled: int = 0  #: sent more than once

    def broken(self, name: str, refusal: int) -> Iterator[str]:
        """What does not hold, a sentence each."""
        if self.lost:
            yield f"{name}: {self.lost} messages were promised and are not there"
        if self.unsent or self.doubled:
            yield f"{name}: {self.unsent} promised messages were not sent, {self.doubled} sent twice"
        if self.statuses.keys() - {202, refusal} or not self.statuses[refusal]:
            yield f"{name}: answers were {dict(self.statuses)}, not 202 and {refusal}"
        if self.hasty:
            yield f"{name}: {self.hasty[0]} came without Retry-After"
        if self.unread or not self.read:
            yield f"{name}: of {self.read} reads failed {dict(self.unread)}"


async def _run(size: Size) -> Verdict:
    long, short = (30.0, 10.0) if size is Size.FULL else (1.5, 0.7)
    broken: list[str] = []
    figures: dict[str, Figure] = {}
    slowest = 0.0
    async with (
        asyncio.TaskGroup() as beside,
        _hub(None if size is Size.FULL else 0.3) as (bot, asker),
    ):
        control = beside.create_task(_control())
        for name, fault, refusal, seconds in (
            ("disk full", _full, 507, short),
            ("read-only", _read_only, 503, short),
            ("locked", _locked, 503, long),
        ):
            seen = await asker.under(fault, seconds)
            broken += seen.broken(name, refusal)
            figures[f"{name}: refused"] = seen.statuses[refusal]
            slowest = max(slowest, seen.recovered)
        sent = await _settled(bot, asker)
        broken += sent.broken("in the end", 202)
        figures |= {
            "to resume": f"{slowest:.1f} s",
            "promised": len(asker.accepted),
            "lost": sent.lost,
            "doubled": sent.doubled,
        }
    late = [f"it took {slowest:.1f} s to recover"] if slowest > _AIM else []
    done = Done(what=f"disk full, read-only; locked for {long:g} s", figures=figures)
    return Verdict(done=(done,), broken=tuple(broken), late=tuple(late), control=control.result())


async def _control() -> str:
    """A hub that answers before the commit: is it seen to lose what it promised?"""
    async with _hub(0.3) as (bot, asker):
        hub = bot.running.hub.outbox
        hub.enqueue = _Hasty(hub).enqueue  # type: ignore[method-assign]
        await asker.under(_read_only, 0.5)
        lost = (await _settled(bot, asker)).lost
    return f"answering 202 before the commit lost {lost}" if lost else ""


class _Hasty:
    """The way out as it must not be."""

    def __init__(self, outbox: Any) -> None:
        self._outbox = outbox
        self._tasks: set[asyncio.Task[Any]] = set()

    async def enqueue(
        self, tenant: str, connection_id: str, message: Outbound, *, source: str, **_rest: str | None
    ) -> Delivery:
        row = self._outbox.draft(tenant, connection_id, message, source=source, lane=Lane.SEND)
        self._tasks.add(asyncio.create_task(self._store(row)))
        delivery: Delivery = row.delivery
        return delivery

    async def _store(self, row: Any) -> None:
        with suppress(StoreUnavailable):
            await self._outbox._db.write(lambda conn: stored.add(conn, [row]))
        self._outbox.wake(row.delivery.connection_id)


class _Asker:
    """Programs that send and look, without a pause."""

    def __init__(self, bot: TalkingBot, http: aiohttp.ClientSession) -> None:
        self._bot = bot
        self._http = http
        self._numbers = count(15551000000)
        self.accepted: list[str] = []

    async def under(self, fault: Fault, seconds: float) -> Seen:
        """Ask before, during and after a fault of so many seconds."""
        seen = Seen()
        session = await self._bot.online()
        async with self._half_sent(session), fault(self._bot), asyncio.timeout(seconds + _PATIENCE):
            session.gate.set()  # what was being sent has left, and cannot be written down
            async with asyncio.TaskGroup() as tasks:
                until = asyncio.get_running_loop().time() + seconds
                for _ in range(4):
                    tasks.create_task(self._sending(seen, until))
                tasks.create_task(self._looking(seen, until))
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(_PATIENCE):
            while not await self._send(Seen()):  # noqa: ASYNC110 (a client that comes again)
                await asyncio.sleep(0.05)
        seen.recovered = asyncio.get_running_loop().time() - began
        return seen

    @asynccontextmanager
    async def _half_sent(self, session: FakeSession) -> AsyncIterator[None]:
        """Messages in the queue, and as many in the middle of being sent as there may be."""
        session.gate.clear()
        session.sending.clear()
        for _ in range(20):
            await self._send(Seen())
        async with asyncio.timeout(_PATIENCE):
            await session.sending.wait()
        yield

    async def _sending(self, seen: Seen, until: float) -> None:
        while asyncio.get_running_loop().time() < until:
            await self._send(seen)
            await asyncio.sleep(0.01)

    async def _looking(self, seen: Seen, until: float) -> None:
        while asyncio.get_running_loop().time() < until:
            async with self._http.get(f"/api/whatsapp/messages/{self.accepted[0]}") as answer:
                seen.read += 1
                if answer.status != 200:
                    seen.unread[answer.status] += 1
            await asyncio.sleep(0.05)

    async def _send(self, seen: Seen) -> bool:
        body = {"to": f"+{next(self._numbers)}", "message": "hello " * 400}
        async with self._http.post(_SEND, json=body) as answer:
            seen.statuses[answer.status] += 1
            if answer.status == 202:
                self.accepted.append((await answer.json())["messageId"])
            elif "Retry-After" not in answer.headers:
                seen.hasty.append(str(answer.status))
            return answer.status == 202


async def _settled(bot: TalkingBot, asker: _Asker) -> Seen:
    """Wait until nothing is under way, and compare what was promised with what is stored and what left."""
    await bot.until(lambda conn: stored.under_way(conn, None), lambda live: not live, seconds=_PATIENCE)
    states = await bot.read(_states)
    session = await bot.online()
    times = Counter(parcel.wa_id for parcel in session.sent)
    return Seen(
        statuses=Counter({202: 1}),
        read=1,
        lost=sum(each not in states for each in asker.accepted),
        unsent=sum(states.get(each) not in (None, State.SENT) for each in asker.accepted),
        doubled=sum(number > 1 for number in times.values()),
    )


def _states(conn: Connection) -> dict[str, State]:
    return {row.id: State(row.state) for row in conn.execute(select(outbox.c.id, outbox.c.state))}


@asynccontextmanager
async def _hub(patience: float | None) -> AsyncIterator[tuple[TalkingBot, _Asker]]:
    """`patience`: seconds to wait for a lock instead of the hub's own."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-faults-") as folder:
        bot = TalkingBot(Path(folder))
        running = await bot.start("rest_api", rest_api={"admin": True})
        try:
            await bot.connect()
            if patience is not None:
                await _hurry(bot, patience)
            base = f"http://127.0.0.1:{running.port}"
            async with aiohttp.ClientSession(base) as http:
                login = {"username": "admin", "password": running.first_password}
                async with http.post("/api/auth/login", json=login) as answer:
                    token = (await answer.json())["accessToken"]
                http.headers["Authorization"] = f"Bearer {token}"
                yield bot, _Asker(bot, http)
        finally:
            await bot.stop()


async def _hurry(bot: TalkingBot, seconds: float) -> None:
    transactions = _transactions(bot)

    def connected(connection: Any, record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").close()

    event.listen(transactions._engine, "connect", connected)
    await transactions.reset()


def _transactions(bot: TalkingBot) -> Any:
    """The lowest seam: what runs SQLite's transactions."""
    database: Any = bot.running.ground.db
    return database._writer._transactions


def _pragmas(bot: TalkingBot, during: str, after: str) -> AbstractAsyncContextManager[None]:
    """A setting of the one connection that writes, made as each of its transactions begins."""
    engine = _transactions(bot)._engine

    @asynccontextmanager
    async def changed() -> AsyncIterator[None]:
        wanted = during

        def begin(conn: Connection) -> None:
            conn.exec_driver_sql(f"PRAGMA {wanted}")

        event.listen(engine, "begin", begin)
        try:
            yield
        finally:
            wanted = after  # for the connection that is open

    return changed()


def _full(bot: TalkingBot) -> AbstractAsyncContextManager[None]:
    return _pragmas(bot, "max_page_count = 1", "max_page_count = 1073741823")


def _read_only(bot: TalkingBot) -> AbstractAsyncContextManager[None]:
    return _pragmas(bot, "query_only = 1", "query_only = 0")


@asynccontextmanager
async def _locked(bot: TalkingBot) -> AsyncIterator[None]:
    file = bot.folder / "sessions" / "chatgrow.db"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOCK, file, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.wait()


CHECK = Check(
    name="AC-16",
    promise="a full disk, a read-only or locked database: nothing promised is lost, it recovers by itself",
    kept_in="chatgrow_bot/store/writer.py, transactions.py and obstacles.py",
    run=_run,
)
