"""`chatgrow doctor`: each thing that is not as it should be is said, with what to do, and nothing else is."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatgrow_bot.cli import main
from chatgrow_bot.config import Settings, load
from chatgrow_bot.doctor import clock, database, folders, lock
from chatgrow_bot.doctor.disk import inodes, local, space
from chatgrow_bot.doctor.machine import machine, memory, open_files
from chatgrow_bot.plugin import Finding, Grade
from chatgrow_bot.store.database import open_database
from chatgrow_bot.store.folder import FolderLock

GB = 1 << 30


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """Of a hub that has run here, once."""
    (tmp_path / "chatgrow.yaml").write_text("server: {port: 0}\n")
    settings = load(tmp_path / "chatgrow.yaml", {}).settings
    with FolderLock(settings.session_dir):
        async with open_database(settings.database_url):
            pass
    return settings


def grades(findings: Iterable[Finding]) -> dict[str, Grade]:
    found = list(findings)
    assert all(finding.do for finding in found if finding.grade is not Grade.OK), "it says what to do"
    return {finding.what: finding.grade for finding in found}


def test_a_hub_that_is_well_is_said_to_be(settings: Settings) -> None:
    seen = [*folders(settings), *lock(settings), *database(settings), *clock(settings, datetime.now(UTC))]
    assert set(grades(seen).values()) == {Grade.OK}
    assert {finding.what for finding in machine(settings)} >= {"memory", "cores", "open files", "names"}


def test_before_the_first_start_nothing_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "chatgrow.yaml").write_text("")
    (tmp_path / "sessions").mkdir(mode=0o755)
    settings = load(tmp_path / "chatgrow.yaml", {}).settings
    assert set(grades([*folders(settings), *lock(settings), *database(settings)]).values()) == {Grade.OK}
    assert list((tmp_path / "sessions").iterdir()) == []


@pytest.mark.parametrize(("free", "grade"), [(GB, Grade.OK), (500 << 20, Grade.WARN), (200 << 20, Grade.BAD)])
def test_memory_is_held_against_what_is_to_stay_free(free: int, grade: Grade) -> None:
    assert grades([memory(free, 2 * GB, 256 << 20)]) == {"memory": grade}


@pytest.mark.parametrize(
    ("most", "grade"), [(-1, Grade.OK), (4096, Grade.OK), (1024, Grade.WARN), (256, Grade.BAD)]
)
def test_a_low_limit_of_open_files_is_said(most: int, grade: Grade) -> None:
    assert grades([open_files(most)]) == {"open files": grade}


@pytest.mark.parametrize(("free", "grade"), [(GB, Grade.OK), (GB // 2, Grade.WARN), (GB // 10, Grade.BAD)])
def test_little_room_on_the_disk_is_said(free: int, grade: Grade) -> None:
    assert grades([space("disk", free)]) == {"disk": grade}


@pytest.mark.parametrize(("free", "grade"), [(60_000, Grade.OK), (2_000, Grade.WARN), (10, Grade.BAD)])
def test_few_inodes_are_said(free: int, grade: Grade) -> None:
    assert grades([inodes("inodes", free, 100_000)]) == {"inodes": grade}


def test_a_disk_of_another_machine_is_said(tmp_path: Path) -> None:
    assert grades([local(tmp_path / "db", {tmp_path: "nfs4"})]) == {"file system": Grade.BAD}
    assert grades([local(tmp_path / "db", {tmp_path: "ext4"})]) == {"file system": Grade.OK}


def test_a_login_that_others_can_read_is_said(settings: Settings) -> None:
    profile = settings.session_dir / "profiles" / "shop"
    profile.mkdir(parents=True, mode=0o700)
    (profile / "key").write_text("secret")
    (profile / "key").chmod(0o644)
    assert grades(folders(settings))["privacy"] is Grade.OK, "a shut folder above keeps others out"
    for folder in (profile, profile.parent, settings.session_dir):
        folder.chmod(0o755)
    assert grades(folders(settings))["privacy"] is Grade.BAD


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_somebody_else_is_said(settings: Settings) -> None:
    os.chown(settings.session_dir / "chatgrow.db", 65534, 65534)
    assert grades(folders(settings))["owner"] is Grade.WARN


def test_a_user_whom_the_machine_does_not_know_is_named_by_number(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that is started with `--user 4711`."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    [found] = [finding for finding in folders(settings) if finding.what == "owner"]
    assert "belong to others than user 4711" in found.said


def test_who_holds_the_folder_is_said(settings: Settings) -> None:
    with FolderLock(settings.session_dir):
        [held] = lock(settings)
    assert held.said.startswith(f"runs: process {os.getpid()} on ")
    [free] = lock(settings)
    assert free.said == "does not run"
    with (settings.session_dir / "chatgrow.lock").open() as file:  # looking must not hold it
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_damaged_database_is_said(settings: Settings) -> None:
    file = settings.session_dir / "chatgrow.db"
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 20] = os.urandom(4096 * 19)
    file.write_bytes(content)
    assert Grade.BAD in grades(database(settings)).values()


def test_a_database_of_a_newer_version_or_another_mode_is_said(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.session_dir / "chatgrow.db", isolation_level=None)) as conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
        conn.execute("PRAGMA journal_mode = DELETE")
    found = grades(database(settings))
    assert (found["tables"], found["journal"]) == (Grade.BAD, Grade.WARN)


def test_a_clock_that_was_set_back_is_said(settings: Settings) -> None:
    now = datetime.now(UTC)
    with closing(sqlite3.connect(settings.session_dir / "chatgrow.db", isolation_level=None)) as conn:
        row = (int(now.timestamp() * 1e6), "on_fault", "", "", "{}")
        conn.execute(
            "INSERT INTO journal (at, hook, tenant, connection_id, body) VALUES (?, ?, ?, ?, ?)", row
        )
    assert grades(clock(settings, now)) == {"clock": Grade.OK}
    assert grades(clock(settings, now - timedelta(hours=1))) == {"clock": Grade.BAD}
    assert grades(clock(settings, datetime(1970, 1, 2, tzinfo=UTC))) == {"clock": Grade.BAD}


BROKEN = """
from chatgrow_bot.plugin import Plugin, hook

class Broken(Plugin):
    @hook
    def register_examinations(self):
        return [self._look]

    async def _look(self):
        raise RuntimeError("no")
"""


def test_the_word_ends_with_1_when_something_is_bad_and_goes_on_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "broken.py").write_text(BROKEN)
    config = tmp_path / "chatgrow.yaml"
    config.write_text("pluginFolders: [plugins]\n")
    said = CliRunner().invoke(main, ["doctor", "--config", str(config)])
    assert (said.exit_code, " bad" in said.output) == (0, False), said.output
    config.write_text("pluginFolders: [plugins]\nplugins: {broken: {}}\n")
    said = CliRunner().invoke(main, ["doctor", "--config", str(config)])
    assert said.exit_code == 1
    assert "could not be examined: RuntimeError: no" in said.output
    config.write_text("pluginFolder: [plugins]\n")
    said = CliRunner().invoke(main, ["doctor", "--config", str(config)])
    assert said.exit_code == 1
    assert "did you mean 'pluginFolders'" in said.output
