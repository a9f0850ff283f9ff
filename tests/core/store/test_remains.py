"""What was deleted is nowhere in the file, and others go on writing meanwhile."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chatgrow_bot.errors import StoreFull
from chatgrow_bot.store import meta, remains
from chatgrow_bot.store.database import Database, open_database
from chatgrow_bot.testing.template import migrated

NAME = "972541112233"


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    await migrated(tmp_path / "chatgrow.db")
    return tmp_path / "chatgrow.db"


@pytest.fixture
async def db(file: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{file}") as db:
        yield db


def written(conn: Connection) -> None:
    for number in range(200):
        meta.put(conn, f"of {number}", NAME * 20)


def removed(conn: Connection) -> None:
    for number in range(200):
        meta.remove(conn, f"of {number}")


async def test_what_was_deleted_is_in_no_file_of_the_database(db: Database, file: Path) -> None:
    await db.write(written)
    await db.write(removed)
    assert any(NAME.encode() in each.read_bytes() for each in file.parent.glob("chatgrow.db*"))
    await db.clear_remains({NAME})
    assert not any(NAME.encode() in each.read_bytes() for each in file.parent.glob("chatgrow.db*"))


async def test_who_reads_holds_up_nobody_who_writes(db: Database, file: Path) -> None:
    await db.write(written)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM meta").fetchone()
    await db.write(removed)
    clearing = asyncio.create_task(db.clear_remains({NAME}))
    await asyncio.sleep(0.2)
    longest = 0.0
    for number in range(5):
        began = time.monotonic()
        await db.write(lambda conn, n=number: meta.put(conn, "n", n))  # type: ignore[misc]
        longest = max(longest, time.monotonic() - began)
    assert not clearing.done()
    assert longest < 3  # the checkpoint alone would wait for five
    reader.execute("COMMIT")
    reader.close()
    async with asyncio.timeout(20):
        await clearing
    assert not any(NAME.encode() in each.read_bytes() for each in file.parent.glob("chatgrow.db*"))


async def test_a_full_disk_is_told_as_one(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(remains, "rewrite", full)
    with pytest.raises(StoreFull):
        await db.clear_remains()
    await db.write(lambda conn: meta.put(conn, "goes", "on"))
