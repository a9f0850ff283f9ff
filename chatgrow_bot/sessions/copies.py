"""A login into a backup, and back. Both are for a session at rest: no hub, or none that has it open."""

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from .. import lineage
from ..errors import BadInput, Conflict, NotFound, StoreUnavailable
from ..private import sync, write_new
from .archive import Archive, pack, unpack
from .rest import at_rest
from .seal import Seal

#: The engine's `login_files`.
LoginFiles = Callable[[Path], Sequence[Path]]


def backup(
    folder: Path,
    target: Path,
    seal: Seal,
    login_files: LoginFiles,
    *,
    engine: str,
    me: str | None,
    now: datetime,
) -> Archive:
    """Write the login in a connection's folder, encrypted, to a new file, 0600. Raises NotFound when there is
    none, Conflict when something works in it or the target is there already."""
    with at_rest(folder):
        paths = tuple(path.as_posix() for path in login_files(folder))
        if not paths:
            raise NotFound(f"There is no login in {folder}: link the connection first")
        known = lineage.read(folder)
        if known is None:  # opened last by a version that did not count
            known = lineage.new()
            lineage.write(folder, known)
        archive = Archive(
            connection_id=folder.name, engine=engine, me=me, made_at=now, lineage=known, paths=paths
        )
        sealed = seal.close(pack(archive, folder))
    _write(target, sealed)
    return archive


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        write_new(part, content)
        target.hardlink_to(part)  # unlike a rename, it does not write over an older backup
        sync(target.parent)
    except FileExistsError as error:
        raise Conflict(f"{target} is there already; name another file") from error
    finally:
        part.unlink(missing_ok=True)


def restore(
    source: Path,
    folder: Path,
    seal: Seal,
    login_files: LoginFiles,
    *,
    engine: str,
    logged_out: bool,
    now: datetime,
) -> tuple[Archive, Path | None]:
    """Put a login back into its connection's folder; what the backup says of itself. A login that is there
    must be the same or an earlier one, or its account `logged_out`: it is set aside, and second is where.

    Raises Conflict over a newer login, BadInput for what is no backup of this connection, StoreUnavailable
    for a disk that does not take it. What was there is in its place then.
    """
    with at_rest(folder):
        staging = folder.with_name(f"{folder.name}.restoring")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700, parents=True)
        try:
            archive = unpack(seal.open(source.read_bytes()), staging)
            _check(archive, folder.name, engine)
            present = bool(login_files(folder)) if folder.exists() else False
            if present and not logged_out:
                _refuse_newer(archive, folder)
            lineage.write(staging, lineage.new())  # from here on it is another life than the backup's
            aside = _take_place(staging, folder, now)
            if aside and not present:
                shutil.rmtree(aside)
                aside = None
        except OSError as error:
            raise StoreUnavailable(f"{folder} is as it was: {error.strerror}") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return archive, aside


def _check(archive: Archive, connection_id: str, engine: str) -> None:
    if archive.connection_id != connection_id:
        raise BadInput(f"This is a backup of the connection '{archive.connection_id}'")
    if archive.engine != engine:
        raise BadInput(
            f"This is a login of the engine '{archive.engine}', and the connection's is '{engine}'"
        )


def _refuse_newer(archive: Archive, folder: Path) -> None:
    present = lineage.read(folder)
    if not (present and archive.lineage.may_follow(present)):
        raise Conflict(
            f"The login in {folder} is newer than this backup of {archive.made_at:%Y-%m-%d %H:%M}, or is "
            "another. WhatsApp's keys move on with every message: an older login over a newer one ruins it. "
            "If it is of no use, unlink it on the phone and start the hub once, so that it is logged out"
        )


def _take_place(staging: Path, folder: Path, now: datetime) -> Path | None:
    """Make the one the other; where that is now, if there was one. All or nothing."""
    aside = None
    try:
        if folder.exists():
            aside = folder.rename(folder.with_name(f"{folder.name}.aside-{now:%Y%m%dT%H%M%SZ}"))
            os.utime(aside)  # a rename leaves its age, by which it is cleared away
        staging.rename(folder)
    except OSError:
        if aside:
            aside.rename(folder)
        raise
    sync(folder.parent)
    return aside
