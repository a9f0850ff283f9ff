import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, insert, text

from chatgrow_bot.errors import StoreUnavailable
from chatgrow_bot.store import backup
from chatgrow_bot.store.account_tables import users
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.metadata import metadata
from chatgrow_bot.store.tables import connections, slots
from chatgrow_bot.store.upgrade import VERSIONS, upgrade

ROOT = Path(__file__).parents[3]
LATER = Path(__file__).parent / "later"
HEADS = sorted(file.name[:4] for file in VERSIONS.glob("0*.py"))  #: the revisions there are, in order
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fill(conn: Connection) -> None:
    """Parents and children, so that a table copied with foreign keys on would lose some."""
    conn.execute(
        insert(users).values(
            id="u", username="anna", password_hash="x", role="admin", plan="free", created_at=NOW
        )
    )
    names = [f"c{n}" for n in range(5)]
    parent: dict[str, Any] = {
        "tenant": "u",
        "name": "n",
        "phone_number": "1",
        "settings": {},
        "state": "online",
    }
    parent |= {"state_since": NOW, "created_at": NOW}
    conn.execute(insert(connections), [parent | {"id": name, "paused": name == "c3"} for name in names])
    conn.execute(
        insert(slots), [{"connection_id": n, "lane": lane, "next_slot": NOW} for n in names for lane in "ab"]
    )


ROWS = {"users": 1, "connections": 5, "slots": 10}


