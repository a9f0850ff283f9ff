"""The folder a process works in: nobody else's eyes, and one process at a time."""

import fcntl
import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from ..errors import ConfigError, HeldByAnother

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "fuse.ceph",
    "lustre",
    "beegfs",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "fuse.juicefs",
}


#: The file that is locked, and says by whom.
LOCK = "chatgrow.lock"


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
        self._file = folder / LOCK
        self._descriptor = -1

    def __enter__(self) -> Self:
        make_private(self._file)
        self._folder.chmod(0o700)
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid, words = _owner(self._descriptor)
            os.close(self._descriptor)
            raise HeldByAnother(f"{self._folder} is in use by {words}", pid=pid) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n{socket.gethostname()}\n".encode(), 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def holder(folder: Path) -> str | None:
    """Who holds a folder, in words; None when nobody does. Looking changes nothing."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:  # nobody ever did
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _owner(descriptor)[1]
    finally:
        os.close(descriptor)
    return None


def _owner(descriptor: int) -> tuple[str, str]:
    """The process that holds a lock, and the words for it: a pid alone does not say which container's."""
    card = os.pread(descriptor, 500, 0).decode("utf-8", "replace")
    pid, host = ([*card.splitlines(), "", ""])[:2]
    since = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
    where = f" on {host}" if host else ""
    return pid or "unknown", f"process {pid or 'unknown'}{where}, since {since:%F %T} UTC"
