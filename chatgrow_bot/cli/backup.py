"""`chatgrow backup` and `chatgrow restore`: a copy of the database, and its way back. The copy is made beside
a hub that runs; it is put back only where none does."""

from pathlib import Path

import click

from ..clock import SystemClock
from ..config.load import Loaded
from ..errors import ConfigError, StoreUnavailable
from ..hub import Halt, Halting
from ..store import backup as copies
from ..store import engines
from ..store.folder import FolderLock
from ..store.upgrade import revisions
from .options import config_option, loaded

_NOT_IN_IT = (
    "Not in it: files of messages (sessions/media) and the logins of connections (sessions/profiles)."
)
_POSTGRES = "database.url is PostgreSQL, which has tools of its own: use pg_dump and pg_restore"


@click.command()
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it, if not in `backups.folder`.",
)
@config_option
@click.pass_context
def backup(ctx: click.Context, target: Path | None, config: Path | None) -> None:
    """Copy the database, whether a hub runs or not, and look whether the copy is whole."""
    found = loaded(ctx, config)
    file = _file(found)
    if not file.exists():
        raise click.ClickException(f"there is no database yet at {file}")
    target = target or copies.next_regular(found.settings.backups_folder, SystemClock().now())
    made = copies.make(file, target)
    click.echo(
        f"{made.file}: {sum(made.rows.values()):,} rows at revision {made.revision}, looked at and whole."
    )
    click.echo("It holds what people wrote, readable: keep it as safe as the database.")
    click.echo(_NOT_IN_IT)


@click.command()
@click.argument("copy", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.pass_context
def restore(ctx: click.Context, copy: Path, config: Path | None) -> None:
    """Put a COPY in the place of the database, which is kept aside. Not while a hub runs."""
    found = loaded(ctx, config)
    file = _file(found)
    with FolderLock(found.settings.session_dir):
        source = copies.checked(copy)
        if source.revision not in revisions():
            raise StoreUnavailable(
                f"{copy} stands at revision {source.revision}, which this version does not know: "
                "it was made by a newer one; restore it with that"
            )
        reason = f"the database was restored from {copy.name}; what waited then may have left since"
        halt = Halt(how=Halting.PAUSE, by="chatgrow restore", reason=reason, at=SystemClock().now())
        aside = copies.restore(source, file, halt)
    click.echo(f"{file} is now {copy}: {sum(source.rows.values()):,} rows at revision {source.revision}.")
    if aside:
        click.echo(f"The database that stood there is kept: {aside}")
    click.echo("The queue is paused: messages that waited when the copy was made may have left since.")
    click.echo("Start the hub, look at them, then let them go: POST /api/queue/resume")
    click.echo(_NOT_IN_IT)


def _file(found: Loaded) -> Path:
    file = engines.sqlite_file(engines.parse(found.settings.database_url))
    if file is None:
        raise ConfigError(_POSTGRES)
    return file
