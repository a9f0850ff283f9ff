"""`chatgrow login` and `logout`: a token for words that speak to a running hub. What is kept is an API key of
its own, not the password: it is listed, it ends by itself, and it can be revoked alone."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import click

from ..client import Client, ClientError, NotAllowed
from ..clock import SystemClock
from .remote import Remote, remote, save

_SCOPES = ("read", "send", "manage", "delete", "qr")


@click.command()
@click.option("--user", "username", help="Who you are; asked for if left out.")
@click.option("--key", "by_key", is_flag=True, help="Keep an API key that you have, instead of a login.")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it lasts."
)
@remote
def login(hub: Remote, username: str | None, by_key: bool, days: int) -> None:
    """Keep a token for a hub, so that the other words need none."""
    if by_key:
        token = click.prompt("API key", hide_input=True).strip()
        Remote(url=hub.url, token=token, as_json=False).ask(_proved)
    else:
        name = username or click.prompt("User", default="admin")
        password = click.prompt("Password", hide_input=True)
        try:
            token = asyncio.run(_made(hub.url, name, password, days))
        except ClientError as error:
            raise click.ClickException(str(error)) from error
    file = save(hub.url, token)
    click.echo(
        f"Logged in at {hub.url}; the key is kept in {file}" + ("" if by_key else f" for {days} days.")
    )


async def _proved(client: Client) -> None:
    """Raises NotLoggedIn for a key that is none."""
    with suppress(NotAllowed):  # it is one, and may do other things
        await client.connections()


async def _made(url: str, username: str, password: str, days: int) -> str:
    until = SystemClock().now() + timedelta(days=days)
    name = f"command line on {socket.gethostname()}"[:100]
    async with Client.login(url, username, password, patience=0) as client:

        async def make(scopes: Sequence[str]) -> str:
            return await client.make_key(name, list(scopes), expires_at=until)

        try:
            return await make([*_SCOPES, "admin"])
        except NotAllowed:  # that scope is for admins
            return await make(_SCOPES)


@click.command()
@remote
def logout(hub: Remote) -> None:
    """Forget the token of a hub. The key itself stays good until it ends or is revoked."""
    save(hub.url, "")
    click.echo(
        f"Forgotten. The key is good until it ends; to end it now: DELETE {hub.url}/api/keys/KEY with a "
        "login, or chatgrow key revoke while the hub is stopped."
    )
