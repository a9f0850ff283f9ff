"""`python -m tests.accept`: every acceptance check, with its figures on one line, and a table of them.

All of them by `make accept`; `--only AC-06` runs one. It ends with 1 when any promise did not hold, or when a
check did not notice its promise being broken on purpose; then it says what to do next.
"""

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace

import click
import structlog
import uvloop

from .checks import Check, Done, Size, Verdict
from .every import CHECKS
from .table import LEGEND, plain, table

_INDENT = " " * 7
_NAMES = [check.name for check in CHECKS]


@click.command()
@click.option("--only", multiple=True, type=click.Choice(_NAMES, case_sensitive=False), help="This one.")
@click.option("--size", type=click.Choice(Size, case_sensitive=False), default=Size.FULL, show_default=True)
def accept(only: Sequence[str], size: Size) -> None:
    """Try what is promised."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if not tried([check for check in CHECKS if not only or check.name in only], size):
        sys.exit(1)


def tried(checks: Sequence[Check], size: Size) -> bool:
    """Try these, one after another, and tell of each and of all. Whether every promise holds."""
    verdicts = [(check, _told(check, size)) for check in checks]
    click.echo(f"\n{table(verdicts)}\n\n{LEGEND}")
    bad = [check.name for check, verdict in verdicts if not verdict.holds]
    if bad:
        click.echo(f"\nFAILED: {', '.join(bad)}. What to do next stands above, with each.")
    return not bad


def _told(check: Check, size: Size) -> Verdict:
    click.echo(f"{check.name}  {check.promise}")
    began = time.perf_counter()
    verdict = _verdict(check, size)
    figures = "; ".join(map(_line, verdict.done))
    word = "ok" if verdict.holds else "FAILED"
    click.echo(f"{_INDENT}{word} in {time.perf_counter() - began:.0f} s · {figures}")
    control = "not reached" if verdict.control is None else verdict.control or "NOT CAUGHT"
    click.echo(f"{_INDENT}control: {control}")
    for each in (*verdict.broken, *verdict.late):
        click.echo(f"{_INDENT}broken: {each}")
    for each in _next(check, size, verdict):
        click.echo(f"{_INDENT}next: {each}")
    return verdict


def _verdict(check: Check, size: Size) -> Verdict:
    """What came of it. A check that breaks down has failed, and the others go on."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            verdict = runner.run(check.run(size))
    except Exception as error:
        click.echo("".join(traceback.format_exception(error)), err=True)
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        said = f"it broke down: {type(error).__name__}: {error}"
        return Verdict(done=(Done(what="broke down", figures={}),), broken=(said,), control=None)
    return verdict if size is Size.FULL else replace(verdict, late=())


def _line(done: Done) -> str:
    return f"{done.what}: " + " · ".join(f"{what} {plain(value)}" for what, value in done.figures.items())


def _next(check: Check, size: Size, verdict: Verdict) -> Iterator[str]:
    module = check.run.__module__.replace(".", "/")
    again = f"make accept ONLY={check.name}"
    if size is Size.SLICE:
        again = f".venv/bin/python -m tests.accept --only {check.name} --size slice"
    if verdict.control == "":
        yield f"it is blind, for a hub broken on purpose passed: mend {module}.py before you trust it"
    if verdict.late:
        yield f"a busy machine is late too: try it again with nothing beside it, `{again}`"
    if verdict.broken:
        yield f"the promise is kept in {check.kept_in}, the check is {module}.py; again: `{again}`"


if __name__ == "__main__":
    accept()
