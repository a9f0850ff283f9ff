"""`chatgrow events`: what happens, line by line, for people and for pipes."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from functools import partial

import click

from ..client import Client, Event, Unreachable
from ..clock import SystemClock
from .drawing import safe, state
from .remote import Remote, echo_json, remote

#: Seconds without another event after which all that is kept has been told: for the first, and for the next.
_FIRST, _NEXT = 3.0, 1.0
#: And for which a hub is waited for that does not tell at all.
_AWAY = 15.0
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
    """Show what happens: messages and how far they come, connections, health, faults, notices."""

    async def work(client: Client) -> None:
        asked = partial(client.events, types, connection)
        told = asked(after=after) if follow else _kept(hub.url, partial(asked, after=after or _BEGINNING))
        async with aclosing(told):  # type: ignore[type-var]
            async for event in told:
                if event.type != "gap" or after:
                    _show(hub, event)

    hub.ask(work)


async def _kept(url: str, ask: Callable[..., AsyncIterator[Event]]) -> AsyncIterator[Event]:
    """What has happened until now. Raises Unreachable if the hub is gone before all of it was told."""
    asked_at, is_there = SystemClock().now(), False
    now = asyncio.get_running_loop().time
    limit = asyncio.timeout(_AWAY)

    def listening(is_so: bool) -> None:
        nonlocal is_there
        is_there = is_so
        limit.reschedule(now() + (_FIRST if is_so else _AWAY))

    try:
        async with limit, aclosing(ask(listening=listening)) as told:  # type: ignore[type-var]
            async for event in told:
                if event.timestamp and event.timestamp > asked_at:
                    return  # where much happens, waiting for a silence would never end
                yield event
                limit.reschedule(now() + _NEXT)
    except TimeoutError:
        if not is_there:
            raise Unreachable(f"{url} has told nothing for {_AWAY:.0f} seconds") from None


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
        case "notice":
            note = f": {safe(told.get('note'))}" if told.get("note") else ""
            return f"{on}{safe(told.get('topic'))}{note} (message {safe(told.get('messageId') or '-')})"
    return f"{on}{safe(dict(told))}"


def _why(event: Event) -> str:
    reason = event.data.get("reason")
    return f": {safe(reason)}" if reason else ""
