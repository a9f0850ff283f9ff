"""`chatgrow bulk`: one message to many people, from a CSV, through a hub that runs. The batch is the hub's as
soon as it is handed over: whoever stops watching stops nothing."""

import asyncio
import re
import sys
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from ..client import Batch, Client, Handed, How, Result
from ..ids import new_id
from .drawing import ahead, counts, safe, state, table
from .remote import Remote, interrupted, remote
from .send import moment_of, only_connection

#: Seconds between two looks, and for which a hub that is away is waited for.
_LOOK, _PATIENCE = 0.5, 120.0
_AMISS = frozenset({"failed", "expired", "quarantined", "cancelled"})
_SHOWN = 20
#: A time of day.
_HOUR = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")


@click.group()
def bulk() -> None:
    """Send one message to many people, follow it, pause it, take it back."""


@bulk.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--text", help="With the columns as fields: 'Hi {{ name }}'.")
@click.option(
    "--text-file", type=click.File("r", encoding="utf-8"), help="The same from a file; `-`: the input."
)
@click.option("--connection", help="From which; may be left out where there is one only.")
@click.option("--name", default="", help="What it is, for you.")
@click.option("--at", help="Not before: 2026-12-24T09:00:00Z.")
@click.option("--ttl", type=click.FloatRange(min=0, min_open=True), help="Hours after which none is sent.")
@click.option("--window", help="Only from 09:00-18:00, by the clock of --zone.")
@click.option("--zone", default="UTC", show_default=True, help="Of the window: Europe/Berlin.")
@click.option("--duplicates", is_flag=True, help="Whoever is there twice gets it twice.")
@click.option("--key", default="", help="Idempotency-Key: the same file with the same key is sent once.")
@click.option("--detach", is_flag=True, help="Do not wait until it is done.")
@remote
def send(
    hub: Remote,
    file: Path,
    text: str | None,
    text_file: TextIO | None,
    connection: str | None,
    name: str,
    key: str,
    detach: bool,
    **how: Any,
) -> None:
    """Send to each row of a CSV FILE. Its first line names the columns; one of them is `to`.

    Ctrl-C stops the watching, not the sending. Exit code 1 when a row was not taken or not sent.
    """
    if text is not None and text_file:
        raise click.UsageError("say it by --text or by --text-file, not by both")
    words, options = text_file.read().rstrip("\n") if text_file else text, _how(**how)
    if not words:
        raise click.UsageError("there is nothing to say: write a --text, or name a --text-file")
    key = key or new_id()

    async def hand_over(client: Client) -> Handed:
        come_from = connection or await only_connection(client)
        return await client.bulk_csv(come_from, file, words, name=name, how=options, key=key)

    handed, is_well = hub.hand_over(hand_over, key), True
    if not hub.as_json:
        _draw_handed(handed)
    if detach:
        hub.show(handed, lambda: click.echo(f"Follow it: chatgrow bulk status {handed.batch_id}"))
    else:
        batch = _watch(hub, handed)
        whole = {**msgspec.to_builtins(batch), "rejections": handed.rejections}
        hub.show(whole, lambda: _draw(batch))
        is_well = not any(batch.counts.get(each) for each in _AMISS)
    if handed.rejected or not is_well:
        sys.exit(1)


@bulk.command()
@click.argument("batch")
@click.option("--watch", is_flag=True, help="Until it is done.")
@remote
def status(hub: Remote, batch: str, watch: bool) -> None:
    """Show how far a BATCH has come."""
    found = hub.ask(lambda client: client.bulk(batch))
    if watch:
        found = _watch(hub, found)
    hub.show(found, lambda: _draw(found))


@bulk.command("list")
@remote
def list_(hub: Remote) -> None:
    """Show the newest batches."""
    found = hub.ask(lambda client: client.bulks())

    def draw() -> None:
        rows = [(e.batch_id, e.status, e.accepted, e.rejected, e.connection_id, e.name) for e in found]
        table(("batch", "state", "taken", "refused", "connection", "name"), rows)

    hub.show(found, draw)


@bulk.command()
@click.argument("batch")
@remote
def pause(hub: Remote, batch: str) -> None:
    """Let no more of a BATCH leave, until it is resumed."""
    found = hub.ask(lambda client: client.pause_bulk(batch))
    hub.show(found, lambda: _draw(found))


@bulk.command()
@click.argument("batch")
@remote
def resume(hub: Remote, batch: str) -> None:
    """Let a BATCH go on."""
    found = hub.ask(lambda client: client.resume_bulk(batch))
    hub.show(found, lambda: _draw(found))


