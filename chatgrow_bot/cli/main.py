"""The group of all words. Each is loaded when it is asked for: a word that only speaks to a hub need not wait
for what a hub is made of. A plugin's word is looked for only when the core has none."""

from functools import partial
from importlib import import_module
from pathlib import Path

import click

from ..errors import ChatgrowError
from ..logs import quiet
from .project import CONFIG

#: Where each word stands: the file, and what it is called there if not by the word itself.
_WORDS = {
    **{
        word: (word, word)
        for word in (
            *("init", "run", "check", "doctor", "why", "plugins", "user", "token", "key", "sessions", "logs"),
            *("backup", "login", "say", "send", "bulk", "connections", "contacts"),
            *("qr", "queue", "reload", "stats", "events"),
        )
    },
    "logout": ("login", "logout"),
    "new-plugin": ("new_plugin", "new_plugin"),
    "restore": ("backup", "restore"),
    "webhook-key": ("webhook", "webhook_key"),
}


class _Chatgrow(click.Group):
    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The core's word, or else a plugin's."""
        if name in _WORDS:
            file, word = _WORDS[name]
            found: click.Command = getattr(import_module(f".{file}", __package__), word)
            return found
        return _plugin_words(ctx).get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The core's words, then the plugins'."""
        return [*sorted(_WORDS), *sorted(_plugin_words(ctx))]

    def invoke(self, ctx: click.Context) -> object:
        """Run a word; an error of ours is one sentence, not a traceback."""
        try:
            with quiet():
                return super().invoke(ctx)
        except ChatgrowError as error:
            raise click.ClickException(str(error)) from error


def _plugin_words(ctx: click.Context) -> dict[str, click.Command]:
    """The words of plugins; and for them what a start would serve and what is kept of messages."""
    from ..plugin import HISTORY, SERVED
    from .cold import cold_routes
    from .past import kept
    from .plugin_words import words_of_plugins

    config = Path(ctx.params.get("config") or CONFIG)
    ctx.meta[SERVED], ctx.meta[HISTORY] = partial(cold_routes, config), partial(kept, config)
    return words_of_plugins(_config_of(ctx))


def _config_of(ctx: click.Context) -> Path:
    return Path(ctx.params.get("config") or CONFIG).absolute()  # what is found is remembered by this name


@click.group(cls=_Chatgrow)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=CONFIG,
    is_eager=True,  # --help lists the words of plugins, which it names
    help="Another configuration.",
)
@click.version_option(package_name="chatgrow-bot")
@click.pass_context
def main(ctx: click.Context, config: Path) -> None:
    """ChatGrow Bot: a self-hosted WhatsApp hub."""
    ctx.obj = config
