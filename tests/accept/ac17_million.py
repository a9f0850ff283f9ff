"""AC-17: a start with a queue of a million and 50 messages in mid-sending. The hub is a process of its own,
started as people start it, with an engine that does nothing; what it takes is measured from outside."""

import asyncio
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import yaml
from sqlalchemy import Connection, insert

from chatgrow_bot.messages import ConnectionState, Delivery, Kind, Lane, Priority, State
from chatgrow_bot.store import meta
from chatgrow_bot.store import outbox as stored
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.rows import Outgoing
from chatgrow_bot.store.tables import connections, journal, outbox, timeline

from .checks import Check, Done, Figure, Size, Verdict

_ROWS = {Size.FULL: 1_000_000, Size.SLICE: 20_000}
_CONNECTIONS = 50
#: Seconds from the start until it is healthy, from then to the first claim; megabytes of memory.
_READY, _CLAIM, _MEMORY = 3.0, 1.0, 150.0
#: Seconds that a busy machine may take before this gives up.
_PATIENCE = 120.0
_ENGINE = """
from contextlib import asynccontextmanager

from chatgrow_bot.engine import Ack, Snapshot
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.plugin import Plugin, hook


class Session:
    def __init__(self, me):
        self.me = me

    async def snapshot(self):
        return Snapshot(state=ConnectionState.ONLINE, me=self.me, can_receive=True, listening=1)

    async def send(self, parcel):
        return Ack(chat=parcel.chat, wa_id=parcel.wa_id, ack=1)

    async def find(self, chat, wa_id):
        return Ack(chat=chat, wa_id=wa_id, ack=1)

    async def sweep(self, since):
        for nothing in ():
            yield nothing

    progress = sweep

    async def usage(self):
        return None


class Idle:
    @asynccontextmanager
    async def open(self, spec, inlet):
        yield Session(f"1555{spec.connection_id[1:]:0>7}@c.us")

    def login_files(self, folder):
        return []


class IdleEngine(Plugin):
    @hook
    def register_engines(self):
        return {"idle": Idle}
"""
#: What a start must not do: read the whole queue.
_GREEDY = """
import sqlite3
from contextlib import asynccontextmanager
from pathlib import Path

from chatgrow_bot.plugin import Plugin, hook


class Greedy(Plugin):
    @hook
    @asynccontextmanager
    async def lifespan(self):
        file = Path(__file__).parents[1] / "sessions" / "chatgrow.db"
        database = sqlite3.connect(file)
        database.row_factory = lambda cursor, row: dict(zip([c[0] for c in cursor.description], row))
        self.queue = [database.execute(f"SELECT * FROM {each}").fetchall() for each in ("outbox", "timeline")]
        database.close()
        yield
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a start took."""

    ready: float  #: seconds from the start of the process until it is healthy
    work: float  #: of these, the processor's
    claim: float  #: seconds from then to the first claim
    memory: float  #: megabytes, at their most in the seconds after

    def broken(self) -> tuple[str, ...]:
        """What does not hold, a sentence each."""
        return (f"it takes {self.memory:.0f} MB, not {_MEMORY:.0f}",) if self.memory > _MEMORY else ()

    def late(self, size: Size) -> tuple[str, ...]:
        """What came late. Small, only its own work counts."""
        said = []
        ready = self.ready if size is Size.FULL else self.work
        if ready > _READY:
            said.append(f"ready after {ready:.1f} s, not {_READY:.0f}")
        if size is Size.FULL and self.claim > _CLAIM:
            said.append(f"the first claim came {self.claim:.1f} s later, not {_CLAIM:.0f}")
        return tuple(said)


async def run(size: Size) -> Verdict:
    """A start, and one with a plugin that reads the whole queue."""
    with tempfile.TemporaryDirectory(prefix="chatgrow-million-") as name:
        folder = Path(name)
        await _prepare(folder, _ROWS[size])
        took = await _start(folder)
        greedy = await _start(folder, greedy=True)
    figures: dict[str, Figure] = {"ready": f"{took.ready:.1f} s", "first claim": f"{took.claim:.2f} s later"}
    figures |= {"MB": took.memory, "to resume": f"{took.ready + took.claim:.1f} s"}
    done = Done(what=f"start with {_ROWS[size]:,} queued, {_CONNECTIONS} in flight", figures=figures)
    caught = "; ".join((*greedy.broken(), *greedy.late(size)))
    control = f"one that reads the whole queue: {caught}" if caught else ""
    return Verdict(done=(done,), broken=took.broken(), late=took.late(size), control=control)


async def _prepare(folder: Path, rows: int) -> None:
    """A project, and a database as a busy hub that was killed leaves it."""
    (folder / "config").mkdir()
    (folder / "mine").mkdir()
    (folder / "mine" / "idle_engine.py").write_text(_ENGINE)
    (folder / "mine" / "greedy.py").write_text(_GREEDY)
    file = folder / "sessions" / "chatgrow.db"
    async with open_database(f"sqlite:///{file}") as db:
        await db.write(_people)
        await db.write(_template)
    await asyncio.to_thread(_multiply, file, rows)


