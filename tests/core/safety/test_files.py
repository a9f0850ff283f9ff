"""Paths that try to leave the allowed folder, and files that must appear whole or not at all."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatgrow_bot.errors import MediaRefused, StoreUnavailable
from chatgrow_bot.safety.files import NewFile, lying_in, open_inside, write_new

CANARY = b"canary: this must never be read"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """`allowed/` with honest files and every kind of trap, and `secret/` beside it."""
    secret, allowed = tmp_path / "secret", tmp_path / "allowed"
    (secret / "deep").mkdir(parents=True)
    (secret / "file").write_bytes(CANARY)
    (secret / "deep" / "file").write_bytes(CANARY)
    (allowed / "sub" / "deep").mkdir(parents=True)
    (allowed / "a.txt").write_bytes(b"honest")
    (allowed / "sub" / "deep" / "שלום b.txt").write_bytes(b"honest too")
    (allowed / "link").symlink_to(secret / "file")
    (allowed / "relative-link").symlink_to("../secret/file")
    (allowed / "folder-link").symlink_to(secret)
    (allowed / "sub" / "folder-link").symlink_to("../../secret/deep")
    (allowed / "inner-link").symlink_to("a.txt")
    (allowed / "environ").symlink_to("/proc/self/environ")
    (allowed / "root").symlink_to("/")
    (allowed / "cwd").symlink_to("/proc/self/root")
    (allowed / "loop").symlink_to("loop")
    (secret / "lent").write_bytes(CANARY)
    os.link(secret / "lent", allowed / "hardlink")
    os.mkfifo(allowed / "pipe")
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(allowed / "socket"))
    return allowed


def read(roots: list[Path], path: str | Path) -> bytes:
    file, size = open_inside(roots, Path(path))
    with file:
        return file.read(size)


@pytest.mark.parametrize("path", ["a.txt", "./a.txt", "sub//deep/../deep/x", "sub/deep/שלום b.txt"])
def test_files_inside_are_opened_by_relative_and_by_absolute_path(place: Path, path: str) -> None:
    if ".." in path:
        with pytest.raises(MediaRefused, match=r"holds '\.\.'"):
            read([place], path)
        return
    assert read([place], path).startswith(b"honest")
    assert read([place], place / path).startswith(b"honest")


PATHS = """
    ../secret/file sub/../../secret/file ./../secret/file sub/deep/../../../secret/file .. . / //
    ../allowed/a.txt link relative-link folder-link/file sub/folder-link/file inner-link environ
    root/etc/passwd loop loop/x hardlink cwd/etc/passwd pipe socket sub sub/ a.txt/x missing sub/missing
    missing/a.txt /etc/passwd //etc/passwd /proc/self/environ /proc/self/cmdline /proc/1/environ
    /proc/self/fd/0 /proc/self/mem /dev/zero /dev/stdin /dev/tty /dev/full /sys/kernel/uevent_helper
    ~/a.txt ~root/.ssh/id_rsa $HOME/a.txt file:///etc/passwd file:a.txt \\\\server\\share\\x
    C:\\Windows\\win.ini ..\\secret\\file ..%2fsecret%2ffile %2e%2e/secret/file ..;/secret/file
    \uff0e\uff0e/secret/file ..\uff0fsecret\uff0ffile
"""
ESCAPES = PATHS.split()
ESCAPES += [
    "",
    "a.txt\0",
    "\0",
    "../secret/file\0.txt",
    "a.txt\0/../../secret/file",
    "x" * 300,
    "x/" * 3000,
    "\ud800",
    "\udc80",
]
ESCAPES += ["a.txt ", " a.txt", "a.txt\n", "*.txt", "a.???"]


@pytest.mark.parametrize("path", ESCAPES, ids=range(len(ESCAPES)))
def test_no_path_leads_outside_and_none_blocks(place: Path, path: str) -> None:
    started = time.monotonic()
    for attempt in {path, f"{place}/{path}", f"{place}/../allowed/{path}"}:
        with pytest.raises(MediaRefused):
            read([place], attempt)
    assert time.monotonic() - started < 5


def test_devices_and_pipes_are_refused_even_in_an_allowed_folder(place: Path) -> None:
    for root, name in (("/dev", "zero"), ("/dev", "full"), ("/dev", "null"), (str(place), "pipe")):
        with pytest.raises(MediaRefused, match="not a plain file"):
            read([Path(root)], name)


def test_the_canary_is_there_to_be_read(place: Path) -> None:
    assert read([place.parent / "secret"], "deep/file") == CANARY


def test_a_root_may_itself_be_a_link_and_the_first_that_has_the_file_wins(
    place: Path, tmp_path: Path
) -> None:
    by_link = tmp_path / "shared"
    by_link.symlink_to(place)
    other = tmp_path / "other"
    other.mkdir()
    for path in (Path("a.txt"), by_link / "a.txt", place / "a.txt"):
        assert read([other, by_link], path) == b"honest"
    with pytest.raises(MediaRefused):
        read([by_link], other / "a.txt")
    with pytest.raises(MediaRefused):
        read([], "a.txt")


def test_a_file_past_the_limit_is_refused_before_it_is_read(place: Path) -> None:
    with pytest.raises(MediaRefused, match="larger than 5 bytes"):
        open_inside([place], Path("a.txt"), max_bytes=5)
    file, size = open_inside([place], Path("a.txt"), max_bytes=6)
    file.close()
    assert size == 6


def test_refusals_leave_no_file_open(place: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ESCAPES:
        with pytest.raises(MediaRefused):
            read([place], path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


NAMES = """
    .. ../ a.txt sub deep link folder-link file secret allowed hardlink pipe root cwd loop etc/passwd
    proc/self/environ é
