"""Folders of sessions that nobody needs any more. A login that somebody may still use is never among them:
the database may be another's, or an older copy, so what the folder says of itself counts too."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ..errors import Conflict
from ..hub import ConnectionView
from .rest import at_rest

#: How long whatever may go is kept after anything in it changed, and after its connection was deleted.
KEPT = timedelta(days=7)
#: A browser that is being closed writes for a while after the last that was heard of its connection.
_LATER = timedelta(days=1)
#: By this file of a folder an engine notes that an account is linked there.
_LINKED = "linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """A folder that may go, or that cannot and why."""

    folder: Path
    reason: str
    removable: bool


def leftovers(
    profiles: Path,
    connections: Mapping[str, ConnectionView],
    deleted: Mapping[str, datetime],
    now: datetime,
) -> Iterator[Leftover]:
    """What lies in the folder of profiles and belongs to no connection that needs it.

    `deleted`: connections that the database remembers and has no more, with when it last heard of each. A
    folder that it has never heard of is told and kept: it may be another database's.
    """
    if not profiles.is_dir():
        return
    for folder in sorted(profiles.iterdir()):
        if folder.is_symlink() or not folder.is_dir():
            continue
        if found := _judged(folder, connections, deleted, now):
            yield found


def _judged(
    folder: Path, connections: Mapping[str, ConnectionView], deleted: Mapping[str, datetime], now: datetime
) -> Leftover | None:
    """What is to be said of a folder; None when it is needed, or may be."""
    goes = partial(Leftover, folder=folder, removable=True)
    stays = partial(Leftover, folder=folder, removable=False)
    name, mark, _ = folder.name.partition(".")
    touched, linked = _touched(folder, now), (folder / _LINKED).exists()
    if mark:  # no connection is called so: one that was set aside, or a restore that was cut short
        return goes(reason="was set aside more than a week ago") if now - touched > KEPT else None
    if view := connections.get(name):
        if view.me is not None or now - touched <= KEPT:
            return None
        if linked:
            return stays(reason="is linked, though not to this database's knowledge: another's, or newer")
        return goes(reason="was never linked, for a week and more")
    if name not in deleted:
        return stays(reason="is not known to this database; remove it by hand if it is nobody's")
    if linked and touched > deleted[name] + _LATER:
        return stays(reason="is linked, and was used after its connection was deleted: another database's?")
    if now - max(touched, deleted[name]) <= KEPT:
        return stays(reason="its connection was deleted; a week after that it may go")
    return goes(reason="its connection was deleted")


def _touched(folder: Path, now: datetime) -> datetime:
    """When anything in it was last changed."""
    latest = folder.lstat().st_mtime
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):  # something works in it after all
                latest = max(latest, (Path(path) / name).lstat().st_mtime)
    return datetime.fromtimestamp(latest, tz=now.tzinfo)


def remove(leftover: Leftover) -> None:
    """Remove it. Raises Conflict when anybody works in it after all."""
    if not leftover.removable or leftover.folder.is_symlink():
        raise Conflict(f"{leftover.folder} is not removed: {leftover.reason}")
    with at_rest(leftover.folder):
        shutil.rmtree(leftover.folder)
