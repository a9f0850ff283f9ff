"""Which life of a login a connection's folder holds, and how often it was opened.

WhatsApp's keys move on with every message: an earlier state of a login, put back over a later one, ruins it.
So a folder counts its openings, and every login that is put back begins a life of its own: what is earlier
can be told, and what cannot be compared is known as such.
"""

import uuid
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from .private import sync, write_new

_FILE = "lineage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where in its life a login is."""

    life: str  #: made at the first opening, and anew when it is put back from a backup
    openings: int = 0

    def may_follow(self, present: "Lineage") -> bool:
        """Whether a login of this lineage may take the place of the present one: it is the same or later."""
        return self.life == present.life and self.openings >= present.openings


def new() -> Lineage:
    """A life that begins."""
    return Lineage(life=uuid.uuid4().hex)


def read(folder: Path) -> Lineage | None:
    """That of a connection's folder; None when it was never opened, or not since this is counted."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=Lineage)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def opened(folder: Path) -> None:
    """Count an opening: on the disk before anything of the login can change."""
    lineage = read(folder) or new()
    write(folder, replace(lineage, openings=lineage.openings + 1))


def write(folder: Path, lineage: Lineage) -> None:
    """Note it, whole or not at all."""
    part = folder / f"{_FILE}.part"
    part.unlink(missing_ok=True)
    write_new(part, msgspec.json.encode(lineage))
    part.replace(folder / _FILE)
    sync(folder)
