"""A login as one archive: a small description, then the engine's login files, as tar. Unpacking trusts
nothing: whoever can write a backup must not be able to write anything else."""

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from ..errors import BadInput, StoreUnavailable
from ..lineage import Lineage
from ..private import sync

_DESCRIPTION = "session.json"
#: What a login may come to when it is unpacked: far beyond any, and less than a bomb.
_LARGEST = 4 << 30
#: What reading something else raises; gzip's own error is an OSError, yet says nothing of the disk.
_NO_ARCHIVE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, StopIteration, EOFError, msgspec.MsgspecError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a backup holds, as it says of itself."""

    connection_id: str
    engine: str
    me: str | None  #: the linked account
    made_at: datetime
    lineage: Lineage
    paths: tuple[str, ...]  #: the login files and folders, relative to the connection's folder


def pack(archive: Archive, folder: Path) -> bytes:
    """The login in a folder, as compressed tar. Symbolic links and whatever else is no file or folder stay
    behind."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if member.islnk():  # a second name of a file that is in it already: written out once more
            member.type, member.linkname = tarfile.REGTYPE, ""
            member.size = (folder / member.name).lstat().st_size
        return _plain(member)

    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz", compresslevel=1) as tar:
        _add(tar, _DESCRIPTION, msgspec.json.encode(archive))
        for path in archive.paths:
            tar.add(folder / path, arcname=path, filter=plain)
    return target.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isreg() or member.isdir()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def unpack(content: bytes, folder: Path) -> Archive:
    """Unpack into a folder that is empty and ours; it is on the disk when this returns. Raises BadInput for
    what is no backup of a login, StoreUnavailable for a disk that does not take it."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            members = iter(tar)
            archive = _described(tar, next(members))
            for member in _allowed(members, archive.paths):
                tar.extract(_plain(member) or member, folder, filter="data")
        _settle(folder)
    except _NO_ARCHIVE as error:
        raise BadInput(f"This is no backup of a login: {type(error).__name__}") from error
    except OSError as error:
        raise StoreUnavailable(f"It cannot be unpacked to {folder.parent}: {error.strerror}") from error
    return archive


def _settle(folder: Path) -> None:
    """Nobody else's, and on the disk."""
    for path, folders, files in os.walk(folder):
        for each in folders:
            (Path(path) / each).chmod(0o700)
        for each in files:
            (Path(path) / each).chmod(0o600)
            sync(Path(path) / each)
        sync(Path(path))


def _described(tar: tarfile.TarFile, first: tarfile.TarInfo) -> Archive:
    told = tar.extractfile(first) if first.name == _DESCRIPTION and first.size < 1 << 16 else None
    if told is None:
        raise BadInput("This is no backup of a login: it does not say whose it is")
    return msgspec.json.decode(told.read(), type=Archive)


def _allowed(members: Iterator[tarfile.TarInfo], paths: Sequence[str]) -> Iterator[tarfile.TarInfo]:
    """Files and folders under the paths that the description names, and no more than a login can be."""
    roots, size = [PurePosixPath(path) for path in paths], 0
    for member in members:
        path, size = PurePosixPath(member.name), size + member.size
        inside = (
            not path.is_absolute() and ".." not in path.parts and any(path.is_relative_to(r) for r in roots)
        )
        if not inside or not (member.isreg() or member.isdir()) or size > _LARGEST:
            raise BadInput("This is no backup of a login: it holds something else")
        yield member
