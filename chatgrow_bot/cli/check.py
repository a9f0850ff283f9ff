"""`chatgrow check`: what a start would say, without starting. The check is the load."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..config import Loaded, render
from .cold import loaded_plugins
from .options import EX_CONFIG, config_option, loaded


@click.command()
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> None:
    """Check the configuration; every error at once, with its place."""
    found = loaded(ctx, config)
    reports = [report for report in reports_of_plugins(found) if report]
    if reports:
        click.echo("\n\n".join(reports), err=True)
        sys.exit(EX_CONFIG)
    click.echo(f"{found.document.path}: all is well")


def reports_of_plugins(found: Loaded) -> Iterator[str]:
    """Load every plugin as a start would, start none, and ask each for what it knows of its own files."""
    host, hooks = loaded_plugins(found)
    yield render(host.problems)
    for _, look in hooks.register_checks():
        yield look()
