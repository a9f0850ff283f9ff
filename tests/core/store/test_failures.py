"""What goes wrong with a database, and that it is said, survived and overcome without a restart."""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.store.dialect import lock_journal, upsert
from chatgrow_bot.store.engines import parse
from chatgrow_bot.store.tables import journal, meta
from chatgrow_bot.store.transactions import Work

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def put(key: str, value: object = 1) -> Work[None]:
    def work(conn: Connection) -> None:
        conn.execute(upsert(meta), {"key": key, "value": value})

    return work


def keys(conn: Connection) -> list[str]:
    return list(conn.execute(select(meta.c.key).order_by(meta.c.key)).scalars())


@asynccontextmanager
async def python(script: str, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", script, *words),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


WRITING = """
import asyncio, sys
from sqlalchemy import insert
from chatgrow_bot.store.database import open_database
from chatgrow_bot.ids import new_id
from chatgrow_bot.store.tables import meta

async def produce(db):
    while True:
        key = new_id()
        await db.write(lambda c: c.execute(insert(meta).values(key=key, value=1)))
        sys.stdout.write(f"{key}\\n")
        sys.stdout.flush()

async def main():
    async with open_database(sys.argv[1], migrate=False) as db, asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(produce(db))

import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main())
"""


async def test_a_kill_loses_nothing_that_was_acknowledged(sqlite_url: str) -> None:
    async with open_database(sqlite_url):
        pass
    acknowledged: list[bytes] = []
    async with asyncio.timeout(30), python(WRITING, sqlite_url) as process:
        assert process.stdout
        while len(acknowledged) < 500:
            acknowledged.append(await process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged += (await process.stdout.read()).splitlines(keepends=True)
    whole = {line.decode().strip() for line in acknowledged if line.endswith(b"\n")}
    async with open_database(sqlite_url) as db:
        assert whole - set(await db.read(keys)) == set()


HOLDING = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///"), isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


async def test_a_lock_held_too_long_is_said_and_overcome_without_a_restart(sqlite_url: str) -> None:
    async with open_database(sqlite_url) as db:
        await db.write(put("before"))
        async with asyncio.timeout(30), python(HOLDING, sqlite_url) as process:
            assert process.stdout
            await process.stdout.readline()
            outcomes = await asyncio.gather(db.write(put("a")), db.write(put("b")), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 2
            assert isinstance(outcomes[0].__cause__, OperationalError)  # type: ignore[union-attr]
            assert await db.read(keys) == ["before"]
            await process.communicate(b"")  # closes its input
        await db.write(put("after"))
        assert await db.read(keys) == ["after", "before"]


async def test_a_full_disk_is_said_reads_go_on_and_it_is_overcome_without_a_restart(sqlite_url: str) -> None:
    full = True

    def limit(connection: sqlite3.Connection, record: object) -> None:
        if full:
            cursor = connection.cursor()
            cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes what is in use already
            cursor.close()

    async with open_database(sqlite_url):
        pass
    event.listen(Engine, "connect", limit)
    try:
        async with open_database(sqlite_url) as db:
            for _ in range(2):
                with pytest.raises(StoreUnavailable) as caught:
                    await db.write(put("big", "x" * 1_000_000))
                assert "full" in str(caught.value.__cause__)
                assert await db.read(keys) == []
            full = False
            await db.write(put("big", "x" * 1_000_000))
            assert await db.read(keys) == ["big"]
    finally:
        event.remove(Engine, "connect", limit)


async def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    file = tmp_path / "chatgrow.db"
    file.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreUnavailable):
        async with open_database(f"sqlite:///{file}"):
            pass


@pytest.mark.postgres
async def test_a_backend_killed_in_mid_transaction_loses_and_doubles_nothing(postgres_url: str) -> None:
    async def kill(db: Database) -> None:
        other = create_async_engine(parse(postgres_url))
        mine = await db.write(lambda c: c.execute(text("SELECT pg_backend_pid()")).scalar())
        writes = [asyncio.ensure_future(db.write(put(f"{mine}-{n}"))) for n in range(20)]
        async with other.begin() as conn:
            await conn.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        await other.dispose()
        for n, outcome in enumerate(await asyncio.gather(*writes, return_exceptions=True)):
            if isinstance(outcome, StoreUnavailable):
                await db.write(put(f"{mine}-{n}"))

    async with open_database(postgres_url) as db:
        for _ in range(10):
            await kill(db)
        assert len(await db.read(keys)) == 200


@pytest.mark.postgres
async def test_a_fact_of_another_process_waits_for_the_commit_of_the_one_before(
    postgres_url: str,
) -> None:
    def tell(conn: Connection) -> int:
        lock_journal(conn)
        fact = insert(journal).values(at=NOW, hook="h", tenant="t", connection_id="c", body={})
        return int(conn.execute(fact.returning(journal.c.position)).scalar_one())

    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with open_database(postgres_url) as db, asyncio.timeout(20):
        other = create_async_engine(parse(postgres_url))
        async with other.begin() as conn:
            first = await conn.run_sync(tell)
            second = asyncio.ensure_future(db.write(tell))
            while not await db.read(lambda c: c.execute(waiting).scalar()):
                assert not second.done()
        assert await second > first
        await other.dispose()
