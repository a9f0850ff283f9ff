"""Words that plugins bring. The plugin is made but not started: a word has a configuration, nothing else."""

from functools import lru_cache
from pathlib import Path

import click

from ..clock import SystemClock
from ..hooks import Hooks
from ..hooks.registry import Instance
from ..messages import Fault
from .cold import cold_plugins


@lru_cache
def words_of_plugins(config: Path) -> dict[str, click.Command]:
    """Every word, by its name. A plugin that fails at it is named and passed over."""
    hooks = Hooks(clock=SystemClock(), report=_say)
    hooks.register(
        [
            Instance(name=name, plugin=plugin, serves=lambda tenant: True)
            for name, plugin in cold_plugins(config)
        ]
    )
    return {word.name or by: word for by, word in hooks.register_cli()}


def _say(fault: Fault) -> None:
    click.echo(f"plugin '{fault.where}': {fault.reason}", err=True)
