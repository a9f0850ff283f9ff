"""Brings a database to the tables this version knows: at start, forward only, each step whole or not at all,
after a copy of what was there."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import Connection

from ..errors import StoreUnavailable
from . import backup, engines
from .dialect import is_unavailable, lock_migrations, unavailable
from .metadata import metadata

_MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = _MIGRATIONS / "versions"
#: Alembic keeps what it works on in a global of its own: one hub of this process at a time.
_ALEMBIC = threading.Lock()

log = structlog.get_logger("chatgrow.store")


async def upgrade(url: str, *, versions: Sequence[Path] = (VERSIONS,)) -> None:
    """Run what is missing. A kill at any point leaves a database that the next start brings on.

    `versions`: the folders that hold the revisions. A SQLite database that is not new is first copied to
    `<file>.before-<revision>`. StoreUnavailable when the database cannot be used, or when a newer version of
    this program wrote it.
    """
    try:
        await _upgrade(url, _config(versions))
    except RevisionError as error:
        raise StoreUnavailable(f"run the version that wrote this database: {error}") from error
    except Exception as error:
        if is_unavailable(error):
            raise unavailable(error, "the database cannot be opened") from error
        raise


def lay_out(conn: Connection) -> None:
    """All tables of this version at once, in a database that is empty and not kept for long."""
    metadata.create_all(conn)
    script = ScriptDirectory.from_config(_config((VERSIONS,)))
    MigrationContext.configure(conn).stamp(script, "head")


def revisions() -> Collection[str]:
    """The revisions that this version knows."""
    script = ScriptDirectory.from_config(_config((VERSIONS,)))
    return {each.revision for each in script.walk_revisions()}


async def _upgrade(url: str, config: Config) -> None:
    address = engines.parse(url)
    engine = engines.migrating(address)
    while not _ALEMBIC.acquire(blocking=False):  # noqa: ASYNC110 (a lock of threads has no event)
        await asyncio.sleep(0.01)
    try:
        async with engine.connect() as conn:
            await conn.run_sync(lock_migrations)
            current = await conn.run_sync(_current)
            await conn.rollback()
            steps = _missing(config, current)
            if steps and current and (file := engines.sqlite_file(address)):
                copied = file.with_name(f"{file.name}.before-{steps[0]}")
                await asyncio.to_thread(backup.copy, file, copied)
            for step in steps:
                async with conn.begin():
                    await conn.run_sync(_run, config, step)
                log.info("database migrated", revision=step)
    finally:
        _ALEMBIC.release()
        await engine.dispose()


def _config(versions: Sequence[Path]) -> Config:
    config = Config()
    options = {
        "script_location": str(_MIGRATIONS),
        "path_separator": "newline",
        "version_locations": "\n".join(map(str, versions)),
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    return config


def _current(conn: Connection) -> str | None:
    return MigrationContext.configure(conn).get_current_revision()


def _missing(config: Config, current: str | None) -> Sequence[str]:
    revisions = ScriptDirectory.from_config(config).iterate_revisions("head", current or "base")
    return [revision.revision for revision in revisions][::-1]


def _run(conn: Connection, config: Config, revision: str) -> None:
    config.attributes["connection"] = conn  # env.py works on it, inside the transaction that is open
    command.upgrade(config, revision)
