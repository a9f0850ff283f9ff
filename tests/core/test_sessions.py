"""The logins of connections on the disk: copied, put back, cleared away; and what is refused."""

import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from chatgrow_bot import lineage
from chatgrow_bot.errors import BadInput, ConfigError, Conflict, NotFound
from chatgrow_bot.hub import ConnectionView
from chatgrow_bot.messages import ConnectionState
from chatgrow_bot.sessions import Archive, Key, Passphrase, Seal, archive, cleanup, copies

NOW = datetime(2026, 8, 1, tzinfo=UTC)
CANARY = b"canary-5f1c"


def login_files(folder: Path) -> Sequence[Path]:
    return [Path(each) for each in ("profile/keys", "linked") if (folder / each).exists()]


class Paper:
    """A seal that hides nothing: for tests of what lies beneath it."""

    def close(self, plain: bytes) -> bytes:
        return plain

    def open(self, sealed: bytes) -> bytes:
        return sealed


SEAL = Paper()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A connection's folder with a login, and with what is none."""
    folder = tmp_path / "profiles" / "shop"
    (folder / "profile" / "keys").mkdir(parents=True)
    (folder / "profile" / "keys" / "1.ldb").write_bytes(CANARY)
    (folder / "profile" / "cache").write_bytes(b"pictures")
    (folder / "linked").touch()
    lineage.opened(folder)
    return folder


def backup(folder: Path, target: Path, seal: Seal = SEAL) -> Archive:
    return copies.backup(folder, target, seal, login_files, engine="web", me="972@c.us", now=NOW)


def restore(source: Path, folder: Path, *, logged_out: bool = False) -> Path | None:
    _, aside = copies.restore(source, folder, SEAL, login_files, engine="web", logged_out=logged_out, now=NOW)
    return aside


def modes(folder: Path) -> set[tuple[bool, int]]:
    found = [path.lstat() for path in (folder, *folder.rglob("*"))]
    return {(stat.S_ISDIR(each.st_mode), stat.S_IMODE(each.st_mode)) for each in found}


