"""How much memory is left for this process and its children: the machine may have more than its control
groups (a container, a service with a limit) let it take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class _Names:
    """What the files of a version of control groups are called."""

    folder: str
    limit: str
    used: str
    cached: str  #: the part of it that the kernel would give back, in memory.stat


#: By the controllers that a line of /proc/self/cgroup names.
_VERSIONS: Mapping[str, _Names] = {
    "": _Names("", "memory.max", "memory.current", "inactive_file"),
    "memory": _Names("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def free_memory(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes that may still be taken; what the kernel keeps of files and would give back is free."""
    return min([int(psutil.virtual_memory().available), *_left_by_groups(root, own)])


def _left_by_groups(root: Path, own: Path) -> Iterator[int]:
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if names := _VERSIONS.get(controllers):
            top = root / names.folder
            group = top / path.removeprefix("/")
            # Inside a container the path may be the host's; then only the topmost folder is there, its own.
            for folder in (each for each in (group, *group.parents) if each.is_relative_to(top)):
                yield from _left(folder, names)


def _left(folder: Path, names: _Names) -> Iterator[int]:
    try:
        limit = (folder / names.limit).read_text().strip()
        if limit != "max":
            lines = (folder / "memory.stat").read_text().splitlines()
            stat = dict(line.split(" ", 1) for line in lines)
            used = int((folder / names.used).read_text()) - int(stat.get(names.cached, 0))
            yield max(0, int(limit) - used)
    except OSError:  # no such group here, or the topmost, which has no limit
        return
