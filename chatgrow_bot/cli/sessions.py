"""`chatgrow sessions`: the logins of connections on the disk. All but `list`, which only reads, while no hub
runs: a login that is in use changes under the copy."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from .. import lineage
from ..clock import SystemClock
from ..config.load import Loaded
from ..connections.ends import LASTING
from ..engine import Engine
from ..errors import (
    ChatgrowError,
    ConfigError,
    Conflict,
    ConnectionNotFound,
    HeldByAnother,
    StoreUnavailable,
)
from ..hub import ConnectionView
from ..messages import ConnectionState
from ..safety.files import lying_in
from ..sessions import Key, Passphrase, Seal, cleanup, copies
from ..store import connections as store
from ..store import engines
from ..store.database import Database, open_database
from .cold import loaded_plugins
from .options import config_option, database, loaded

_PASSPHRASE = "CHATGROW_BACKUP_PASSPHRASE"  # noqa: S105 (the name of a variable)
_FILE = click.Path(dir_okay=False, path_type=Path)
_key = click.option(
    "--key", type=_FILE, help=f"A key file; without one a passphrase is asked, or taken from {_PASSPHRASE}."
)


@click.group()
def sessions() -> None:
    """Back up, restore and clear away the logins of connections."""


@sessions.command("list")
@config_option
@click.pass_context
def list_(ctx: click.Context, config: Path | None) -> None:
    """List the connections and what lies on the disk of each."""
    found = loaded(ctx, config)

    async def read() -> Mapping[str, ConnectionView]:
        async with open_database(found.settings.database_url, migrate=False) as db:
            try:
                return await _views(db)
            except DBAPIError as error:
                raise StoreUnavailable("The tables are not this version's: start the hub once") from error

    file = engines.sqlite_file(engines.parse(found.settings.database_url))
    views = asyncio.run(read()) if file is None or file.exists() else {}
    for connection_id, view in views.items():
        folder = _folder(found, connection_id)
        known = lineage.read(folder) if folder.is_dir() else None
        size = sum(found.st_size for _, found in lying_in(folder))
        opened = f"opened {known.openings} times" if known else "never opened"
        click.echo(f"{connection_id:<20} {view.state:<14} {size / (1 << 20):>8.1f} MB  {opened}")
    if not views:
        click.echo("There are no connections.")


@sessions.command()
@click.argument("file", type=_FILE)
def key(file: Path) -> None:
    """Make a key for backups in a new FILE. Who has it can open them; without it nobody can."""
    click.echo(f"{file}: made. Its public half is {Key.make(file)}")


@sessions.command()
@click.argument("connection", nargs=-1)
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), help="The folder to write to."
)
@_key
@config_option
@click.pass_context
def backup(
    ctx: click.Context, connection: Sequence[str], target: Path | None, key: Path | None, config: Path | None
) -> None:
    """Back up the logins of these connections, or of all that are linked, each into a file of its own,
    encrypted as `age` does it."""
    found = loaded(ctx, config)
    offered, now = _engines(found), SystemClock().now()
    seal = _seal(key, confirm=True)

    def one(view: ConnectionView) -> Path:
        name, engine = _engine(found, offered, view)
        file = f"{view.connection_id}-{now:%Y%m%dT%H%M%SZ}.session.age"
        file_there = (target or found.settings.backups_folder) / file
        folder = _folder(found, view.connection_id)
        copies.backup(folder, file_there, seal, engine.login_files, engine=name, me=view.me, now=now)
        return file_there

    async def work() -> list[str]:
        failed = []
        async with _alone(found) as db:
            views = await _views(db)
            for each in connection or [name for name, view in views.items() if view.me]:
                try:
                    file = one(_view(views, each))
                except (ChatgrowError, OSError) as error:  # the others are worth no less
                    failed.append(each)
                    click.echo(f"{each}: NOT backed up: {error}", err=True)
                else:
                    click.echo(f"{each}: {file} ({file.stat().st_size / (1 << 20):.1f} MB)")
        return failed

    if failed := asyncio.run(work()):
        raise click.ClickException(f"there is no backup of {', '.join(failed)}")


@sessions.command()
@click.argument("connection")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_key
@config_option
@click.pass_context
def restore(ctx: click.Context, connection: str, file: Path, key: Path | None, config: Path | None) -> None:
    """Put a login back. Refused over a newer one: WhatsApp's keys move on with every message, and an older
    login over a newer one ruins it."""
    found = loaded(ctx, config)
    offered, now = _engines(found), SystemClock().now()
    seal = _seal(key, confirm=False)

    async def work() -> None:
        async with _alone(found) as db:
            view = _view(await _views(db), connection)
            name, engine = _engine(found, offered, view)
            archive, aside = copies.restore(
                file,
                _folder(found, connection),
                seal,
                engine.login_files,
                engine=name,
                logged_out=view.state is ConnectionState.LOGGED_OUT,
                now=now,
            )
            click.echo(f"{connection}: the login of {archive.made_at:%Y-%m-%d %H:%M} UTC is back.")
            if view.state in LASTING:
                click.echo(f"The hub knows it as {view.state} until somebody reconnects it.")
            if aside:
                click.echo(
                    f"The one that was there is in {aside}; `chatgrow sessions cleanup` removes it in a week."
                )
        click.echo(
            "If the account was used since then, messages may come that cannot be decrypted: then unlink it "
            "on the phone, and link it anew."
        )

    asyncio.run(work())


@sessions.command("cleanup")
@click.option("--yes", is_flag=True, help="Remove them; without it they are only listed.")
@config_option
@click.pass_context
def cleanup_(ctx: click.Context, yes: bool, config: Path | None) -> None:
    """List what deleted connections left behind, and those that were never linked, a week after; with --yes,
    remove it."""
    found = loaded(ctx, config)
    profiles = _folder(found, "")

    async def work() -> list[cleanup.Leftover]:
        async with _alone(found) as db:
            views = await _views(db)
            names = [each.name for each in profiles.iterdir()] if profiles.is_dir() else []
            gone = await db.read(lambda conn: store.last_heard_of(conn, names))
            left = list(cleanup.leftovers(profiles, views, gone, SystemClock().now()))
            return [_cleared(each) if yes and each.removable else each for each in left]

    left = asyncio.run(work())
    for each in left:
        does = "kept" if not each.removable else "removed" if yes else "would go"
        click.echo(f"{does:<9} {each.folder}: {each.reason}")
    if not left:
        click.echo("There is nothing to clear away.")
    elif not yes and any(each.removable for each in left):
        click.echo("Nothing was removed. To do it: chatgrow sessions cleanup --yes")


@asynccontextmanager
async def _alone(found: Loaded) -> AsyncIterator[Database]:
    """The database, while no hub runs."""
    try:
        async with database(found) as db:
            yield db
    except HeldByAnother as error:
        raise click.ClickException(
            f"{error.detail}, and a login changes while it is used: stop that hub (Ctrl-C where it runs, or "
            "its service), do this, and start it again. Nothing is lost: what comes meanwhile is fetched "
            "then, and what waits is sent"
        ) from error


def _cleared(leftover: cleanup.Leftover) -> cleanup.Leftover:
    """It, removed; or why it is there still."""
    try:
        cleanup.remove(leftover)
    except (Conflict, OSError) as error:
        return replace(leftover, removable=False, reason=str(error))
    return leftover


async def _views(db: Database) -> Mapping[str, ConnectionView]:
    return {view.connection_id: view for view in await db.read(store.every)}


def _view(views: Mapping[str, ConnectionView], connection_id: str) -> ConnectionView:
    if connection_id not in views:
        raise ConnectionNotFound(f"There is no connection '{connection_id}'")
    return views[connection_id]


def _folder(found: Loaded, connection_id: str) -> Path:
    return found.settings.session_dir / "profiles" / connection_id


def _engines(found: Loaded) -> Mapping[str, Callable[[], Engine]]:
    _, hooks = loaded_plugins(found)
    return {name: make for _, made in hooks.register_engines() for name, make in made.items()}


def _engine(
    found: Loaded, offered: Mapping[str, Callable[[], Engine]], view: ConnectionView
) -> tuple[str, Engine]:
    name = found.settings.for_connection(view.settings).engine
    if name not in offered:
        raise ConfigError(
            f"No plugin offers the engine '{name}', which knows what of '{view.connection_id}' to keep"
        )
    return name, offered[name]()


def _seal(key: Path | None, *, confirm: bool) -> Seal:
    if key:
        return Key(key)
    words = os.environ.get(_PASSPHRASE)
    return Passphrase(words or click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))
