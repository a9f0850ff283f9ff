"""`chatgrow logs`: reads the log files for people, and rotates them. Works whether a hub runs or not."""

import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ..errors import ConfigError
from ..logs import FILES, rotate
from ..logs.reading import Follower, Wanted, last, told
from .options import config_option, loaded

#: Seconds between two looks at what was written.
_LOOK = 0.3
_COLOURS: Mapping[str, Mapping[str, Any]] = {
    "time": {"dim": True},
    "facts": {"dim": True},
    "event": {"bold": True},
    "debug": {"fg": "cyan"},
    "info": {"fg": "green"},
    "warning": {"fg": "yellow"},
    "error": {"fg": "red"},
    "critical": {"fg": "red", "bold": True},
}


@click.group()
def logs() -> None:
    """Read the log files, and rotate them."""


@logs.command()
@click.option("--file", "name", type=click.Choice(FILES), default="combined", show_default=True)
@click.option("-n", "count", type=click.IntRange(min=0), default=20, show_default=True, help="Lines.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
@click.option("--level", type=click.Choice(("info", "warning", "error")), default="info", help="At least.")
@click.option("--request", default="", help="Only lines of this request: an answer's X-Request-Id.")
@click.option("--message", default="", help="Only lines of this message.")
@config_option
@click.pass_context
def tail(
    ctx: click.Context,
    name: str,
    count: int,
    follow: bool,
    level: str,
    request: str,
    message: str,
    config: Path | None,
) -> None:
    """Show the last lines, also of rotated files."""
    path = loaded(ctx, config).settings.logs_dir / f"{name}.log"
    wanted = Wanted(level=level, request=request, message=message)
    with closing(Follower(path)) as follower:  # before: a line may come twice, and none is missed
        for line in last(path, count, wanted) if count else ():
            _show(line)
        while follow:
            for line in follower.new():
                if wanted.has(line):
                    _show(line)
            time.sleep(_LOOK)


@logs.command("rotate")
@config_option
@click.pass_context
def rotate_(ctx: click.Context, config: Path | None) -> None:
    """Begin new files now. A hub that runs goes on in them with its next line; none is lost."""
    settings = loaded(ctx, config).settings
    for name in FILES:
        path = settings.logs_dir / f"{name}.log"
        try:
            if rotate(path, settings.logs.keep):
                click.echo(f"{path.name}: begun anew; what it held is {path.name}.1")
        except OSError as error:
            raise ConfigError(f"{path} cannot be rotated: {error.strerror}") from error


def _show(line: Mapping[str, Any]) -> None:
    for each in told(line, lambda words, what: click.style(words, **_COLOURS.get(what, {}))):
        click.echo(each)
