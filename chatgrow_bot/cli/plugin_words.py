"""Words that plugins bring. The plugin is made but not started: a word has a configuration, nothing else."""

from functools import lru_cache
from pathlib import Path

import click

from ..errors import ChatgrowError
from .cold import cold_plugins


@lru_cache
def words_of_plugins(config: Path) -> dict[str, click.Command]:
    """Every word, by its name. A plugin that cannot be loaded is named and passed over."""
    words: dict[str, click.Command] = {}
    for name, plugin in cold_plugins(config):
        register = getattr(plugin, "register_cli", None)
        if register is None:
            continue
        try:
            words |= {word.name or name: word for word in register()}
        except ChatgrowError as error:
            click.echo(f"plugin '{name}': {error}", err=True)
    return words
