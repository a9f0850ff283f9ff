"""The folder a process works in: nobody else's eyes, and one process at a time."""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from ..errors import ConfigError, HeldByAnother

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
}


def make_private(file: Path) -> None:
    """Create a file, and its folder if there is none, that only this user can read. Raises ConfigError when
    that cannot be done."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        file.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"Nothing can be kept in {file.parent}: {error.strerror}") from error


def require_local(file: Path, mounts: Mapping[Path, str]) -> None:
    """ConfigError when the file stands on a network file system: SQLite's locks and log do not hold there.

    `mounts`: the type of file system by mount point.
    """
    for folder in file.resolve().parents:
        if kind := mounts.get(folder):
            if kind in _NETWORK:
                raise ConfigError(f"database.url: {file} is on {kind}; use a local disk, or PostgreSQL")
            return


def mounts() -> Mapping[Path, str]:
    """What is mounted where, now."""
    return {Path(part.mountpoint): part.fstype for part in psutil.disk_partitions(all=True)}


class FolderLock:
    """While it is entered, no other process can enter it for the same folder. HeldByAnother names who did.

    The system frees it at the death of its owner, however that comes; a pid left in the file means nothing.
    Programs started from here do not inherit it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "chatgrow.lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        make_private(self._file)
        self._folder.chmod(0o700)
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise HeldByAnother(f"{self._folder} is in use by process {owner}", pid=owner) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
