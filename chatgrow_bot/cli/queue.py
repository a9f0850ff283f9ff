"""`chatgrow queue`: what waits, and stopping all of it."""

import click

from ..client import QueueStatus
from .drawing import counts, moment, safe, since, table
from .remote import Remote, remote


@click.group(invoke_without_command=True)
@click.option("--all", "everybody", is_flag=True, help="Everybody's; for admins.")
@remote
def queue(hub: Remote, everybody: bool) -> None:
    """Show what waits to be sent by a hub that runs; pause or stop all of it, let it go."""
    found = hub.ask(lambda client: client.queue_status(everybody=everybody))
    hub.show(found, lambda: _draw(found))


@queue.command()
@click.option("--reason", default="", help="For whoever wonders later.")
@remote
def pause(hub: Remote, reason: str) -> None:
    """Let nothing leave, of anybody's, until it is resumed, restart or not. For admins."""
    now = hub.ask(lambda client: client.pause_queue(reason))
    hub.show(now, lambda: _draw(now))


@queue.command()
@click.option("--reason", default="", help="For whoever wonders later.")
@remote
def stop(hub: Remote, reason: str) -> None:
    """In an emergency: let nothing leave by any road, and have nobody asked to answer. For admins."""
    now = hub.ask(lambda client: client.stop_queue(reason))
    hub.show(now, lambda: _draw(now))


@queue.command()
@remote
def resume(hub: Remote) -> None:
    """Let everything go again. For admins."""
    now = hub.ask(lambda client: client.resume_queue())
    hub.show(now, lambda: _draw(now))


def _draw(found: QueueStatus) -> None:
    if halt := found.halt:
        by = f" by {safe(halt.by)}" if halt.by else ""
        why = f": {safe(halt.reason)}" if halt.reason else ""
        how = "stopped" if halt.how == "stop" else "paused"
        click.echo(click.style(f"{how}{by} since {moment(halt.at)}{why}", fg="yellow"))
        click.echo("Let it go: chatgrow queue resume")
    else:
        click.echo(click.style("running", fg="green"))
    click.echo(f"messages: {counts(found.by_state)}")
    if found.oldest_waiting:
        click.echo(f"the first of them could leave {since(found.oldest_waiting)}")
    if workers := found.workers:
        busy = "" if workers.in_flight is None else f", {workers.in_flight} messages under way"
        click.echo(f"workers: {workers.alive} of {workers.concurrency}{busy}")
    waiting = [
        (
            each.connection_id,
            sum(each.by_state.values()),
            since(each.oldest_waiting),
            f"paused {each.paused_because}".strip() if each.paused else "",
        )
        for each in found.connections
        if each.by_state or each.paused
    ]
    if waiting:
        click.echo()
        table(("connection", "messages", "could leave", "remark"), waiting)
