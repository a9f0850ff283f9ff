"""`chatgrow connections`: those of a hub that runs."""

from collections.abc import Awaitable, Callable, Sequence

import click

from ..client import Client, Connection
from .drawing import moment, safe, state, table
from .remote import Remote, remote


@click.group(invoke_without_command=True)
@remote
def connections(hub: Remote) -> None:
    """List the connections of a hub that runs; make, pause, start and remove them."""
    found = hub.ask(lambda client: client.connections())
    hub.show(found, lambda: _draw(found))


@connections.command("list")
@remote
def list_(hub: Remote) -> None:
    """List them, as `connections` alone does."""
    found = hub.ask(lambda client: client.connections())
    hub.show(found, lambda: _draw(found))


@connections.command()
@click.argument("connection")
@click.option("--name", default="")
@click.option("--phone", "phone_number", default="", help="Its number, in international form.")
@remote
def create(hub: Remote, connection: str, name: str, phone_number: str) -> None:
    """Make a CONNECTION, ready to be linked."""
    made = hub.ask(lambda client: client.create_connection(connection, name=name, phone_number=phone_number))
    hub.show(made, lambda: click.echo(f"Made. Link it: chatgrow qr {made.connection_id}"))


@connections.command()
@click.argument("connection")
@click.option("--yes", is_flag=True, help="Do not ask.")
@remote
def delete(hub: Remote, connection: str, yes: bool) -> None:
    """Stop a CONNECTION, unlink and forget it."""
    if not yes:
        click.confirm(f"Unlink '{connection}' and forget it?", abort=True)
    hub.ask(lambda client: client.delete_connection(connection))
    hub.show({"connectionId": connection, "deleted": True}, lambda: click.echo("Removed."))


@connections.command()
@click.argument("connection")
@click.option("--reason", default="", help="For whoever wonders later.")
@remote
def pause(hub: Remote, connection: str, reason: str) -> None:
    """Let nothing leave from a CONNECTION; what waits goes on waiting."""
    _change(hub, lambda client: client.pause_connection(connection, reason))


@connections.command()
@click.argument("connection")
@remote
def resume(hub: Remote, connection: str) -> None:
    """Let messages leave from a CONNECTION again."""
    _change(hub, lambda client: client.resume_connection(connection))


@connections.command()
@click.argument("connection")
@remote
def reconnect(hub: Remote, connection: str) -> None:
    """Start a CONNECTION again now."""
    _change(hub, lambda client: client.reconnect(connection))


def _change(hub: Remote, work: Callable[[Client], Awaitable[Connection]]) -> None:
    now = hub.ask(work)
    hub.show(now, lambda: click.echo(f"{now.connection_id}: {state(now.state)}{_besides(now)}"))


def _besides(one: Connection) -> str:
    return f", {safe(one.paused_because or 'paused')}" if one.paused else ""


def _draw(found: Sequence[Connection]) -> None:
    if not found:
        click.echo("There is no connection yet. Make one: chatgrow connections create NAME")
        return
    rows = [
        (
            each.connection_id,
            each.state,
            (each.me or each.phone_number or "-").removesuffix("@c.us"),
            moment(each.state_since),
            each.name,
            f"paused {each.paused_because}".strip() if each.paused else each.reason,
        )
        for each in found
    ]
    table(("connection", "state", "account", "since", "name", "remark"), rows)
