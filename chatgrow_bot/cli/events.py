"""`chatgrow events`: what happens, line by line, for people and for pipes."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing, suppress

import click

from ..client import Client, Event
from .drawing import safe, state
from .remote import Remote, echo_json, interrupted, remote

#: Seconds without another event after which all that is kept has been told: for the first, and for the next.
_FIRST, _NEXT = 3.0, 1.0
#: Before everything.
_BEGINNING = "0-0"


@click.command()
@click.option(
    "--follow", "-f", is_flag=True, help="From now on, until Ctrl-C; else what the hub still keeps."
)
@click.option("--type", "types", multiple=True, help="message.received, message.status, fault, ...")
@click.option("--connection", default="", help="Of this one alone.")
@click.option("--after", default="", help="Those behind the event of this id.")
@remote
def events(hub: Remote, follow: bool, types: Sequence[str], connection: str, after: str) -> None:
    """Show what happens: messages and how far they come, connections, health, faults."""

    async def work(client: Client) -> None:
        begin = after if follow else after or _BEGINNING
        told = client.events(types, connection, after=begin)
        async with aclosing(told):  # type: ignore[type-var]
            patience = None if follow else _FIRST
            with suppress(TimeoutError):
                while True:
                    async with asyncio.timeout(patience):
                        event = await anext(told)
                    patience = None if follow else _NEXT
                    if event.type != "gap" or after:
                        _show(hub, event)

    try:
        hub.ask(work)
    except KeyboardInterrupt:
        interrupted()


def _show(hub: Remote, event: Event) -> None:
    if hub.as_json:
        echo_json(event, lines=True)
    else:
        at = f"{event.timestamp:%F %H:%M:%S}" if event.timestamp else " " * 19
        click.echo(
            f"{click.style(at, dim=True)}  {click.style(f'{event.type:17}', bold=True)}  {_said(event)}"
        )
    sys.stdout.flush()


def _said(event: Event) -> str:
    told = event.data
    on = f"{safe(told.get('connectionId') or '-')}  "
    match event.type:
        case "message.received":
            who = safe(told.get("name") or told.get("chat"))
            return f"{on}{who}: {safe(told.get('text') or '[' + str(told.get('type')) + ']')}"
        case "message.status":
            to = f"{told.get('messageId')} to {safe(told.get('chat'))}"
            return f"{on}{to} {state(str(told.get('status')))}{_why(event)}"
        case "connection.state":
            return f"{on}{told.get('previous')} -> {state(str(told.get('state')))}{_why(event)}"
        case "connection.health":
            return f"{on}{state('ok' if told.get('isHealthy') else 'failing')}{_why(event)}"
        case "fault":
            return f"{on}{safe(told.get('where'))}{_why(event)}"
    return f"{on}{safe(dict(told))}"


def _why(event: Event) -> str:
    reason = event.data.get("reason")
    return f": {safe(reason)}" if reason else ""
