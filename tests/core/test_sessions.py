"""The logins of connections on the disk: copied and put back; and what is refused."""

import errno
import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from chatgrow_bot import lineage
from chatgrow_bot.errors import BadInput, ConfigError, Conflict, NotFound, StoreUnavailable
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


@pytest.mark.slow
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


@pytest.mark.parametrize("named", ["shop", "other/shop"])
def test_a_browser_that_outlived_its_hub_is_noticed_by_whatever_name_it_knows_the_folder(
    folder: Path, tmp_path: Path, named: str
) -> None:
    (folder.parent / "other").symlink_to(folder.parent)
    code = "print(flush=True); import sys; sys.stdin.read()"
    command = [sys.executable, "-c", code, f"--user-data-dir={folder.parent / named / 'profile'}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as browser:
        assert browser.stdout
        browser.stdout.readline()
        with pytest.raises(Conflict, match=f"Process {browser.pid} still works"):
            backup(folder, tmp_path / "copy")
        browser.communicate()


def test_a_login_that_was_set_aside_is_of_the_day_on_which_it_was(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (0, 0))
    aside = restore(tmp_path / "copy", folder)
    assert aside
    assert list(cleanup.leftovers(folder.parent, {}, {}, datetime.now(UTC) + timedelta(days=6)))[1:] == []
    [_, left] = cleanup.leftovers(folder.parent, {}, {}, datetime.now(UTC) + timedelta(days=8))
    assert (left.folder, left.removable) == (aside, True)


@pytest.mark.parametrize("logged_out", [False, True])
def test_a_disk_that_does_not_take_a_login_back_leaves_the_one_that_is_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged_out: bool
) -> None:
    backup(folder, tmp_path / "copy")
    rename = Path.rename

    def full(path: Path, target: Path) -> Path:
        if path.name.endswith(".restoring"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(StoreUnavailable, match="as it was: No space left"):
        restore(tmp_path / "copy", folder, logged_out=logged_out)
    assert [path.name for path in folder.parent.iterdir()] == ["shop"]
    assert (folder / "profile" / "cache").exists()


def test_a_file_with_two_names_is_backed_up_under_both(folder: Path, tmp_path: Path) -> None:
    (folder / "profile" / "keys" / "2.ldb").hardlink_to(folder / "profile" / "keys" / "1.ldb")
    backup(folder, tmp_path / "copy")
    restore(tmp_path / "copy", folder)
    assert [path.read_bytes() for path in sorted((folder / "profile" / "keys").iterdir())] == [CANARY] * 2


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
