"""`chatgrow qr`: links a connection from a terminal. The code is redrawn when it changes, and the word ends
once the phone has scanned it."""

import asyncio
import sys

import click

from ..client import Client, ClientError, NotReady, QrCode, Unavailable
from ..client.nouns import Connection
from ..qr import draw_text
from .drawing import safe, state
from .remote import Remote, interrupted, remote

#: Seconds between two looks.
_LOOK = 1.0
#: Lines up, and everything below them gone.
_UP = "\x1b[{}A\x1b[J"
_LOST = frozenset({"disconnected", "logged_out", "banned", "failed", "action_required", "passkey_required"})


@click.command()
@click.argument("connection")
@click.option("--pairing-code", "number", help="Show a code to type on the phone of this number instead.")
@click.option("--once", is_flag=True, help="Show the code as it is now, and end.")
@remote
def qr(hub: Remote, connection: str, number: str | None, once: bool) -> None:
    """Draw the code that links a CONNECTION, until a phone has scanned it. Whoever scans it owns the account:
    show it to nobody else."""
    try:
        if number:
            code = hub.ask(lambda client: client.pairing_code(connection, number))
            hub.show(code, lambda: click.echo(f"Type on the phone: {click.style(code.code, bold=True)}"))
        elif once or hub.as_json:
            found = hub.ask(lambda client: client.qr_code(connection), patience=60)
            hub.show(found, lambda: click.echo(draw_text(found.code).decode(), nl=False))
        else:
            me = hub.ask(lambda client: _until_linked(client, connection), patience=60)
            click.echo(f"{connection} is {state('online')} as {me}")
    except KeyboardInterrupt:
        interrupted(f"Not linked yet. The code goes on: chatgrow qr {connection}")


async def _until_linked(client: Client, connection_id: str) -> str:
    """Draw until it is online; the account's number."""
    drawn, height, told = "", 0, ""
    while True:
        now = await client.connection(connection_id)
        if now.state == "online":
            return safe((now.me or "").removesuffix("@c.us"))
        if now.state in _LOST:
            raise _lost(now)
        code = await _code(client, connection_id) if now.state == "qr" else None
        if code and code.code != drawn:
            picture = (await asyncio.to_thread(draw_text, code.code)).decode()
            height = _draw(picture, height, connection_id)
            drawn = code.code
        elif not code and now.state != told:
            why = f": {safe(now.reason)}" if now.reason else ""
            click.echo(f"{connection_id} is {state(now.state)}{why} …")
            height = height + 1 if height else 0
        told = now.state
        await asyncio.sleep(_LOOK)


async def _code(client: Client, connection_id: str) -> QrCode | None:
    try:
        return await client.qr_code(connection_id)
    except (NotReady, Unavailable):  # scanned in this moment, or between two codes
        return None


def _draw(picture: str, height: int, connection_id: str) -> int:
    """In the place of the last one where the terminal can do that; how many lines it takes."""
    lines = [
        *picture.splitlines(),
        f"On the phone: WhatsApp > Linked devices > Link a device. Then scan this for '{connection_id}'.",
    ]
    if height and sys.stdout.isatty():
        click.echo(_UP.format(height), nl=False)
    click.echo("\n".join(lines))
    return len(lines)


def _lost(now: Connection) -> ClientError:
    why = f": {safe(now.reason)}" if now.reason else ""
    return _NotLinked(
        f"'{now.connection_id}' is {now.state}{why}. Try: chatgrow connections reconnect {now.connection_id}"
    )


class _NotLinked(ClientError):
    """Then draw the code again: chatgrow qr CONNECTION."""