def _people(conn: Connection) -> None:
    now = datetime.now(UTC)
    conn.execute(
        insert(users).values(
            id="u", username="admin", password_hash="x", role="admin", plan="enterprise", created_at=now
        )
    )
    one: dict[str, Any] = {"tenant": "u", "phone_number": "", "settings": {}, "state": ConnectionState.ONLINE}
    one |= {"state_since": now, "created_at": now}
    for number in range(_CONNECTIONS):
        name, me = f"c{number}", f"1555{number:07}@c.us"
        conn.execute(insert(connections).values(**one, id=name, name=name, me=me))
    meta.put(conn, "epoch", 1)


def _template(conn: Connection) -> None:
    """One message, as it is queued."""
    now = datetime.now(UTC) - timedelta(hours=1)
    delivery = Delivery(
        id="0" * 32,
        tenant="u",
        connection_id="c0",
        chat="15550000000@c.us",
        wa_id="3EB0",
        kind=Kind.TEXT,
        lane=Lane.SEND,
        priority=Priority.NORMAL,
        state=State.QUEUED,
        source="test",
        created_at=now,
        due=now,
        expires_at=now + timedelta(days=7),
        updated_at=now,
    )
    stored.add(conn, [Outgoing(delivery=delivery, text="a message of some words, as people write them")])


def _multiply(file: Path, rows: int) -> None:
    """Copies of it: so many queued, sorted by connection, and one of each connection in mid-sending."""
    mine = {
        "id": "printf('%012x7%019x', 1, n)",
        "wa_id": "printf('3EB0%018X', n)",
        "connection_id": f"'c' || (n % {_CONNECTIONS})",
        "chat": "printf('1556%07d@c.us', n)",
        "state": f"CASE WHEN n <= {_CONNECTIONS} THEN 'sending' ELSE 'queued' END",
        "epoch": "1",
        "message_id": "printf('%012x7%019x', 1, n)",
        "body": "json_object('id', printf('%012x7%019x', 1, n), 'state', 'queued', 'ack', 0, 'reason', '')",
    }
    series = (
        f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows + _CONNECTIONS})"
    )
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA synchronous = OFF")
        for table in (outbox, timeline, journal):
            names = [column.name for column in table.columns if column is not journal.c.position]
            values = ", ".join(mine.get(name, f"t.{name}") for name in names)
            database.execute(
                f"INSERT INTO {table.name} ({', '.join(names)}) {series} "
                f"SELECT {values} FROM s, (SELECT * FROM {table.name} LIMIT 1) t"
            )
        database.execute("DELETE FROM outbox WHERE id = ?", ("0" * 32,))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def _start(folder: Path, *, greedy: bool = False) -> Took:
    plugins = {"idle_engine": {}, "rest_api": {"admin": True}, **({"greedy": {}} if greedy else {})}
    settings = {
        "server": {"port": 0},
        "diskReserve": 0,
        "maxConnections": _CONNECTIONS,
        "connectionDefaults": {"engine": "idle"},
        "pluginFolders": ["mine"],
        "plugins": plugins,
    }
    config = folder / "config" / "chatgrow.yaml"
    config.write_text(yaml.safe_dump(settings, sort_keys=False))
    file = folder / "sessions" / "chatgrow.db"
    newest = _facts_after(file, 0, "max(position)")
    began, wall = time.perf_counter(), datetime.now(UTC)
    async with asyncio.timeout(_PATIENCE), _hub(config) as (process, port):
        await _healthy(f"http://127.0.0.1:{port}/health")
        ready = time.perf_counter() - began
        hub = psutil.Process(process.pid)
        work, resident = sum(hub.cpu_times()[:2]), hub.memory_info
        most = resident().rss
        for _ in range(8):
            await asyncio.sleep(0.1)
            most = max(most, resident().rss)
        if greedy:  # whoever starts so soon after another waits for the next slots
            return Took(ready=ready, work=work, claim=0.0, memory=most / 1e6)
        while (claimed := _facts_after(file, newest, "min(at)", "claimed")) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # another process says nothing when it commits
        most = max(most, resident().rss)
    claim = (datetime.fromtimestamp(claimed / 1e6, UTC) - wall).total_seconds() - ready
    return Took(ready=ready, work=work, claim=max(0.0, claim), memory=most / 1e6)


@asynccontextmanager
async def _hub(config: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """`chatgrow run`, and the port on which it listens."""
    words = (sys.executable, "-m", "chatgrow_bot.cli", "run", "--config", str(config))
    log = config.with_name("hub.log").open("wb")
    with log:
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=log)
        try:
            assert process.stdout
            async for line in process.stdout:
                if found := re.search(rb"listens on http://127\.0\.0\.1:(\d+)", line):
                    yield process, int(found[1])
                    break
            else:
                raise RuntimeError(config.with_name("hub.log").read_text()[-2000:])
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _healthy(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(url) as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.01)


def _facts_after(file: Path, position: int, wanted: str, state: str | None = None) -> Any:
    """Something about the facts that were told after a position."""
    query = f"SELECT {wanted} FROM journal WHERE position > ?"
    like = "" if state is None else f" AND hook = 'on_outbound' AND json_extract(body, '$.state') = '{state}'"
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query + like, (position,)).fetchone()[0]


CHECK = Check(
    name="AC-17",
    promise="a start with a million queued: ready in 3 s, sending within 1 s, in 150 MB",
    kept_in="chatgrow_bot/app.py, outbox/agenda.py and store/recovery.py",
    run=run,
)
