"""`chatgrow user`: who may use the hub. Works on the database alone, and not while a hub works on it: then
the REST API does the same."""

import asyncio
from pathlib import Path

import click

from ..config import Plans
from ..hub import Role, UserView
from .options import config_option, loaded, people

_ROLES = click.Choice([role.value for role in Role])
_PLANS = click.Choice(list(Plans.model_fields))


@click.group()
def user() -> None:
    """Add users, change them, change passwords."""


@user.command()
@click.argument("username")
@click.option("--role", type=_ROLES, default=Role.OPERATOR.value, show_default=True)
@click.option("--plan", type=_PLANS, default="enterprise", show_default=True)
@config_option
@click.pass_context
def add(ctx: click.Context, username: str, role: str, plan: str, config: Path | None) -> None:
    """Add a user; prints the password made for him, once."""
    found = loaded(ctx, config)

    async def work() -> str:
        async with people(found) as (users, _):
            _, password = await users.add_user(username, None, Role(role), plan)
            return password

    click.echo(f"{username} ({role}) may log in with the password {asyncio.run(work())}")


@user.command("list")
@config_option
@click.pass_context
def list_users(ctx: click.Context, config: Path | None) -> None:
    """Everybody, by name."""
    found = loaded(ctx, config)

    async def work() -> None:
        async with people(found) as (users, _):
            for each in await users.users():
                off = "  disabled" if each.disabled else ""
                click.echo(f"{each.username:24} {each.role:9} {each.plan:11} {each.created_at:%Y-%m-%d}{off}")

    asyncio.run(work())


@user.command()
@click.argument("username")
@config_option
@click.pass_context
def passwd(ctx: click.Context, username: str, config: Path | None) -> None:
    """Set a new password, typed twice; every login so far ends."""
    password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    found = loaded(ctx, config)

    async def work() -> None:
        async with people(found) as (users, _):
            await users.set_password(username, password)

    asyncio.run(work())
    click.echo("Changed.")


@user.command()
@click.argument("username")
@click.option("--role", type=_ROLES)
@click.option("--plan", type=_PLANS)
@config_option
@click.pass_context
def change(
    ctx: click.Context, username: str, role: str | None, plan: str | None, config: Path | None
) -> None:
    """Give a user another role or plan."""
    _change(ctx, config, username, role=role, plan=plan)


@user.command()
@click.argument("username")
@config_option
@click.pass_context
def disable(ctx: click.Context, username: str, config: Path | None) -> None:
    """Shut a user out: his logins end, and his keys open nothing."""
    _change(ctx, config, username, disabled=True)


@user.command()
@click.argument("username")
@config_option
@click.pass_context
def enable(ctx: click.Context, username: str, config: Path | None) -> None:
    """Let a user in again; his keys are good again too."""
    _change(ctx, config, username, disabled=False)


def _change(
    ctx: click.Context,
    config: Path | None,
    username: str,
    *,
    role: str | None = None,
    plan: str | None = None,
    disabled: bool | None = None,
) -> None:
    found = loaded(ctx, config)

    async def work() -> UserView:
        async with people(found) as (users, _):
            who = await users.find(username)
            given = Role(role) if role else None
            return await users.change_user(who.user_id, role=given, plan=plan, disabled=disabled)

    now = asyncio.run(work())
    state = "disabled" if now.disabled else "may log in"
    click.echo(f"{now.username}: {now.role}, {now.plan}, {state}")
