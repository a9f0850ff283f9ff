"""`chatgrow key`: API keys. Works on the database alone, and not while a hub works on it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from ..accounts.keys import DEFAULT_SCOPES
from ..clock import SystemClock
from ..hub import KeyView, Scope
from .options import config_option, loaded, people


@click.group()
def key() -> None:
    """Make API keys for a user's programs, list and revoke them."""


@key.command()
@click.argument("username")
@click.option("--name", default="made on the command line", show_default=True, help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=sorted(scope.value for scope in DEFAULT_SCOPES),
    show_default=True,
    help="What it is good for; may be given several times.",
)
@click.option("--connection", "connections", multiple=True, help="Bind it to this connection only.")
@click.option("--days", type=click.IntRange(1, 3650), help="It expires after so many days.")
@config_option
@click.pass_context
def add(
    ctx: click.Context,
    username: str,
    name: str,
    scopes: Sequence[str],
    connections: Sequence[str],
    days: int | None,
    config: Path | None,
) -> None:
    """Make a key; prints it, once."""
    found = loaded(ctx, config)
    until = SystemClock().now() + timedelta(days=days) if days else None

    async def work() -> str:
        async with people(found) as (users, keys):
            who = await users.find(username)
            given = frozenset(map(Scope, scopes))
            _, text = await keys.make(
                who, name, scopes=given, connections=connections or None, expires_at=until
            )
            return text

    click.echo(asyncio.run(work()))


@key.command("list")
@click.argument("username")
@config_option
@click.pass_context
def list_keys(ctx: click.Context, username: str, config: Path | None) -> None:
    """A user's keys, oldest first."""
    found = loaded(ctx, config)

    async def work() -> None:
        async with people(found) as (users, keys):
            for each in await keys.list((await users.find(username)).user_id):
                click.echo(_line(each))

    asyncio.run(work())


@key.command()
@click.argument("username")
@click.argument("key_id")
@config_option
@click.pass_context
def revoke(ctx: click.Context, username: str, key_id: str, config: Path | None) -> None:
    """End one."""
    found = loaded(ctx, config)

    async def work() -> None:
        async with people(found) as (users, keys):
            await keys.revoke((await users.find(username)).user_id, key_id)

    asyncio.run(work())
    click.echo("Revoked.")


def _line(each: KeyView) -> str:
    used = f"used {each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never used"
    bound = f" for {', '.join(sorted(each.connections))}" if each.connections is not None else ""
    until = f", until {each.expires_at:%Y-%m-%d}" if each.expires_at else ""
    return f"{each.key_id}  {each.name}: {', '.join(sorted(each.scopes))}{bound}{until}; {used}"