"""
PIECES = st.sampled_from([*NAMES.split(), *"/.\\~%\0 ", "\u202e", "\udc80"])


@settings(max_examples=2000, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.text(max_size=5), max_size=12), st.sampled_from(["", "/", None]))
def test_no_made_up_path_reads_anything_but_the_honest_files(
    place: Path, pieces: list[str], joint: str | None
) -> None:
    path = f"{place}/{'/'.join(pieces)}" if joint is None else joint.join(pieces)
    try:
        content = read([place], path)
    except MediaRefused:
        return
    assert content in (b"honest", b"honest too")


#: A process of its own, so that it really runs beside the reader: turns a folder and a file into links to the
#: secret ones and back, a thousand times.
SWAPS = """
import os, sys
place, secret = sys.argv[1:]
os.chdir(place)
os.mkdir("folder-here")
open("folder-here/file", "w").write("honest")
for _ in range(1000):
    os.symlink(secret, "turning")
    os.rename("folder-here", "folder-kept")
    os.rename("turning", "folder-here")
    os.symlink(secret + "/file", "turned")
    os.rename("turned", "leaf")
    os.unlink("folder-here")
    os.rename("folder-kept", "folder-here")
    open("turned", "w").write("honest")
    os.rename("turned", "leaf")
"""


def test_a_path_swapped_for_a_link_while_it_is_opened_never_leads_outside(place: Path) -> None:
    opened = refused = 0
    with subprocess.Popen([sys.executable, "-c", SWAPS, place, place.parent / "secret"]) as swapping:
        while swapping.poll() is None:
            for path in ("folder-here/file", "leaf"):
                try:
                    assert read([place], path) in (b"honest", b"")  # it may be met half written
                    opened += 1
                except MediaRefused:
                    refused += 1
    assert swapping.returncode == 0
    assert min(opened, refused) > 20


def test_a_new_file_appears_whole_private_and_alone(tmp_path: Path) -> None:
    path = write_new(tmp_path / "made" / "here", "name.json", b"content")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert write_new(tmp_path / "made" / "here", "name.json", b"other").read_bytes() == b"other"


def test_a_file_that_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    with closing(NewFile(tmp_path)) as file:
        file.write(b"half of it")
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []
    for act in (lambda: file.write(b"more"), lambda: file.keep("name")):
        with pytest.raises(ValueError, match="closed"):
            act()


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        steps.append("fsync")
        fsync(handle)

    def noted_replace(path: Path, to: Path) -> Path:
        steps.append("name")
        return replace(path, to)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_new(tmp_path, "name", b"content")
    assert steps == ["fsync", "name", "fsync"]


def test_a_disk_that_fails_is_storage_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        write_new(tmp_path / "file" / "below", "name", b"content")


def test_what_goes_while_a_folder_is_looked_through_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "inside").touch()
    for name in ("one", "two"):
        (tmp_path / name).touch()
    seen = []
    for path, found in lying_in(tmp_path):
        seen.append(path.name)
        if path.name == "deep":
            shutil.rmtree(path)
        elif stat.S_ISREG(found.st_mode):
            for name in ("one", "two"):
                (tmp_path / name).unlink()
    assert seen[:2] == [tmp_path.name, "deep"]
    assert seen[2:] in (["one"], ["two"])
