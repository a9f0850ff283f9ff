"""Paths from outside, and files of our own. Reading walks down from an allowed folder without following a
link and hands out the open file, because a name that was checked may name something else a moment later."""

import os
import stat
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ..errors import FileTooLarge, MediaRefused, of_disk

#: How the name of a file in the making begins; one that is a day old was left by a crash.
UNFINISHED = ".new-"

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# NONBLOCK: opening a pipe would wait for its writer
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_inside(roots: Sequence[Path], path: Path, *, max_bytes: int | None = None) -> tuple[BinaryIO, int]:
    """Open a regular file inside one of the roots, for reading, and tell its size in bytes.

    `path` is absolute or relative to a root. Links (of either kind, anywhere below the root), `..`, pipes and
    devices are refused. The caller closes the file, and must read no more than the size told. Raises
    MediaRefused.
    """
    shown = repr(str(path))[:200]
    if ".." in path.parts:
        raise MediaRefused(f"The path {shown} holds '..'")
    refusal = MediaRefused(f"The path {shown} is not inside the allowed folders")
    for root, parts in _places(roots, path):
        try:
            handle = _walk(root, parts)
        except FileNotFoundError:
            refusal = MediaRefused(f"There is no file {shown}")
            continue
        except (OSError, ValueError):  # ValueError: a NUL, or characters that no file name has
            refusal = MediaRefused(f"{shown} is not a plain file that can be read")
            continue
        try:
            size = _plain_size(handle, shown, max_bytes)
            return os.fdopen(handle, "rb"), size
        except BaseException:
            os.close(handle)
            raise
    raise refusal


def _places(roots: Sequence[Path], path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Each root that the path may lie in, with the way down from it."""
    for root in roots:
        if not path.is_absolute():
            if path.parts:
                yield root, path.parts
            continue
        for base in dict.fromkeys((root.absolute(), root.resolve())):
            if path.is_relative_to(base) and path != base:
                yield root, path.relative_to(base).parts
                break


def _walk(root: Path, parts: tuple[str, ...]) -> int:
    here = os.open(root, _FOLDER)
    try:
        for name in parts[:-1]:
            below = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(parts[-1], _FILE, dir_fd=here)
    finally:
        os.close(here)


def _plain_size(handle: int, shown: str, max_bytes: int | None) -> int:
    facts = os.fstat(handle)
    # a second name may lie outside the roots: a hard link is a way to lend a file that is not one's own
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        raise MediaRefused(f"{shown} is not a plain file that can be read")
    if max_bytes is not None and facts.st_size > max_bytes:
        raise FileTooLarge(f"{shown} is larger than {max_bytes} bytes")
    return facts.st_size


class NewFile:
    """A file in the making: it appears under its name whole and on the disk, or not at all.

    Write, then `keep`; `close` removes what was not kept. Blocking, for threads: a lock makes `close` wait
    for a write under way, so that a cancelled caller may close at once. Raises StoreUnavailable when the disk
    fails.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._path = folder
        self._closed = False

    def write(self, block: bytes) -> None:
        """Add to the end."""
        with self._lock, _storage():
            self._open().write(block)

    def keep(self, name: str) -> Path:
        """Give it its name, below the folder, in place of what has it now; on the disk when this returns."""
        with self._lock, _storage():
            file = self._open()
            file.flush()
            os.fsync(file.fileno())
            target = self._folder / name
            make_folder(target.parent)
            self._path.replace(target)
            file.close()
            self._closed = True
            _sync(target.parent)
            return target

    def close(self) -> None:
        """Remove it, unless it was kept."""
        with self._lock:
            if self._file and not self._closed:
                with suppress(OSError):  # a full disk fails again when the rest is flushed
                    self._file.close()
                with suppress(OSError):
                    self._path.unlink()
            self._closed = True

    def _open(self) -> BinaryIO:
        if self._closed:
            raise ValueError("the file is closed")
        if self._file is None:
            make_folder(self._folder)
            handle, name = tempfile.mkstemp(prefix=UNFINISHED, dir=self._folder)  # mode 0600
            self._file, self._path = os.fdopen(handle, "wb"), Path(name)
        return self._file


def write_new(folder: Path, name: str, data: bytes) -> Path:
    """Write a small file, whole or not at all, mode 0600. Raises StoreUnavailable."""
    with closing(NewFile(folder)) as file:
        file.write(data)
        return file.keep(name)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, for our eyes only, and put their names on the disk."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, _FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise of_disk(error, f"A file cannot be written: {error.strerror}") from error


def lying_in(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The folder and everything in it, with what each is; links are not followed. A browser that runs makes
    files and removes them meanwhile: what is gone when it is looked at is left out."""
    with suppress(FileNotFoundError):
        yield folder, folder.lstat()
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(above, name)
            with suppress(FileNotFoundError):
                yield path, path.lstat()
