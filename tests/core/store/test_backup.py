"""Copies of a database in use, and their way back: whole, private, and never in the place of a newer one."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, Insert, insert

from chatgrow_bot.cli import main
from chatgrow_bot.errors import StoreDamaged, StoreUnavailable
from chatgrow_bot.hub import Halt, Halting
from chatgrow_bot.store import backup, damage, halts
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.folder import FolderLock
from chatgrow_bot.store.tables import meta
from chatgrow_bot.store.upgrade import VERSIONS, upgrade

LATER = Path(__file__).parent / "later"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HALT = Halt(how=Halting.PAUSE, by="test", reason="restored", at=NOW)


def keys(conn: Connection) -> Sequence[str]:
    return [row.key for row in conn.execute(meta.select().order_by(meta.c.key))]


def put(key: str) -> Insert:
    return insert(meta).values(key=key, value="x" * 1000)


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    config = tmp_path / "config" / "chatgrow.yaml"
    config.parent.mkdir()
    config.write_text("plugins: {}\n")
    return config


def chatgrow(config: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *map(str, words)])


async def test_a_copy_beside_a_writer_at_work_holds_every_commit_before_it_and_whole_ones_only(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_database(sqlite_url) as db:
        done = 0

        async def write() -> None:
            nonlocal done
            while True:  # two rows in each transaction
                pair = [put(f"{done:05}a"), put(f"{done:05}b")]
                await db.write(lambda conn, pair=pair: [conn.execute(each) for each in pair])  # type: ignore[misc]
                done += 1

        writing = asyncio.create_task(write())
        for number in range(3):
            while done < 20 * (number + 1):
                await db.write(lambda conn: None)
            before = done
            copy = await asyncio.to_thread(backup.make, file_of(sqlite_url), tmp_path / f"{number}.db")
            with closing(sqlite3.connect(copy.file)) as opened:
                found = {key for (key,) in opened.execute("SELECT key FROM meta")}
            assert len(found) % 2 == 0
            assert {f"{each:05}a" for each in range(before)} <= found
        writing.cancel()
        await asyncio.wait([writing])


async def test_what_is_restored_is_what_was_copied_and_the_old_one_is_kept(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = file_of(sqlite_url)
    async with open_database(sqlite_url) as db:
        await db.write(lambda conn: conn.execute(put("before")))
        source = backup.make(file, tmp_path / "copy.db")
        await db.write(lambda conn: conn.execute(put("after")))
    damage.mark(file, "a page")
    aside = backup.restore(source, file, HALT)
    assert aside
    assert not damage.word_of(file).exists()
    assert {each.stat().st_mode & 0o777 for each in (file, aside, source.file)} == {0o600}
    restored = backup.checked(file)
    assert restored.rows == dict(source.rows) | {"meta": source.rows["meta"] + 1}  # the halt
    async with open_database(sqlite_url) as db:
        assert await db.read(keys) == ["before", "halt"]
        assert await db.read(halts.get) == HALT
    async with open_database(f"sqlite:///{aside}") as db:
        assert await db.read(keys) == ["after", "before"]


async def test_a_log_that_was_left_behind_is_never_taken_for_the_copys_own(
    sqlite_url: str, tmp_path: Path
) -> None:
    file = file_of(sqlite_url)
    async with open_database(sqlite_url) as db:
        source = backup.make(file, tmp_path / "copy.db")
        await db.write(lambda conn: conn.execute(put("in the log")))
        log = file.with_name("chatgrow.db-wal").read_bytes()
    file.write_bytes(b"\xff" * 8192)  # so damaged that its log cannot be brought home
    file.with_name("chatgrow.db-wal").write_bytes(log)
    aside = backup.restore(source, file, HALT)
    assert aside
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log
    assert backup.checked(file).rows["meta"] == 1


async def test_a_copy_that_is_not_wanted_any_more_is_broken_off_and_leaves_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_database(sqlite_url) as db:
        for number in range(10):
            rows = [{"key": f"{number}-{n}", "value": "x" * 500} for n in range(500)]
            await db.write(lambda conn, rows=rows: conn.execute(insert(meta), rows))  # type: ignore[misc]
    stop = threading.Event()
    stop.set()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        backup.copy(file_of(sqlite_url), tmp_path / "copy.db", stop)
    assert not (tmp_path / "copy.db").exists() and not (tmp_path / "copy.db.part").exists()


async def test_what_is_no_good_copy_is_told_apart(sqlite_url: str, tmp_path: Path) -> None:
    async with open_database(sqlite_url) as db:
        await db.write(lambda conn: conn.execute(put("a")))
    copy = backup.make(file_of(sqlite_url), tmp_path / "copy.db").file
    content = copy.read_bytes()
    copy.write_bytes(content[:4096] + b"\xff" * 4096 + content[8192:])
    with pytest.raises(StoreDamaged):
        backup.checked(copy)
    (tmp_path / "words.db").write_text("no database at all, but long enough to look like something" * 99)
    with pytest.raises(StoreDamaged, match="cannot be read as a database"):
        backup.checked(tmp_path / "words.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (n)")
    with pytest.raises(StoreUnavailable, match="is no copy of a ChatGrow database"):
        backup.checked(tmp_path / "other.db")


def test_the_words_copy_and_restore_and_say_what_is_not_in_it(project: Path) -> None:
    assert "there is no database yet" in chatgrow(project, "backup").output
    chatgrow(project, "user", "add", "anna")
    copied = chatgrow(project, "backup", "--to", project.with_name("copy.db"))
    assert copied.exit_code == 0
    assert "looked at and whole" in copied.output and "Not in it: files of messages" in copied.output
    chatgrow(project, "user", "add", "ben")
    restored = chatgrow(project, "restore", project.with_name("copy.db"))
    assert restored.exit_code == 0
    assert "The queue is paused" in restored.output and "is kept:" in restored.output
    assert chatgrow(project, "user", "add", "ben").exit_code == 0  # he is not known any more
    assert chatgrow(project, "user", "add", "anna").exit_code == 1


def test_nothing_is_restored_while_a_hub_runs_but_a_copy_is_made(project: Path) -> None:
    chatgrow(project, "user", "add", "anna")
    sessions = project.parents[1] / "sessions"
    with FolderLock(sessions):
        assert chatgrow(project, "backup").exit_code == 0
        [copy] = backup.regular(sessions / "backups")
        refused = chatgrow(project, "restore", copy)
    assert refused.exit_code == 1
    assert "is in use by process" in refused.output


async def test_a_copy_of_a_newer_version_is_refused(project: Path) -> None:
    newer = project.with_name("newer.db")
    await upgrade(f"sqlite:///{newer}", versions=[VERSIONS, LATER])
    refused = await asyncio.to_thread(chatgrow, project, "restore", newer)
    assert refused.exit_code == 1
    assert "made by a newer one" in refused.output
    assert not (project.parents[1] / "sessions" / "chatgrow.db").exists()


def test_on_postgresql_the_words_name_its_own_tools(project: Path) -> None:
    project.write_text("database: {url: 'postgresql://user@localhost/x'}\nplugins: {}\n")
    assert "pg_dump" in chatgrow(project, "backup").output


def test_a_second_hub_in_a_folder_says_who_holds_it_and_ends(project: Path) -> None:
    with FolderLock(project.parents[1] / "sessions"):
        second = subprocess.run(
            [sys.executable, "-m", "chatgrow_bot.cli", "--config", project, "run"],
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert second.returncode == 1
    last = second.stderr.strip().splitlines()[-1]
    assert f"{project.parents[1] / 'sessions'} is in use by process" in last
    assert "since 20" in last and "Stop that one first" in last
    assert "Traceback" not in second.stderr
