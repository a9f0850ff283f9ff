"""Words that plugins bring. The plugin is made but not started: a word has a configuration, nothing else."""

from functools import lru_cache
from pathlib import Path

import click

from ..messages import Fault
from .cold import cold_plugins


@lru_cache
def words_of_plugins(config: Path) -> dict[str, click.Command]:
    """Every word, by its name; of several of a name, the first. A plugin that fails at it is named and passed
    over."""
    words: dict[str, click.Command] = {}
    for hooks in cold_plugins(config, _say):
        for by, word in hooks.register_cli():
            words.setdefault(word.name or by, word)
    return words


def _say(fault: Fault) -> None:
    click.echo(f"plugin '{fault.where}': {fault.reason}", err=True)
