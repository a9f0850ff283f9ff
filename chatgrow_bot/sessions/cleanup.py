"""Folders of sessions that nobody needs any more. A login that somebody may still use is never among them."""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ..errors import Conflict
from ..hub import ConnectionView
from .rest import at_rest

#: How long a connection that was never linked keeps its folder, and a login that was set aside.
KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A folder that may go, or that cannot and why."""

    folder: Path
    reason: str
    removable: bool


def leftovers(
    profiles: Path, connections: Mapping[str, ConnectionView], deleted: Collection[str], now: datetime
) -> Iterator[Leftover]:
    """What lies in the folder of profiles and belongs to no connection that needs it.

    `deleted`: connections that the database remembers and has no more. A folder that it has never heard of is
    told and kept: it may be another database's.
    """
    if not profiles.is_dir():
        return
    with os.scandir(profiles) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if not entry.is_dir(follow_symlinks=False):
                continue
            folder, idle = profiles / entry.name, now - _touched(profiles / entry.name, now)
            if found := _judged(folder, connections, deleted, idle):
                yield found


def _judged(
    folder: Path, connections: Mapping[str, ConnectionView], deleted: Collection[str], idle: timedelta
) -> Leftover | None:
    name, mark, _ = folder.name.partition(".")
    if mark:  # no connection is called so: one that was set aside, or a restore that was cut short
        reason = "was set aside more than a week ago"
        return Leftover(folder=folder, reason=reason, removable=True) if idle > KEPT else None
    if view := connections.get(name):
        if view.me is not None or idle <= KEPT:
            return None
        return Leftover(folder=folder, reason="was never linked, for a week and more", removable=True)
    if name in deleted:
        return Leftover(folder=folder, reason="its connection was deleted", removable=True)
    reason = "is not known to this database; remove it by hand if it is nobody's"
    return Leftover(folder=folder, reason=reason, removable=False)


def _touched(folder: Path, now: datetime) -> datetime:
    """When anything in it was last changed."""
    latest = max(
        (each.lstat().st_mtime for each in (folder, *folder.rglob("*"))), default=folder.lstat().st_mtime
    )
    return datetime.fromtimestamp(latest, tz=now.tzinfo)


def remove(leftover: Leftover) -> None:
    """Remove it. Raises Conflict when anybody works in it after all."""
    if not leftover.removable or leftover.folder.is_symlink():
        raise Conflict(f"{leftover.folder} is not removed: {leftover.reason}")
    with at_rest(leftover.folder):
        shutil.rmtree(leftover.folder)
