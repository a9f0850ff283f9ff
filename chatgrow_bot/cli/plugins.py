"""`chatgrow plugins`: which there are, and which the configuration lists."""

from pathlib import Path

import click

from ..host.loader import Catalogue
from .options import config_option, loaded


@click.command()
@config_option
@click.pass_context
def plugins(ctx: click.Context, config: Path | None) -> None:
    """List the plugins: those in use, in the order in which they are asked, then the others."""
    settings = loaded(ctx, config).settings
    used = set()
    for name, entry in settings.plugins.items():
        kind = entry.plugin or name
        used.add(kind)
        state = "on" if entry.enabled else "off"
        note = f" (a {kind})" if kind != name else ""
        click.echo(f"{state:<4} {name}{note}")
    for name in Catalogue(settings.plugin_folders).names():
        if name not in used:
            click.echo(f"-    {name}")
