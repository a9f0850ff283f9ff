"""The folder of sessions: nobody else's eyes, and who works in it."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from ..config import Settings
from ..plugin import Finding, Grade
from ..safety.files import lying_in
from ..store.folder import LOCK, holder


def folders(settings: Settings) -> Iterator[Finding]:
    """Modes and owners of everything in the folder of sessions, where the logins lie."""
    folder = settings.session_dir
    if not (folder / LOCK).exists():
        yield Finding(what="privacy", said=f"{folder} is made and shut at the first start")
        return
    open_to_others, foreign, count = [], [], 0
    for path, found in lying_in(folder):
        count += 1
        if (
            not stat.S_ISLNK(found.st_mode)
            and stat.S_IMODE(found.st_mode) & 0o077
            and _reachable(path, folder)
        ):
            open_to_others.append(path)
        if found.st_uid != os.geteuid():
            foreign.append(path)
    yield _modes(folder, open_to_others, count)
    yield _owners(folder, foreign)


def _reachable(path: Path, folder: Path) -> bool:
    """Whether others come as far as this: a folder above it that is shut keeps them out."""
    above = path.parent
    while path != folder and above != folder.parent:
        if not stat.S_IMODE(above.stat().st_mode) & 0o011:
            return False
        above = above.parent
    return True


def _modes(folder: Path, open_to_others: list[Path], count: int) -> Finding:
    if not open_to_others:
        return Finding(what="privacy", said=f"only you can read {folder} ({count:,} files and folders)")
    said = f"others can read {len(open_to_others)} of {count}, as {open_to_others[0]}"
    return Finding(what="privacy", grade=Grade.BAD, said=said, do=f"chmod -R go= {folder}")


def _owners(folder: Path, foreign: list[Path]) -> Finding:
    me = _who()
    if not foreign:
        return Finding(what="owner", said=f"all of {folder} belongs to {me}")
    said = f"{len(foreign)} belong to others than {me}, as {foreign[0]}"
    do = "run this as the user who runs the hub, or give it to him: chown -R USER " + str(folder)
    return Finding(what="owner", grade=Grade.WARN, said=said, do=do)


def _who() -> str:
    """Who runs this. In a container that is often a user of whom nothing is written down."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


def lock(settings: Settings) -> Iterator[Finding]:
    """Whether a hub works in the folder of sessions."""
    who = holder(settings.session_dir)
    yield Finding(what="hub", said=f"runs: {who}" if who else "does not run")
