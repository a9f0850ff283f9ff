"""`chatgrow doctor`: whether everything around the hub is as it should be, and what to do where it is not."""

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from .. import doctor as parts
from ..clock import SystemClock
from ..config.load import Loaded, load
from ..config.report import InvalidConfig
from ..host.loader import setting_problems
from ..plugin import Examination, Finding, Grade
from .check import reports_of_plugins
from .cold import loaded_plugins
from .options import CONFIG, config_option

#: Seconds for one examination of a plugin.
_PATIENCE = 60.0
_COLOURS = {Grade.OK: "green", Grade.WARN: "yellow", Grade.BAD: "red"}


@click.command()
@config_option
@click.pass_context
def doctor(ctx: click.Context, config: Path | None) -> None:
    """Look at the machine, the browser, the files, the clock and the configuration, and say what to do. It
    changes nothing, and ends with 1 when something is bad."""
    path = config or ctx.obj or CONFIG
    counts = dict.fromkeys(Grade, 0)
    for finding in _findings(path):
        counts[finding.grade] += 1
        _print(finding)
    click.echo()
    click.echo(", ".join(f"{count} {grade}" for grade, count in counts.items() if count))
    sys.exit(1 if counts[Grade.BAD] else 0)


def _findings(path: Path) -> Iterator[Finding]:
    try:
        found = load(path, os.environ, also=setting_problems)
    except InvalidConfig as error:
        yield Finding(what="configuration", grade=Grade.BAD, said=f"{path} cannot be used", do=str(error))
        return
    yield from _configuration(found)
    settings, now = found.settings, SystemClock().now()
    yield from parts.machine(settings)
    yield from parts.disk(settings)
    yield from parts.folders(settings)
    yield from parts.lock(settings)
    yield from parts.database(settings)
    yield from parts.clock(settings, now)
    _, hooks = loaded_plugins(found)
    for name, examination in hooks.register_examinations():
        yield from asyncio.run(_examined(name, examination))


def _configuration(found: Loaded) -> Iterator[Finding]:
    reports = [report.wrong for report in reports_of_plugins(found) if report.wrong]
    if reports:
        said = "something in it cannot be used"
        yield Finding(what="configuration", grade=Grade.BAD, said=said, do="\n\n".join(reports))
    else:
        yield Finding(what="configuration", said=f"{found.document.path} is well")


async def _examined(name: str, examination: Examination) -> Iterable[Finding]:
    """One that fails says so, and the others go on."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await examination()
    except Exception as error:
        said = f"could not be examined: {type(error).__name__}: {error}"
        return [Finding(what=name, grade=Grade.BAD, said=said)]


def _print(finding: Finding) -> None:
    grade = click.style(f"{finding.grade:<4}", fg=_COLOURS[finding.grade], bold=finding.grade is not Grade.OK)
    click.echo(f"  {grade}  {finding.what:<18} {finding.said}")
    for number, line in enumerate(finding.do.splitlines()):
        click.echo(f"{'':<26} {' ' if number else '→'} {line}")
