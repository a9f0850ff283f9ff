import asyncio
import os
import sqlite3
import stat
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Insert, insert, select, text
from sqlalchemy.exc import IntegrityError

from chatgrow_bot.errors import ConfigError, StoreUnavailable
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.dialect import insert_ignore, upsert
from chatgrow_bot.store.engines import parse
from chatgrow_bot.store.folder import require_local
from chatgrow_bot.store.tables import meta
from chatgrow_bot.store.transactions import Work

ROOT = Path(__file__).parents[3]


def add(key: str, value: object = None) -> Work[str]:
    def work(conn: Connection) -> str:
        conn.execute(insert(meta).values(key=key, value=value or key))
        return key

    return work


def keys(conn: Connection) -> list[str]:
    return list(conn.execute(select(meta.c.key).order_by(meta.c.key)).scalars())


def rows_of(path: str) -> list[str]:
    """What another process would see now."""
    with closing(sqlite3.connect(path.removeprefix("sqlite:///"))) as other:
        return [row[0] for row in other.execute("SELECT key FROM meta ORDER BY key")]


async def test_what_is_written_is_read_after_the_await(url: str) -> None:
    async with open_database(url) as db:
        assert await db.write(add("a")) == "a"
        assert await db.read(keys) == ["a"]


async def test_one_bad_row_among_fifty_writers_fails_alone(url: str) -> None:
    async with open_database(url) as db:
        await db.write(add("07"))
        outcomes = await asyncio.gather(
            *(db.write(add(f"{n:02}")) for n in range(50)), return_exceptions=True
        )
        assert [type(o) for n, o in enumerate(outcomes) if n != 7] == [str] * 49
        assert isinstance(outcomes[7], IntegrityError)
        assert await db.read(keys) == [f"{n:02}" for n in range(50)]


async def test_a_failing_work_leaves_nothing_of_itself(url: str) -> None:
    def half(conn: Connection) -> None:
        add("half")(conn)
        raise LookupError("changed my mind")

    async with open_database(url) as db:
        outcomes = await asyncio.gather(db.write(half), db.write(add("whole")), return_exceptions=True)
        assert isinstance(outcomes[0], LookupError)
        assert await db.read(keys) == ["whole"]


async def test_works_run_in_the_order_in_which_they_came(url: str) -> None:
    async with open_database(url) as db:
        await db.write(lambda c: c.execute(text("CREATE TABLE seen (at INTEGER, n INTEGER)")))

        def note(n: int) -> Work[object]:
            return lambda c: c.execute(text(f"INSERT INTO seen SELECT count(*), {n} FROM seen"))

        await asyncio.gather(*(db.write(note(n)) for n in range(700)))
        order = await db.read(lambda c: list(c.execute(text("SELECT n FROM seen ORDER BY at")).scalars()))
        assert order == list(range(700))


async def test_items_that_wait_side_by_side_are_taken_together_and_a_bad_one_fails_alone(url: str) -> None:
    calls: list[int] = []

    def many(conn: Connection, names: Sequence[str]) -> Sequence[str]:
        calls.append(len(names))
        conn.execute(insert(meta), [{"key": name, "value": 1} for name in names])
        return [name.upper() for name in names]

    async with open_database(url) as db:
        names = [f"n{n}" for n in range(40)]
        assert await asyncio.gather(*(db.write_together(many, n) for n in names)) == [
            n.upper() for n in names
        ]
        assert calls == [40]
        outcomes = await asyncio.gather(
            *(db.write_together(many, n) for n in ("x", "n3", "y")), return_exceptions=True
        )
        assert outcomes[0] == "X"
        assert outcomes[2] == "Y"
        assert isinstance(outcomes[1], IntegrityError)


async def test_items_are_taken_together_also_where_other_works_stand_between_them(url: str) -> None:
    seen: list[str] = []

    def many(conn: Connection, names: Sequence[str]) -> Sequence[str]:
        seen.append("".join(names))
        return names

    async with open_database(url) as db:
        answers = await asyncio.gather(
            db.write(lambda c: seen.append("a")),
            db.write(lambda c: seen.append("b")),
            db.write_together(many, "c"),
            db.write(lambda c: seen.append("d")),
            db.write_together(many, "e"),
        )
        assert seen == ["a", "b", "d", "ce"]
        assert list(answers) == [None, None, "c", None, "e"]


async def test_too_few_answers_are_the_callers_fault_and_leave_the_writer_at_work(url: str) -> None:
    async with open_database(url) as db:
        with pytest.raises(ValueError, match="0 answers to 1 items"):
            await db.write_together(lambda conn, items: [], "x")
        await db.write(add("a"))


async def test_readers_see_one_moment_and_cannot_write(url: str) -> None:
    async with open_database(url) as db:
        with pytest.raises(StoreUnavailable) as caught:
            await db.read(add("a"))
        assert "read" in str(caught.value.__cause__)
        assert await db.read(keys) == []


