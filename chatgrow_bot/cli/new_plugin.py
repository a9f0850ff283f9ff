"""`chatgrow new-plugin`: a plugin that works, its test and its README, to begin with. What is written passes
ruff, mypy and pytest as it stands, so that whatever fails later is the author's own change."""

import builtins
import keyword
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from ..host.loader import Catalogue
from .options import config_option, loaded

#: Names that the written files, or `bot.start`, use for something else.
_TAKEN = frozenset({"config", "inbound", "outbound", "plugin", "plugin_config", "self", "settings"})
_NEXT = """
Name it in chatgrow.yaml, where the order is the order in which plugins are asked:

{folders}  plugins:
    {name}: {{}}

and try it:

  chatgrow check
  pytest {test}          (pip install 'chatgrow-bot[testing]' brings pytest)

Every hook, with an example: plugins/README.md
"""
_FOLDERS = """\
  pluginFolders: [{folder}]
"""


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write it, if not in the first of `pluginFolders`; its test goes to tests/plugins beside.",
)
@config_option
@click.pass_context
def new_plugin(ctx: click.Context, name: str, folder: Path | None, config: Path | None) -> None:
    """Write the plugin NAME with its test and README, ready to be changed into what you want."""
    title = _title(name)
    known = () if folder else loaded(ctx, config).settings.plugin_folders
    place = folder or next(iter(known), None)
    if place is None:
        raise click.ClickException(
            "there is no folder for it: write `pluginFolders: [plugins]` in chatgrow.yaml"
        )
    if name in Catalogue((place, *known)).names():
        raise click.ClickException(f"there is a plugin '{name}' already; take another name")
    test = place.parent / "tests" / "plugins" / f"test_{name}.py"
    _write(
        {
            place / name / "__init__.py": "plugin.txt",
            place / name / "README.md": "README.txt",
            test: "test.txt",
        },
        {"name": name, "title": title, "test": str(_shown(test))},
    )
    folders = _FOLDERS.format(folder=_shown(place)) if folder else ""
    click.echo(_NEXT.format(name=name, test=_shown(test), folders=folders).rstrip())


def _write(templates: Mapping[Path, str], words: Mapping[str, str]) -> None:
    """All of them, or none: nothing is written over."""
    for file in templates:
        if file.exists():
            raise click.ClickException(f"{_shown(file)} is there already; nothing was written")
    for file, template in templates.items():
        text = (files(__package__) / "templates" / template).read_text("utf-8")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(text).substitute(words), "utf-8")
        click.echo(f"wrote  {_shown(file)}")


def _title(name: str) -> str:
    """The name of its class. A library's name may be used: plugins load as chatgrow_plugins.NAME."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name):
        raise click.BadParameter(f"'{name}': small letters, digits and _, a letter first, 32 at most")
    title = "".join(part.capitalize() for part in name.split("_"))
    if name in _TAKEN or keyword.iskeyword(name) or hasattr(builtins, title):
        raise click.BadParameter(f"'{name}' means something else in Python or in a plugin; take another name")
    return title


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
