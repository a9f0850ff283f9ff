"""A session's own folder: held by one process at a time, and cleared of browsers that outlived theirs."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from chatgrow_bot.errors import EngineError

#: By this a browser is told which profile is its own.
_PLACE = "--user-data-dir="
#: Bytes that must be free where the session lies: a browser that runs out of room ruins its login.
LEAST_ROOM = 100 << 20


class Profile:
    """The login on disk. Only `held` makes one, so whoever has a Profile has the folder to himself."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "profile"  #: the browser's user-data-dir
        self._linked = folder / "linked"
        self.unswept = folder / "unswept"  #: chats that could not be read, of the account that is linked
        self.path.mkdir(mode=0o700, exist_ok=True)

    @property
    def linked(self) -> bool:
        """Whether an account was linked here and settled: a QR code after that means it was logged out."""
        return self._linked.exists()

    def mark_linked(self, linked: bool) -> None:
        """Remember it across restarts."""
        if linked:
            self._linked.touch(mode=0o600)
        else:
            self._linked.unlink(missing_ok=True)
            self.unswept.unlink(missing_ok=True)

    def processes(self) -> list[psutil.Process]:
        """Every process of the browsers that use this profile, by whatever name they were given it."""
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or ()
            places = [word.removeprefix(_PLACE) for word in words if word.startswith(_PLACE)]
            if not any(os.path.realpath(place) == os.path.realpath(self.path) for place in places):
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                found |= {each.pid: each for each in (process, *process.children(recursive=True))}
        return list(found.values())

    def kill_browsers(self) -> int:
        """End them and wait for it, at most 5 s; how many there were. Blocks: call it in a thread."""
        processes = self.processes()
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=5)
        return len(processes)

    def forget_browser_locks(self) -> None:
        """Remove what a killed browser leaves behind; only the holder may, since it has no browser yet."""
        for leftover in self.path.glob("Singleton*"):
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[Profile]:
    """Hold a session's folder. Raises EngineError when another process, or another session here, has it.

    The browser's own lock will not do: the headless shell has none, and two browsers on one profile ruin it.
    Raises it too when there is no room, or the folder cannot be written to.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise EngineError(f"the session's folder {folder} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EngineError(f"the session in {folder} is open already; close that one first") from error
        if free < LEAST_ROOM:
            raise EngineError(
                f"the disk is full: {free >> 20} MB are free in {folder}, and a browser that runs out of "
                f"room ruins its login; free at least {LEAST_ROOM >> 20} MB"
            )
        yield Profile(folder)
    finally:
        os.close(descriptor)
