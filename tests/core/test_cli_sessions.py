"""`chatgrow sessions` at a terminal: beside a hub that runs, and with one session among others that cannot be
backed up or cleared away."""

import asyncio
import fcntl
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection

from chatgrow_bot.cli import main
from chatgrow_bot.config import Settings, load
from chatgrow_bot.hub import ConnectionView, Identity, Role
from chatgrow_bot.messages import ConnectionState as State
from chatgrow_bot.sessions import Key
from chatgrow_bot.store import accounts, connections
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.folder import FolderLock
from chatgrow_bot.testing.template import migrated

NOW = datetime(2026, 8, 1, tzinfo=UTC)
OWNER = Identity(user_id="u", username="owner", role=Role.OPERATOR, plan="free")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "chatgrow.yaml").write_text("plugins: {engine_web: {}}\n")
    return load(tmp_path / "chatgrow.yaml", {}).settings


async def chatgrow(folder: Path, *words: str) -> Result:
    line = ["--config", str(folder / "chatgrow.yaml"), "sessions", *words]
    return await asyncio.to_thread(CliRunner().invoke, main, line)  # it has a loop of its own


def add(conn: Connection, names: Iterable[str]) -> None:
    """Connections that are linked, as far as the database knows."""
    accounts.add(conn, accounts.User(identity=OWNER, password_hash=""), NOW)
    for name in names:
        view = ConnectionView(
            connection_id=name,
            tenant=OWNER.user_id,
            name="",
            phone_number="",
            settings={},
            state=State.ONLINE,
            reason="",
            paused=False,
            me=None,
            created_at=NOW,
            state_since=NOW,
        )
        connections.add(conn, view)
        connections.change(conn, OWNER.user_id, name, {"me": "972@c.us"})


async def test_the_sessions_are_listed_beside_a_hub_and_nothing_else_is_done(
    settings: Settings, tmp_path: Path
) -> None:
    empty = await chatgrow(tmp_path, "list")
    assert (empty.exit_code, empty.output) == (0, "There are no connections.\n")
    assert not settings.session_dir.exists(), "looking makes nothing"
    with FolderLock(settings.session_dir):
        async with open_database(settings.database_url) as db:
            await db.write(lambda conn: add(conn, ["shop"]))
            listed = await chatgrow(tmp_path, "list")
            assert (listed.exit_code, listed.output.split()[:2]) == (0, ["shop", "online"]), listed.output
            Key.make(tmp_path / "key")
            refused = await chatgrow(tmp_path, "backup", "shop", "--key", str(tmp_path / "key"))
    assert refused.exit_code == 1
    assert "is in use by process" in refused.output
    assert "stop that hub" in refused.output


async def test_a_connection_without_a_login_keeps_no_other_from_its_backup(
    settings: Settings, tmp_path: Path
) -> None:
    await migrated(settings.session_dir / "chatgrow.db")
    async with open_database(settings.database_url) as db:
        await db.write(lambda conn: add(conn, ["bakery", "shop"]))
    folder = settings.session_dir / "profiles" / "shop"
    folder.mkdir(parents=True)
    (folder / "linked").touch()
    Key.make(tmp_path / "key")
    done = await chatgrow(tmp_path, "backup", "--to", str(tmp_path / "to"), "--key", str(tmp_path / "key"))
    assert done.exit_code == 1
    assert "bakery: NOT backed up: There is no login in" in done.output
    assert "there is no backup of bakery" in done.output
    assert [path.name.partition("-")[0] for path in (tmp_path / "to").iterdir()] == ["shop"]


async def test_a_folder_in_use_keeps_no_other_from_being_cleared_away(
    settings: Settings, tmp_path: Path
) -> None:
    await migrated(settings.session_dir / "chatgrow.db")
    profiles = settings.session_dir / "profiles"
    for name in ("bakery.restoring", "shop.restoring"):
        (profiles / name).mkdir(parents=True)
        (profiles / name / "lock").touch()
        for path in (profiles / name / "lock", profiles / name):
            os.utime(path, (0, 0))
    with (profiles / "bakery.restoring" / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = await chatgrow(tmp_path, "cleanup", "--yes")
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.output.splitlines()] == ["kept", "removed"]
    assert [path.name for path in profiles.iterdir()] == ["bakery.restoring"]
