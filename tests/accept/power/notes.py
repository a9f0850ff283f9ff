"""What a file system was asked, and the disks that a power cut could leave of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

#: What a disk writes whole or not at all.
_SECTOR = 512


class Asked(StrEnum):
    """What was asked of the file system, or told to the hub."""

    WRITE = "write"
    TRUNCATE = "truncate"
    DELETE = "delete"
    SYNC = "sync"
    ACK = "ack"  #: a commit returned: what is in it is promised


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was asked."""

    asked: Asked
    file: str = ""
    at: int = 0  #: offset in bytes; of an ACK, its number
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A disk after a cut."""

    files: dict[str, bytes]
    acknowledged: int  #: the number of the last commit that had returned
    amid: int  #: writes that had not been synced


def images(base: dict[str, bytes], notes: Sequence[Note], count: int, chance: Random) -> Iterator[Cut]:
    """So many cuts at any moments, earliest first. What was synced is there; of the rest any part may be."""
    moments = sorted(chance.randrange(len(notes) + 1) for _ in range(count))
    disk = {name: bytearray(content) for name, content in base.items()}
    pending: list[Note] = []
    acknowledged, upto = 0, 0
    for moment in moments:
        for note in notes[upto:moment]:
            match note.asked:
                case Asked.ACK:
                    acknowledged = note.at
                case Asked.SYNC:
                    for each in pending:
                        if each.file == note.file:
                            _apply(disk, each)
                    pending = [each for each in pending if each.file != note.file]
                case _:
                    pending.append(note)
        upto = moment
        left = {name: bytearray(content) for name, content in disk.items()}
        for note in _survivors(pending, chance):
            _apply(left, note)
        files = {name: bytes(content) for name, content in left.items()}
        yield Cut(files=files, acknowledged=acknowledged, amid=len(pending))


def _survivors(pending: Sequence[Note], chance: Random) -> Iterator[Note]:
    """Of what was not synced: nothing, all up to some point, or anything at all, each write whole or torn."""
    manner = chance.choice(("none", "prefix", "any", "torn"))
    if manner == "none":
        return
    upto = chance.randrange(len(pending) + 1) if manner == "prefix" else len(pending)
    for note in pending[:upto]:
        if manner == "any" and chance.random() < 0.5:
            continue
        if manner == "torn" and note.asked is Asked.WRITE:
            for start in range(0, len(note.data), _SECTOR):
                if chance.random() < 0.5:
                    data = note.data[start : start + _SECTOR]
                    yield Note(Asked.WRITE, note.file, note.at + start, data)
            continue
        yield note


def _apply(disk: dict[str, bytearray], note: Note) -> None:
    match note.asked:
        case Asked.WRITE:
            content = disk.setdefault(note.file, bytearray())
            if len(content) < note.at:
                content.extend(bytes(note.at - len(content)))
            content[note.at : note.at + len(note.data)] = note.data
        case Asked.TRUNCATE:
            content = disk.setdefault(note.file, bytearray())
            del content[note.at :]
            content.extend(bytes(note.at - len(content)))
        case _:
            disk.pop(note.file, None)
