"""A migrated database, made once in each process and copied for every test: to migrate takes longer than most
tests do."""

import functools
import shutil
import tempfile
from pathlib import Path

from ..store.upgrade import upgrade


async def migrated(file: Path) -> None:
    """Put a migrated, empty SQLite database there, unless there is one."""
    if not _is_made():
        await upgrade(f"sqlite:///{_fresh()}")
    _copy(file)


@functools.cache
def _folder() -> Path:
    """For the time of the process; what is left behind is a file of a few hundred kilobytes."""
    return Path(tempfile.mkdtemp(prefix="chatgrow-template-"))


def _fresh() -> Path:
    return _folder() / "fresh.db"


def _template() -> Path:
    return _folder() / "chatgrow.db"


def _is_made() -> bool:
    return _template().exists()


def _copy(file: Path) -> None:
    if not _is_made():
        _fresh().rename(_template())
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(_template(), file)
        file.chmod(0o600)
