"""`chatgrow why`: what happened to a message, step by step. It only reads, so it works beside a hub that runs
as well as without one; then the connections are as that hub left them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import Connection, inspect

from ..clock import SystemClock
from ..store import explain
from ..store.database import open_database
from .drawing import safe
from .options import config_option, loaded


@click.command()
@click.argument("message_id")
@click.option("--all", "whole", is_flag=True, help="Also what was asked in vain, however much.")
@config_option
@click.pass_context
def why(ctx: click.Context, message_id: str, whole: bool, config: Path | None) -> None:
    """Print the whole life of a message, in or out, by its id or WhatsApp's: every state and its reason,
    every step and its result, for each rule why it did not answer, what it caused and what it waits for."""
    found = loaded(ctx, config)

    async def work() -> Sequence[str]:
        async with open_database(found.settings.database_url, migrate=False) as db:
            return await db.read(lambda conn: _lines(conn, message_id, whole))

    lines = asyncio.run(work())
    if not lines:
        raise click.ClickException(f"there is no message '{message_id}'")
    for line in lines:
        click.echo(safe(line))


def _lines(conn: Connection, message_id: str, whole: bool) -> Sequence[str]:
    if not inspect(conn).has_table("inbox"):  # no hub has been here yet
        return []
    return explain.lines(conn, message_id, SystemClock().now(), whole=whole)