def test_a_login_comes_back_as_it_was_and_only_the_login(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    shutil.rmtree(folder)
    assert restore(tmp_path / "copy", folder) is None
    assert (folder / "profile" / "keys" / "1.ldb").read_bytes() == CANARY
    assert (folder / "linked").exists()
    assert not (folder / "profile" / "cache").exists()
    assert modes(folder) == {(True, 0o700), (False, 0o600)}


def test_a_backup_is_private_and_shows_nothing_of_what_it_holds(folder: Path, tmp_path: Path) -> None:
    Key.make(tmp_path / "key")
    backup(folder, tmp_path / "copies" / "copy", Key(tmp_path / "key"))
    written = (tmp_path / "copies" / "copy").read_bytes()
    assert written.startswith(b"age-encryption.org/v1\n"), "a standard tool must know it"
    for word in (CANARY, b"972@c.us", b"shop", b"profile/keys"):
        assert word not in written
    assert modes(tmp_path / "copies") == {(True, 0o700), (False, 0o600)}


def test_what_opens_a_backup_is_what_closed_it(tmp_path: Path) -> None:
    words = Passphrase("correct horse battery")
    sealed = words.close(b"words")
    assert words.open(sealed) == b"words"
    Key.make(tmp_path / "key")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    key = Key(tmp_path / "key")
    assert key.open(key.close(b"words")) == b"words"
    Key.make(tmp_path / "another")
    changed = bytearray(key.close(b"words"))
    changed[-1] ^= 1
    for wrong in (sealed, Key(tmp_path / "another").close(b"words"), bytes(changed), b"words"):
        with pytest.raises(BadInput):
            key.open(wrong)
    with pytest.raises(BadInput):
        Passphrase("correct horse batterz").open(sealed)


def test_a_key_that_others_may_read_and_a_short_passphrase_are_refused(tmp_path: Path) -> None:
    Key.make(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        Key(tmp_path / "key")
    with pytest.raises(ConfigError):
        Key.make(tmp_path / "key")
    with pytest.raises(BadInput):
        Passphrase("short")


def test_an_older_login_never_takes_the_place_of_a_newer_one(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    lineage.opened(folder)
    with pytest.raises(Conflict, match="newer than this backup"):
        restore(tmp_path / "copy", folder)
    assert (folder / "profile" / "cache").exists(), "a refusal changes nothing"
    assert not list(folder.parent.glob("*.*")), "and leaves nothing behind"


def test_the_same_login_may_be_put_back_and_is_another_life_from_then_on(
    folder: Path, tmp_path: Path
) -> None:
    backup(folder, tmp_path / "first")
    backup(folder, tmp_path / "second")
    assert restore(tmp_path / "first", folder)
    lineage.opened(folder)
    with pytest.raises(Conflict):  # opened as often, but it is not what this one was a copy of
        restore(tmp_path / "second", folder)


def test_a_login_of_which_nothing_is_known_counts_as_newer(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    (folder / "lineage.json").unlink()
    with pytest.raises(Conflict):
        restore(tmp_path / "copy", folder)


def test_a_newer_login_is_set_aside_once_its_account_was_logged_out(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    lineage.opened(folder)
    aside = restore(tmp_path / "copy", folder, logged_out=True)
    assert aside
    assert (aside / "profile" / "cache").exists()
    assert (folder / "profile" / "keys" / "1.ldb").exists()


def test_a_backup_is_for_its_own_connection(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    with pytest.raises(BadInput, match="of the connection 'shop'"):
        restore(tmp_path / "copy", folder.with_name("bakery"))
    assert not folder.with_name("bakery").exists()


def test_there_is_no_backup_of_no_login_nor_over_another(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    with pytest.raises(Conflict, match="is there already"):
        backup(folder, tmp_path / "copy")
    with pytest.raises(NotFound):
        backup(folder.with_name("nobody"), tmp_path / "other")


def test_a_session_that_is_open_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (folder / "lock").touch()
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(tmp_path / "profiles" / ".." / "profiles" / "shop" / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(Conflict, match="is open"):
            backup(folder, tmp_path / "copy")
        holder.communicate()


def test_a_browser_that_outlived_its_hub_is_noticed(folder: Path, tmp_path: Path) -> None:
    code = "print(flush=True); import sys; sys.stdin.read()"
    command = [sys.executable, "-c", code, f"--user-data-dir={folder / 'profile'}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as browser:
        assert browser.stdout
        browser.stdout.readline()
        with pytest.raises(Conflict, match=f"Process {browser.pid} still works"):
            backup(folder, tmp_path / "copy")
        browser.communicate()


def poisoned(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """An archive with something in it that is no login."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        told = msgspec.json.encode(
            Archive(
                connection_id="shop",
                engine="web",
                me=None,
                made_at=NOW,
                lineage=lineage.new(),
                paths=("linked",),
            )
        )
        description = tarfile.TarInfo("session.json")
        description.size = len(told)
        tar.addfile(description, io.BytesIO(told))
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        member.size = 4 if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(b"evil"))
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../evil", tarfile.REGTYPE, ""),
        ("/tmp/evil", tarfile.REGTYPE, ""),
        ("linked/../../evil", tarfile.REGTYPE, ""),
        ("profile/other", tarfile.REGTYPE, ""),
        ("linked", tarfile.SYMTYPE, "/etc/passwd"),
        ("linked", tarfile.LNKTYPE, "session.json"),
        ("linked", tarfile.FIFOTYPE, ""),
        ("linked", tarfile.CHRTYPE, ""),
    ],
)
def test_whoever_writes_a_backup_can_write_nothing_else(
    tmp_path: Path, name: str, kind: bytes, link: str
) -> None:
    (tmp_path / "into").mkdir()
    with pytest.raises(BadInput):
        archive.unpack(poisoned(name, kind, link), tmp_path / "into")
    assert [path.name for path in tmp_path.rglob("*")] == ["into"]


@pytest.mark.parametrize(
    "content", [b"", b"words", poisoned("linked")[:60]], ids=["empty", "words", "cut short"]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput):
        archive.unpack(content, tmp_path)


@pytest.mark.parametrize("path", ["../", "/etc", "."])
def test_a_description_cannot_widen_what_is_unpacked(tmp_path: Path, path: str) -> None:
    told = msgspec.json.encode(
        Archive(connection_id="s", engine="w", me=None, made_at=NOW, lineage=lineage.new(), paths=(path,))
    )
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, content in (("session.json", told), ("../evil", b"evil")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (tmp_path / "into").mkdir()
    with pytest.raises(BadInput):
        archive.unpack(target.getvalue(), tmp_path / "into")
    assert not (tmp_path / "evil").exists()


def view(connection_id: str, me: str | None) -> ConnectionView:
    return ConnectionView(
        connection_id=connection_id,
        tenant="t",
        name="",
        phone_number="",
        settings={},
        state=ConnectionState.CREATED,
        reason="",
        paused=False,
        me=me,
        created_at=NOW,
        state_since=NOW,
    )


@pytest.fixture
def profiles(tmp_path: Path) -> Iterator[Path]:
    profiles = tmp_path / "profiles"
    names = (
        "linked",
        "old",
        "fresh",
        "deleted",
        "stranger",
        "linked.aside-20260101T000000Z",
        "shop.restoring",
    )
    long_ago = time.time() - timedelta(days=8).total_seconds()
    for name in names:
        (profiles / name / "profile").mkdir(parents=True)
        (profiles / name / "profile" / "file").touch()
        if name != "fresh":
            for path in (
                (profiles / name / "profile" / "file"),
                profiles / name / "profile",
                profiles / name,
            ):
                os.utime(path, (long_ago, long_ago))
    (tmp_path / "outside").mkdir()
    (profiles / "deleted2").symlink_to(tmp_path / "outside")
    yield profiles


def test_only_what_nobody_needs_is_cleared_away(profiles: Path) -> None:
    views = {
        each.connection_id: each
        for each in (view("linked", "1@c.us"), view("old", None), view("fresh", None))
    }
    left = list(cleanup.leftovers(profiles, views, {"deleted", "deleted2"}, datetime.now(UTC)))
    assert {each.folder.name: each.removable for each in left} == {
        "deleted": True,
        "old": True,
        "stranger": False,
        "linked.aside-20260101T000000Z": True,
        "shop.restoring": True,
    }
    for each in left:
        if each.removable:
            cleanup.remove(each)
        else:
            with pytest.raises(Conflict):
                cleanup.remove(each)
    assert sorted(path.name for path in profiles.iterdir()) == ["deleted2", "fresh", "linked", "stranger"]
    assert (profiles.parent / "outside").is_dir()


def test_a_folder_that_is_in_use_is_not_cleared_away(profiles: Path) -> None:
    (profiles / "deleted" / "lock").touch()
    [leftover] = [
        each
        for each in cleanup.leftovers(profiles, {}, {"deleted"}, datetime.now(UTC))
        if each.folder.name == "deleted"
    ]
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(profiles / "deleted" / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(Conflict):
            cleanup.remove(leftover)
        holder.communicate()
    assert leftover.folder.is_dir()
