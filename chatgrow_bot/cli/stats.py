"""`chatgrow stats`: what happened, and how everything fares."""

import click

from ..client import Stats
from ..client.figures import Happened
from .drawing import counts, safe, span, state, table
from .remote import Remote, remote

_COUNTS = ("accepted", "sent", "delivered", "read", "failed", "received")


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 90), default=1, show_default=True, help="Today, and before it."
)
@click.option("--connection", default="", help="Of this one alone.")
@click.option("--all", "everybody", is_flag=True, help="Everybody's; for admins.")
@remote
def stats(hub: Remote, days: int, connection: str, everybody: bool) -> None:
    """Show what was sent and received, how fast, and how each connection fares."""
    found = hub.ask(lambda client: client.stats(days=days, connection_id=connection, everybody=everybody))
    hub.show(found, lambda: _draw(found))


def _draw(found: Stats) -> None:
    click.echo(f"since {found.since:%F %H:%M} UTC; up for {span(found.process.uptime)}")
    rows = [
        (each.connection_id, each.health.state, *_row(each), sum(each.backlog.by_state.values()))
        for each in found.connections
    ]
    rows.append(("all", "", *_row(found.total), sum(found.backlog.by_state.values())))
    click.echo()
    table(("connection", "state", *_COUNTS, "success", "to sent", "waiting"), rows)
    for each in found.connections:
        if not each.health.is_healthy:
            why = safe(each.health.reason) or "not well"
            click.echo(f"\n{each.connection_id} is {state(each.health.state)}: {why}")
    if failures := found.total.failures_by_reason:
        click.echo(f"\nfailed: {counts(failures)}")


def _row(what: Happened) -> tuple[object, ...]:
    success = "-" if what.success_rate is None else f"{what.success_rate:.1%}"
    took = "-" if what.time_to_sent.p50 is None else span(what.time_to_sent.p50)
    return (*(what.counts.get(name, 0) for name in _COUNTS), success, took)
