"""`chatgrow send`: one message, through a hub that runs."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ..client import Client, ClientError, SentMessage
from ..client.nouns import Accepted
from ..ids import new_id
from .drawing import ahead, safe, state
from .remote import Remote, remote

_FAILED = frozenset({"failed", "expired", "cancelled", "quarantined"})


@click.command()
@click.argument("to")
@click.argument("text", required=False)
@click.option("--connection", help="From which; may be left out where there is one only.")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="With the text below."
)
@click.option("--priority", type=click.Choice(("high", "normal", "low")), default="normal", show_default=True)
@click.option("--at", help="Not before: 2026-12-24T09:00:00Z.")
@click.option("--reply-to", default="", help="The id of a message to quote.")
@click.option("--wait", type=click.FloatRange(0, 60), default=0, help="Seconds to wait until it has left.")
@click.option("--key", default="", help="Idempotency-Key: the same key again sends nothing.")
@remote
def send(
    hub: Remote,
    to: str,
    text: str | None,
    connection: str | None,
    file: Path | None,
    at: str | None,
    wait: float,
    key: str,
    **more: Any,
) -> None:
    """Send TEXT, a file, or both to a number or chat id. `-` reads the text from the input.

    Exit code 1 when the message failed while it was waited for, or a person must decide about it.
    """
    said = sys.stdin.read().rstrip("\n") if text == "-" else text or ""
    if not said and not file:
        raise click.UsageError("there is nothing to send: write a text, or name a --file")
    when = moment_of(at) if at else None

    key = key or new_id()

    async def work(client: Client) -> tuple[Accepted, str]:
        name = connection or await only_connection(client)
        message: Any = said
        if file:
            upload = await client.upload(file)
            message = {"media": {"uploadId": upload.upload_id}, **({"caption": said} if said else {})}
        accepted = await client.send_message(name, to, message, send_at=when, wait=wait, key=key, **more)
        asks = accepted.status == "queued" and not hub.as_json
        return accepted, await _waits_for(client, accepted.message_id) if asks else ""

    accepted, waits_for = hub.hand_over(work, key)
    hub.show(accepted, lambda: click.echo(_line(accepted, waits_for)))
    if accepted.status in _FAILED:
        sys.exit(1)


async def only_connection(client: Client) -> str:
    """The one connection that there is."""
    names = [each.connection_id for each in await client.connections()]
    if len(names) == 1:
        return names[0]
    have = (
        f"name one by --connection: {', '.join(names)}" if names else "make one: chatgrow connections create"
    )
    raise click.ClickException(f"there are {len(names)} connections; {have}")


async def _waits_for(client: Client, message_id: str) -> str:
    """What stands in its way, as far as that can be learnt: the hub has it, whatever becomes of this."""
    try:
        found = await client.message(message_id)
    except ClientError:  # a key that may send need not be one that may look
        return ""
    return found.waits_for if isinstance(found, SentMessage) else ""


def _line(accepted: Accepted, waits_for: str) -> str:
    line = f"{accepted.message_id}  {state(accepted.status)}"
    if waits_for:
        return f"{line}: {safe(waits_for)}"
    why = f": {safe(accepted.reason)}" if accepted.reason else ""
    leaves = f", leaves {ahead(accepted.estimated_send_at)}" if accepted.status == "queued" else ""
    return f"{line}{why}{leaves}"


def moment_of(text: str) -> datetime:
    """A time as people write it; without a zone, by this machine's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"'{text}': write it as 2026-12-24T09:00:00Z", param_hint="--at") from error
    return found if found.tzinfo else found.astimezone()