@bulk.command()
@click.argument("batch")
@remote
def cancel(hub: Remote, batch: str) -> None:
    """Take back all of a BATCH that has not left."""
    found = hub.ask(lambda client: client.cancel_bulk(batch))
    hub.show(found, lambda: _draw(found))


@bulk.command()
@click.argument("batch")
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet: > results.csv")
@remote
def results(hub: Remote, batch: str, as_csv: bool) -> None:
    """Show what became of each row of a BATCH."""
    if as_csv:
        click.echo(hub.ask(lambda client: client.bulk_results_csv(batch)), nl=False)
        return

    async def rows(client: Client) -> list[Result]:
        return [each async for each in client.bulk_results(batch)]

    found = hub.ask(rows)
    heads = ("row", "to", "state", "message", "remark")
    shown = [(each.row, each.to, each.status, each.message_id, each.reason) for each in found]
    hub.show(found, lambda: table(heads, shown))


def _watch(hub: Remote, batch: Handed | Batch) -> Batch:
    """Wait until it is done, with a bar for people; Ctrl-C leaves it to the hub."""
    try:
        return hub.ask(lambda client: _progress(client, batch, quiet=hub.as_json), patience=_PATIENCE)
    except KeyboardInterrupt:
        one = batch.batch_id
        interrupted(
            f"The hub goes on sending. See: chatgrow bulk status {one}; stop it: chatgrow bulk pause {one}"
        )


async def _progress(client: Client, batch: Handed | Batch, *, quiet: bool) -> Batch:
    bar = click.progressbar(
        length=max(1, batch.accepted),
        label="sending",
        show_pos=True,
        show_eta=False,  # the hub's own is better
        item_show_func=lambda said: said or "",
        file=StringIO() if quiet else None,
    )
    has_lines = not quiet and not sys.stdout.isatty()  # where no bar can be drawn
    with bar:
        done, told = 0, ""
        while True:
            now = await client.bulk(batch.batch_id)
            over = round(now.accepted * now.percent / 100)
            bar.update(over - done)
            bar.current_item = _remark(now)  # which may change while nothing is done
            bar.render_progress()
            done = over
            if now.is_over:
                return now
            if has_lines and (held := _held(now)) != told:
                click.echo(held or "it goes on")
                told = held
            await asyncio.sleep(_LOOK)


def _remark(now: Batch) -> str:
    """What stands beside the bar, where there is room for it."""
    if now.status == "running" and not now.waits_for:
        return f"done {ahead(now.estimated_completion)}" if now.estimated_completion else ""
    return _held(now)


def _held(now: Batch) -> str:
    """What keeps it back; empty while nothing does."""
    if now.status == "running":
        return f"waits: {safe(now.waits_for)}" if now.waits_for else ""
    return f"{now.status}: {safe(now.waits_for)}" if now.waits_for else now.status


def _draw_handed(handed: Handed) -> None:
    done = f", done {ahead(handed.estimated_completion)}" if handed.estimated_completion else ""
    click.echo(f"batch {handed.batch_id}: {handed.accepted:,} taken, {handed.rejected:,} refused{done}")
    for each in handed.rejections[:_SHOWN]:
        click.echo(f"  row {each.row}  {safe(each.to)}: {safe(each.reason)}", err=True)
    if (more := handed.rejected - len(handed.rejections[:_SHOWN])) > 0:
        click.echo(f"  ... and {more:,} more: chatgrow bulk results {handed.batch_id}", err=True)


def _draw(found: Batch) -> None:
    why = f": {safe(found.waits_for)}" if found.waits_for else ""
    click.echo(f"batch {found.batch_id} is {state(found.status)}{why}, {found.percent:.0f} % done")
    click.echo(f"rows: {counts(found.counts)}")
    if not found.is_over and found.estimated_completion:
        click.echo(f"done {ahead(found.estimated_completion)}")


def _how(at: str | None, ttl: float | None, window: str | None, zone: str, duplicates: bool) -> How:
    return How(
        send_at=moment_of(at) if at else None,
        ttl=timedelta(hours=ttl) if ttl else None,
        window=_window(window, zone) if window else None,
        duplicates="send" if duplicates else "reject",
    )


def _window(text: str, zone: str) -> Mapping[str, str]:
    start, _, end = (each.strip() for each in text.partition("-"))
    if not (_HOUR.fullmatch(start) and _HOUR.fullmatch(end)):
        raise click.BadParameter(f"'{text}': write it as 09:00-18:00", param_hint="--window")
    return {"from": start, "to": end, "zone": zone}
