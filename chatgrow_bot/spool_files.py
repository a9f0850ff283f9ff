"""What lies in the folders of the spool: files by tenant and hash, and uploads that no message names yet."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from .errors import MediaRefused
from .messages import Media
from .safety.blocks import BLOCK
from .safety.files import UNFINISHED, open_inside

#: How long an upload waits for the message that names it, and a crash's leavings for the sweep.
KEPT = timedelta(hours=24)
UPLOADS = "uploads"


class Upload(BaseModel):
    """A file that was uploaded and is not yet part of a message, as stored beside the media."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    media: Media
    expires_at: AwareDatetime


def load(folder: Path, name: str) -> Upload:
    """An upload. Raises MediaRefused, ValidationError."""
    file, size = open_inside([folder], Path(name), max_bytes=BLOCK)
    with file:
        return Upload.model_validate_json(file.read(size))


def untouched(folder: Path, before: datetime) -> Mapping[str, Mapping[str, Path]]:
    """The files that were named last before then: by tenant and SHA-256."""
    found: dict[str, dict[str, Path]] = {}
    for path in folder.glob("*/[0-9a-f][0-9a-f]/*"):
        if is_untouched(path, before):
            found.setdefault(path.parts[-3], {})[path.name] = path
    return found


def is_untouched(path: Path, before: datetime) -> bool:
    """Whether a file was named last before then."""
    try:
        return path.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def time_there(folder: Path) -> datetime:
    """What time it is for files in a folder, by the clock of its file system."""
    os.utime(folder)
    return datetime.fromtimestamp(folder.stat().st_mtime, UTC)


def uploaded(home: Path) -> set[str]:
    """The files that uploads name."""
    found = set()
    for path in home.glob(f"{UPLOADS}/*.json"):
        try:
            found.add(load(path.parent, path.name).media.sha256)
        except (MediaRefused, ValidationError):
            continue  # nobody can use it
    return found


def sweep(folder: Path, now: datetime) -> int:
    """Remove the uploads whose time is over and what a crash left unfinished; how many uploads."""
    ended = 0
    for path in folder.glob(f"*/{UPLOADS}/*.json"):
        try:
            over = load(path.parent, path.name).expires_at <= now
        except (MediaRefused, ValidationError):
            over = True  # nobody can use it
        if over:
            path.unlink(missing_ok=True)
            ended += 1
    for pattern in (f"*/{UNFINISHED}*", f"*/{UPLOADS}/{UNFINISHED}*"):
        for path in folder.glob(pattern):
            if path.stat().st_mtime < (now - KEPT).timestamp():
                path.unlink(missing_ok=True)
    return ended
