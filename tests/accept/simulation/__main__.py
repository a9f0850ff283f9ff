"""`python -m tests.accept.simulation`: stories by their seeds, the same at every run."""

import os
import sys
from dataclasses import asdict

import click
import msgspec

from .judge import Found
from .run import played

#: Every so manieth story is played twice, to see whether it takes the same steps.
_TWICE = 5


@click.command()
@click.option("--seed", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--count", type=click.IntRange(1), default=1, show_default=True, help="How many.")
@click.option("--step", type=click.IntRange(1), default=1, help="From one seed to the next.")
@click.option("--dishonest", is_flag=True, help="With an engine that calls certain what is not.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each.")
def simulate(seed: int, count: int, step: int, dishonest: bool, as_json: bool) -> None:
    """Play stories, and say what went wrong in them."""
    wishes = {"honest": False, "dedup": False} if dishonest else {}
    bad = 0
    for number, each in enumerate(range(seed, seed + count * step, step)):
        found = played(each, **wishes)
        again = number % _TWICE != 0 or played(each, **wishes) == found
        bad += bool(found.faults) or not again
        if as_json:
            told = {name: value for name, value in asdict(found).items() if name != "digest"}
            click.echo(msgspec.json.encode({"seed": each, **told, "again": again}))
        elif found.faults or not again or count == 1:
            _tell(each, found, again)
    if not as_json:
        click.echo(f"{count} stories, {bad} with faults")
        sys.exit(bool(bad))


def _tell(seed: int, found: Found, again: bool) -> None:
    click.echo(f"seed {seed}: {found.messages} messages, {found.kills} kills, {found.held} held")
    for fault in found.faults:
        click.echo(f"  {fault}")
    if not again:
        click.echo("  it does not take the same steps again")


if os.environ.get("PYTHONHASHSEED") != "0":  # the order of a set of words is chance otherwise
    again = [sys.executable, "-m", "tests.accept.simulation", *sys.argv[1:]]
    os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})
simulate()
