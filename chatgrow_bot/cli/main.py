"""The group of all words. A plugin's word is looked for only when the core has none."""

from functools import partial
from pathlib import Path

import click

from ..errors import ChatgrowError
from ..logs import quiet
from ..plugin import SERVED
from .backup import backup, restore
from .check import check
from .cold import cold_routes
from .doctor import doctor
from .init import init
from .key import key
from .logs import logs
from .new_plugin import new_plugin
from .options import CONFIG
from .plugin_words import words_of_plugins
from .plugins import plugins
from .run import run
from .sessions import sessions
from .token import token
from .user import user
from .webhook import webhook_key
from .why import why


class _Chatgrow(click.Group):
    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The core's word, or else a plugin's."""
        return super().get_command(ctx, name) or words_of_plugins(_config_of(ctx)).get(name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The core's words, then the plugins'."""
        return [*super().list_commands(ctx), *sorted(words_of_plugins(_config_of(ctx)))]

    def invoke(self, ctx: click.Context) -> object:
        """Run a word; an error of ours is one sentence, not a traceback."""
        try:
            with quiet():
                return super().invoke(ctx)
        except ChatgrowError as error:
            raise click.ClickException(str(error)) from error


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
    ctx.meta[SERVED] = partial(cold_routes, config)


for word in (init, run, check, doctor, why, plugins, new_plugin, user, token, key, backup, restore, sessions):
    main.add_command(word)
main.add_command(logs)
main.add_command(webhook_key)
