"""`python -m tests.accept`: every acceptance check, with its figures on one line.

All of them by `make accept`; `--only AC-06` runs one. It ends with 1 when any promise did not hold, or when a
check did not notice its promise being broken on purpose.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence

import click
import structlog
import uvloop

from .checks import Check, Size, Verdict
from .every import CHECKS
from .table import plain, table


@click.command()
@click.option("--only", multiple=True, type=click.Choice([each.name for each in CHECKS]), help="This one.")
@click.option("--size", type=click.Choice(Size, case_sensitive=False), default=Size.FULL, show_default=True)
def accept(only: Sequence[str], size: Size) -> None:
    """Try what is promised."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = [check for check in CHECKS if not only or check.name in only]
    verdicts = [(check, _tried(check, size)) for check in chosen]
    click.echo(f"\n{table(verdicts)}")
    if not all(verdict.holds for _, verdict in verdicts):
        sys.exit(1)


def _tried(check: Check, size: Size) -> Verdict:
    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        verdict = runner.run(check.run(size))
    figures = " · ".join(f"{what} {plain(value)}" for what, value in verdict.figures.items())
    word = "ok  " if verdict.holds else "FAIL"
    click.echo(f"{check.name}  {word}  {figures}  ({time.perf_counter() - began:.0f} s)")
    control = "not tried at this size" if verdict.control is None else verdict.control or "NOT CAUGHT"
    click.echo(f"             control: {control}")
    for each in (*verdict.broken, *verdict.late):
        click.echo(f"             broken: {each}")
    return verdict


if __name__ == "__main__":
    accept()