async def test_a_cancelled_waiter_leaves_a_whole_row_or_none_and_the_others_their_answers(url: str) -> None:
    async with open_database(url) as db:
        async with asyncio.TaskGroup() as tasks:
            waiters = [tasks.create_task(db.write(add(f"{n:02}"))) for n in range(20)]
            await asyncio.sleep(0)
            waiters[3].cancel()  # before the writer has looked
            await waiters[0]
            assert waiters[3].cancelled()
        assert await db.read(keys) == [f"{n:02}" for n in range(20) if n != 3]


async def test_leaving_commits_what_was_accepted_even_when_the_body_fails(url: str) -> None:
    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(LookupError):  # itself, not wrapped in a group
            async with open_database(url) as db:
                waiters = [tasks.create_task(db.write(add(f"{n:02}"))) for n in range(30)]
                await asyncio.sleep(0)
                raise LookupError
        assert all(waiter.done() for waiter in waiters)
    with pytest.raises(StoreUnavailable, match="closed"):
        await db.write(add("late"))
    async with open_database(url) as db:
        assert len(await db.read(keys)) == 30


async def test_listeners_hear_of_each_commit_and_a_bad_one_harms_nobody(url: str) -> None:
    heard: list[int] = []
    async with open_database(url) as db:
        db.on_commit(lambda: [][0])
        db.on_commit(lambda: heard.append(1))
        await db.write(add("a"))
        await db.write(add("b"))
        with pytest.raises(IntegrityError):
            await db.write(add("a"))
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("statement", "value", "touched"),
    [(insert_ignore(meta), 1, 0), (upsert(meta), 2, 1)],
    ids=["ignore", "upsert"],
)
async def test_an_insert_on_what_is_there(url: str, statement: Insert, value: int, touched: int) -> None:
    async with open_database(url) as db:
        await db.write(lambda c: c.execute(statement, {"key": "a", "value": 1}))
        count = await db.write(lambda c: c.execute(statement, {"key": "a", "value": 2}).rowcount)
        assert count == touched
        assert await db.read(lambda c: c.execute(select(meta.c.value)).scalars().all()) == [value]
        await db.write(lambda c: c.execute(statement, [{"key": k, "value": 3} for k in "abc"]))
        assert await db.read(keys) == ["a", "b", "c"]


async def test_an_answer_comes_only_after_the_commit(sqlite_url: str) -> None:
    async with open_database(sqlite_url) as db:
        for n in range(50):
            await db.write(add(f"{n:02}"))
            assert rows_of(sqlite_url)[-1] == f"{n:02}"


async def test_every_connection_syncs_fully_logs_ahead_and_checks_foreign_keys(sqlite_url: str) -> None:
    def settings(conn: Connection) -> list[object]:
        names = ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
        return [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    async with open_database(sqlite_url) as db:
        assert await db.write(settings) == [2, "wal", 1, 5000]
        answers = await asyncio.gather(*(db.read(settings) for _ in range(8)))
        assert answers == [[2, "wal", 1, 5000]] * 8


async def test_only_this_user_can_read_the_files(sqlite_url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        async with open_database(sqlite_url) as db:
            await db.write(add("a"))
            files = list((tmp_path / "sessions").iterdir())
            assert {f.name for f in files} == {"chatgrow.db", "chatgrow.db-wal", "chatgrow.db-shm"}
            assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
            assert stat.S_IMODE((tmp_path / "sessions").stat().st_mode) == 0o700
    finally:
        os.umask(before)


async def test_no_error_repeats_what_a_message_said(url: str) -> None:
    async with open_database(url) as db:
        await db.write(add("a"))
        with pytest.raises(IntegrityError) as caught:
            await db.write(add("a", "a customer's words"))
        assert "words" not in str(caught.value)


async def test_what_is_no_fault_of_the_database_is_not_called_one(url: str) -> None:
    async with open_database(url) as db:
        with pytest.raises(Exception, match="nowhere") as caught:
            await db.write(lambda c: c.execute(text("SELECT * FROM nowhere")))
        assert not isinstance(caught.value, StoreUnavailable)


@pytest.mark.parametrize("bad", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_an_address_that_cannot_be_used_is_a_mistake_in_the_configuration(bad: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        parse(bad)


def test_without_a_driver_for_postgresql_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(ConfigError, match=r"chatgrow-bot\[postgres\]"):
        parse("postgresql://user@localhost/x")


def test_a_network_file_system_is_refused_and_a_local_one_within_it_is_not(tmp_path: Path) -> None:
    mounts = {Path("/"): "ext4", tmp_path: "nfs4", tmp_path / "local": "xfs"}
    require_local(tmp_path / "local" / "chatgrow.db", mounts)
    with pytest.raises(ConfigError, match="nfs4"):
        require_local(tmp_path / "chatgrow.db", mounts)