def differences(conn: Connection) -> list[Any]:
    context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def schema(url: str) -> dict[str, str]:
    """The statements that made each table and index, partial indexes with their terms."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as conn:
        rows = conn.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # A copied table's name comes back in quotation marks, which mean nothing.
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows if name != "alembic_version"}


async def test_the_migrations_make_what_tables_py_says(url: str) -> None:
    async with open_database(url) as db:
        assert await db.read(differences) == []


async def test_the_migrations_make_it_to_the_letter(sqlite_url: str, tmp_path: Path) -> None:
    async with open_database(sqlite_url):
        pass
    direct = f"sqlite:///{tmp_path}/direct.db"
    engine = create_engine(direct)
    metadata.create_all(engine)
    engine.dispose()
    migrated, wanted = schema(sqlite_url), schema(direct)
    assert migrated.keys() == wanted.keys()
    for name, statement in wanted.items():
        assert sorted(migrated[name].split(", ")) == sorted(statement.split(", ")), name


async def test_rows_survive_a_step_that_copies_their_parents_table(url: str) -> None:
    async with open_database(url) as db:
        await db.write(fill)
    await upgrade(url, versions=[VERSIONS, LATER])
    async with open_database(url, migrate=False) as db:
        for table, count in ROWS.items():
            sql = text(f"SELECT count(*) FROM {table}")
            assert await db.read(lambda c, sql=sql: c.execute(sql).scalar()) == count  # type: ignore[misc]
        red = text("SELECT id FROM connections WHERE colour = 'red' AND label = 'n'")
        assert await db.read(lambda c: c.execute(red).scalars().all()) == ["c3"]


async def test_a_start_with_nothing_to_migrate_copies_nothing(sqlite_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        async with open_database(sqlite_url):
            pass
    assert [file.name for file in (tmp_path / "sessions").iterdir()] == ["chatgrow.db"]


async def test_before_a_step_the_database_is_copied_with_what_is_still_in_its_log(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_database(sqlite_url) as db:
        await db.write(fill)
        await upgrade(sqlite_url, versions=[VERSIONS, LATER])  # while the log is in use
    copy = tmp_path / "sessions" / "chatgrow.db.before-next"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchone() == (HEADS[-1],)
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert {t: conn.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ROWS} == ROWS


def test_a_copy_replaces_an_older_one_and_a_torn_one(tmp_path: Path) -> None:
    file, target = tmp_path / "a.db", tmp_path / "b.db"
    target.write_bytes(b"older")
    (tmp_path / "b.db.part").write_bytes(b"torn")
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("CREATE TABLE t AS SELECT 7 AS n")
    backup.copy(file, target)
    with closing(sqlite3.connect(target)) as conn:
        assert conn.execute("SELECT n FROM t").fetchone() == (7,)
    assert {f.name for f in tmp_path.iterdir()} == {"a.db", "b.db"}


async def test_a_step_that_leaves_rows_pointing_nowhere_is_taken_back(
    sqlite_url: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    source = (LATER / "next_for_tests.py").read_text()
    (bad / "next_bad.py").write_text(source + '    op.execute("DELETE FROM users")\n')
    async with open_database(sqlite_url) as db:
        await db.write(fill)
    before = schema(sqlite_url)
    with pytest.raises(StoreUnavailable, match="point nowhere"):
        await upgrade(sqlite_url, versions=[VERSIONS, bad])
    assert schema(sqlite_url) == before
    async with open_database(sqlite_url) as db:
        assert await db.read(lambda c: c.execute(users.select()).all())


async def test_a_database_from_a_newer_version_is_left_alone(url: str) -> None:
    await open_and_close(url)
    await upgrade(url, versions=[VERSIONS, LATER])
    with pytest.raises(StoreUnavailable, match="run the version that wrote this database"):
        await open_and_close(url)


async def open_and_close(url: str) -> None:
    async with open_database(url):
        pass


def killed_at_every_step(file: Path, *versions: Path) -> list[dict[str, Any]]:
    module = ".".join((Path(__file__).parent / "killed_upgrades").relative_to(ROOT).parts)
    done = subprocess.run(
        [sys.executable, "-m", module, file, *versions],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [line["code"] for line in lines] == [9] * (len(lines) - 1) + [0]
    assert {line["integrity"] for line in lines} == {"ok"}
    assert not [line for line in lines if line["broken"]]
    return lines


async def test_an_upgrade_killed_at_every_step_keeps_every_row_and_ends_at_the_next_start(
    sqlite_url: str,
) -> None:
    async with open_database(sqlite_url) as db:
        await db.write(fill)
    lines = killed_at_every_step(Path(sqlite_url.removeprefix("sqlite:///")), VERSIONS, LATER)
    assert len(lines) > 15
    assert all(line["rows"] == ROWS for line in lines)
    assert [line["revision"] for line in lines] == [HEADS[-1]] * (len(lines) - 1) + ["next"]


@pytest.mark.slow
async def test_an_upgrade_from_an_older_version_killed_at_every_step_keeps_every_row(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for file in [*VERSIONS.glob("0001*.py"), *VERSIONS.glob("0002*.py")]:
        shutil.copy(file, old)
    database = tmp_path / "sessions" / "chatgrow.db"
    database.parent.mkdir()
    await upgrade(f"sqlite:///{database}", versions=[old])
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("INSERT INTO users VALUES ('u', 'anna', 'x', 'admin', 'free', 0, 0, 1)")
        conn.execute(
            "INSERT INTO connections (id, tenant, name, phone_number, settings, state, reason, state_since,"
            " paused, epoch, created_at) VALUES ('c', 'u', 'Shop', '', '{}', 'online', '', 1, 1, 0, 1)"
        )
        conn.execute(
            "INSERT INTO outbox (id, tenant, connection_id, chat, wa_id, kind, text, lane, priority, state,"
            " attempts, ack, recoveries, epoch, reason, source, because, due, expires_at, created_at,"
            " updated_at) VALUES ('m', 'u', 'c', 'dana', 'w', 'text', 'hello', 'send', 1, 'queued',"
            " 0, 0, 0, 0, '', 'test', '', 1, 2, 1, 1)"
        )
        conn.execute("INSERT INTO timeline VALUES ('t', 'm', 1, 'queued', '')")
        conn.commit()
    lines = killed_at_every_step(database, VERSIONS)
    assert len(lines) > 10
    rows = {"users": 1, "connections": 1, "outbox": 1, "timeline": 1}
    assert all(line["rows"] == rows for line in lines)
    seen = [line["revision"] for line in lines]
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == ("0002", HEADS[-1])


@pytest.mark.slow
def test_a_first_start_killed_at_every_step_ends_at_the_next(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    lines = killed_at_every_step(file, VERSIONS)
    assert len(lines) > len(metadata.tables)
    seen = [line["revision"] or "" for line in lines]
    assert seen == sorted(seen)
    assert seen[0] == "" and seen[-1] == HEADS[-1]
