"""`chatgrow check`: what a start would say, without starting. The check is the load."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..config import Loaded, render
from ..plugin import Report
from .cold import loaded_plugins
from .options import EX_CONFIG, config_option, loaded


@click.command()
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> None:
    """Check the configuration; every error at once, with its place."""
    found = loaded(ctx, config)
    reports = list(reports_of_plugins(found))
    if wrong := [report.wrong for report in reports if report.wrong]:
        click.echo("\n\n".join(wrong), err=True)
        sys.exit(EX_CONFIG)
    for report in reports:
        if report.worth:
            click.echo(f"{report.worth}\n")
    click.echo(f"{found.document.path}: all is well")


def reports_of_plugins(found: Loaded) -> Iterator[Report]:
    """Load every plugin as a start would, start none, and ask each for what it knows of its own files."""
    host, hooks = loaded_plugins(found)
    yield Report(wrong=render(host.problems))
    for _, look in hooks.register_checks():
        report = look()
        yield report if isinstance(report, Report) else Report(wrong=report)
        if isinstance(report, Report) and report.of_teams:
            yield Report(wrong=report.of_teams(found.settings.teams))
