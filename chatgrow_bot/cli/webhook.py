"""`chatgrow webhook-key`: the keys with which messages from outside are signed. Works on the database alone,
and not while a hub works on it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click

from ..clock import SystemClock
from ..hub import FreshKey
from ..vault import Vault
from ..webhook_keys import WebhookKeys
from .options import config_option, database, loaded

T = TypeVar("T")
#: What is done with the keys, in the name of a connection's owner.
_Work = Callable[[WebhookKeys, str], Awaitable[T]]


@click.group("webhook-key")
def webhook_key() -> None:
    """Make and end the keys with which messages from outside are signed."""


@webhook_key.command()
@click.argument("connection")
@config_option
@click.pass_context
def add(ctx: click.Context, connection: str, config: Path | None) -> None:
    """Make one more key for a CONNECTION; prints it, once."""
    _show(_done(ctx, config, connection, lambda keys, tenant: keys.make(tenant, connection)))


@webhook_key.command("list")
@click.argument("connection")
@config_option
@click.pass_context
def list_(ctx: click.Context, connection: str, config: Path | None) -> None:
    """The keys of a CONNECTION that are good now."""
    found = _done(ctx, config, connection, lambda keys, tenant: keys.list(tenant, connection))
    if not found:
        click.echo(f"Connection '{connection}' has no webhook keys: chatgrow webhook-key add {connection}")
    for key in found:
        used = f"last used {_at(key.used_at)}" if key.used_at else "never used"
        until = f", good until {_at(key.expires_at)}" if key.expires_at else ""
        click.echo(f"{key.id}  made {_at(key.created_at)}, {used}{until}")


@webhook_key.command()
@click.argument("connection")
@click.argument("key_id")
@config_option
@click.pass_context
def remove(ctx: click.Context, connection: str, key_id: str, config: Path | None) -> None:
    """End a key of a CONNECTION at once, by its id."""
    _done(ctx, config, connection, lambda keys, tenant: keys.remove(tenant, connection, key_id))
    click.echo("Removed: what it signs is refused from now on.")


@webhook_key.command()
@click.argument("connection")
@click.option("--keep-old", type=click.IntRange(0, 7 * 24), default=24, help="Hours; by default 24.")
@config_option
@click.pass_context
def rotate(ctx: click.Context, connection: str, keep_old: int, config: Path | None) -> None:
    """Make a new key for a CONNECTION, and let its others end after a while."""
    keep = timedelta(hours=keep_old)
    _show(_done(ctx, config, connection, lambda keys, tenant: keys.rotate(tenant, connection, keep)))
    click.echo(f"Its others are good for {keep_old} hours more." if keep_old else "Its others have ended.")


def _done(ctx: click.Context, config: Path | None, connection: str, work: _Work[T]) -> T:
    found = loaded(ctx, config)

    async def run() -> T:
        async with database(found) as db:
            keys = WebhookKeys(db, SystemClock(), Vault.open(found.settings.session_dir))
            return await work(keys, await keys.owner(connection))

    return asyncio.run(run())


def _show(fresh: FreshKey) -> None:
    click.echo(f"{fresh.key.id}  {fresh.secret}")
    click.echo("Hand it to whoever signs; it is not shown again.")


def _at(moment: datetime) -> str:
    return f"{moment:%F %T} UTC"
