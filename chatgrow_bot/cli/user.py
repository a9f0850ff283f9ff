"""`chatgrow user`: who may use the hub. Works on the database alone, and not while a hub works on it."""

import asyncio
from pathlib import Path

import click

from ..accounts import Accounts
from ..clock import SystemClock
from ..config import Plans
from ..hub import Role
from .options import config_option, database, loaded


@click.group()
def user() -> None:
    """Add users, change passwords."""


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OPERATOR.value)
@click.option("--plan", type=click.Choice(list(Plans.model_fields)), default="enterprise")
@config_option
@click.pass_context
def add(ctx: click.Context, username: str, role: str, plan: str, config: Path | None) -> None:
    """Add a user; prints the password made for him, once."""
    found = loaded(ctx, config)

    async def work() -> str:
        async with database(found) as db:
            accounts = await Accounts.open(db, SystemClock())
            _, password = await accounts.add_user(username, None, Role(role), plan)
            return password

    click.echo(f"{username} ({role}) may log in with the password {asyncio.run(work())}")


@user.command()
@click.argument("username")
@config_option
@click.pass_context
def passwd(ctx: click.Context, username: str, config: Path | None) -> None:
    """Set a new password, typed twice; every login so far ends."""
    password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    found = loaded(ctx, config)

    async def work() -> None:
        async with database(found) as db:
            accounts = await Accounts.open(db, SystemClock())
            await accounts.set_password(username, password)

    asyncio.run(work())
    click.echo("Changed.")
