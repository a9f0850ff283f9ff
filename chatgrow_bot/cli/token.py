"""`chatgrow token`: ends logins. Works on the database alone, and not while a hub works on it."""

import asyncio
from pathlib import Path

import click

from .options import config_option, loaded, people


@click.group()
def token() -> None:
    """End logins."""


@token.command()
@click.argument("username")
@config_option
@click.pass_context
def revoke(ctx: click.Context, username: str, config: Path | None) -> None:
    """End every login of a user; his password and his keys stay good."""
    found = loaded(ctx, config)

    async def work() -> None:
        async with people(found) as (users, _):
            await users.revoke((await users.find(username)).user_id)

    asyncio.run(work())
    click.echo(f"Every login of {username} has ended.")
