"""The disk that everything is kept on."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..config import Settings
from ..errors import ConfigError
from ..plugin import Finding, Grade
from ..store import engines
from ..store.folder import mounts, require_local

_GB = 1 << 30


def disk(settings: Settings) -> Iterator[Finding]:
    """Room and inodes where sessions and logs lie, and whether the database's disk is of this machine."""
    for name, folder in (("sessions", settings.session_dir), ("logs", settings.logs_dir)):
        there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
        yield space(f"disk of {name}", shutil.disk_usage(there).free)
        found = os.statvfs(there)
        if found.f_files:  # some file systems have as many as they want
            yield inodes(f"inodes of {name}", found.f_favail, found.f_files)
    if file := engines.sqlite_file(engines.parse(settings.database_url)):
        yield local(file, mounts())


def space(what: str, free: int) -> Finding:
    """Bytes that are free."""
    said = f"{free / _GB:.1f} GB free"
    if free >= _GB:
        return Finding(what=what, said=said)
    grade = Grade.BAD if free < _GB // 5 else Grade.WARN
    return Finding(what=what, grade=grade, said=said, do="make room: a full disk stops all sending")


def inodes(what: str, free: int, total: int) -> Finding:
    """Files that may yet be made."""
    said = f"{free:,} of {total:,} free"
    if free * 20 >= total or free > 1_000_000:
        return Finding(what=what, said=said)
    grade = Grade.BAD if free < 1000 else Grade.WARN
    return Finding(
        what=what, grade=grade, said=said, do="remove files: no more can be made when none is left"
    )


def local(file: Path, mounted: Mapping[Path, str]) -> Finding:
    """Whether a database lies on a disk of this machine. `mounted`: file systems by mount point."""
    try:
        require_local(file, mounted)
    except ConfigError as error:
        return Finding(
            what="file system", grade=Grade.BAD, said=error.detail, do="set sessionDir to a local disk"
        )
    return Finding(what="file system", said="local")
