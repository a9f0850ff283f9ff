"""`chatgrow init`: a project to begin with. It is the one in our own repository, which tests keep right:
taken from there in a checkout, and from what the build put into the package where it is installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import click

_FILES = (
    "config/chatgrow.yaml",
    "config/rules/*.yaml",
    "config/README.md",
    "config/schema.json",
    "config/rules.schema.json",
    "plugins/README.md",
    ".env.example",
    ".gitignore",
)
_NEXT = """
What to do next{where}:

  chatgrow check              look whether the configuration is right
  chatgrow demo               see it all, against a stand-in for WhatsApp
  chatgrow run                run the hub; it prints the password of its first user once
  chatgrow new-plugin NAME    begin a plugin of your own

Settings and how to write them: config/README.md; answers to customers: config/rules/
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Begin a project in FOLDER (default: here): a configuration, example rules, a place for plugins. What is
    already there stays as it is."""
    example = example_project()
    for file in _files(example):
        name = file.relative_to(example)
        if (folder / name).exists():
            click.echo(f"kept   {folder / name}")
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / name)
        click.echo(f"wrote  {folder / name}")
    click.echo(_NEXT.format(where="" if folder == Path() else f", in {folder}").rstrip())


def example_project() -> Path:
    """Where the example lies: inside the package when it is installed, around it in a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "_project"
    return inside if inside.is_dir() else package.parent


def _files(example: Path) -> Iterator[Path]:
    for pattern in _FILES:
        yield from sorted(example.glob(pattern))
