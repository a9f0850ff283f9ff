"""`chatgrow check`: what a start would say, without starting. The check is the load."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click

from ..clock import SystemClock
from ..config import Loaded, render
from ..hooks import Hooks
from ..host import Host
from ..host.loader import Catalogue
from ..plugin import Store
from ..safety.http import SafeHttp
from .options import EX_CONFIG, config_option, loaded


@click.command()
@config_option
@click.pass_context
def check(ctx: click.Context, config: Path | None) -> None:
    """Check the configuration; every error at once, with its place."""
    found = loaded(ctx, config)
    reports = [report for report in _reports_of_plugins(found) if report]
    if reports:
        click.echo("\n\n".join(reports), err=True)
        sys.exit(EX_CONFIG)
    click.echo(f"{found.document.path}: all is well")


def _reports_of_plugins(found: Loaded) -> Iterator[str]:
    """Load every plugin as a start would, start none, and ask each for what it knows of its own files."""
    clock = SystemClock()
    hooks = Hooks(clock=clock, report=lambda fault: None)
    host = Host(
        loaded=found,
        catalogue=Catalogue(found.settings.plugin_folders),
        hooks=hooks,
        clock=clock,
        http=SafeHttp(),
        store=lambda instance: cast(Store, None),  # none is used before a plugin starts
        serves=lambda tenants: lambda tenant: True,
    )
    host.load()
    yield render(host.problems)
    for _, look in hooks.register_checks():
        yield look()
