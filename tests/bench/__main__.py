"""`python -m tests.bench`: figures, measured side by side on this machine. It judges nothing.

All of it by `make bench`, in minutes. RUNS=3 for other than 5 runs of each; `--only latency` for one topic.
"""

import asyncio
import logging
import time
from collections.abc import Sequence

import click
import structlog
import uvloop

from . import (
    bulk,
    counted,
    deciding,
    drain,
    latency,
    memory,
    paced,
    queue,
    rest,
    start,
    store,
    streams,
    webhooks,
    worth,
)
from .machine import machine
from .runs import Figure, table

_TOPICS = {
    "start": start.measure,
    "latency": latency.measure,
    "memory": memory.measure,
    "store": store.measure,
    "drain": drain.measure,
    "queue": queue.measure,
    "paced": paced.measure,
    "rest": rest.measure,
    "bulk": bulk.measure,
    "worth": worth.measure,
    "streams": streams.measure,
    "webhooks": webhooks.measure,
    "rules": deciding.measure,
    "insight": counted.measure,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(_TOPICS)), help="This topic; may be repeated.")
@click.option("--runs", envvar="RUNS", type=click.IntRange(1), default=5, show_default=True)
def bench(only: Sequence[str], runs: int) -> None:
    """Measure, and print one table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop that the hub runs on
        where, figures = runner.run(_measured(only or list(_TOPICS), runs))
    click.echo(f"\n{where}\n\n{table(figures)}")


async def _measured(topics: Sequence[str], runs: int) -> tuple[str, Sequence[Figure]]:
    where = await machine()
    figures: list[Figure] = []
    for topic in topics:
        began = time.perf_counter()
        click.echo(f"measuring {topic} …", err=True, nl=False)
        figures += await _TOPICS[topic](runs)
        click.echo(f" {time.perf_counter() - began:.0f} s", err=True)
    return where, figures


bench()
