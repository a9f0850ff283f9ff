"""`chatgrow rules`: tries the tests in the files, and begins new ones."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from chatgrow_bot.clock import SystemClock

from .gallery import entries
from .listing import aligned, problems_listed, rehearsed_listed
from .loading import Loaded, Setting, load_folder
from .rehearsal import rehearse
from .schema import manual, rules_schema

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


def rules_command(folder: Path, around: Callable[[], Setting]) -> click.Group:
    """The group, for a folder of rules and what it stands in."""

    @click.group()
    def rules() -> None:
        """The rules by which customers are answered."""

    @rules.command()
    def test() -> None:
        """Run the tests in the rule files. Exit code 1 if one fails or a rule is wrong."""
        setting = around()
        book = loaded(folder, setting)
        results = rehearse(book, now_in(setting))
        click.echo(rehearsed_listed(results))
        if book.problems or any(done.failure for done in results):
            raise SystemExit(1)

    @rules.command(short_help="Begin a rule file from a ready example.")
    @click.argument("kind", required=False)
    @click.option("--language", "-l", default="en", show_default=True, help="en or he.")
    @click.option("--name", help="The new file's name; if left out, that of the example.")
    def new(kind: str | None, language: str, name: str | None) -> None:
        """Copy a ready, tested example into the folder of rules. Without KIND, list what there is."""
        click.echo(_begun(folder, kind, language, name or kind) if kind else _offered())

    @rules.command(short_help="Print the JSON schema of rule files, for editors.")
    @click.option("--manual", "file", type=_FILE, hidden=True)
    def schema(file: Path | None) -> None:
        """Print the JSON schema by which editors complete and check rule files."""
        if file:
            _made_anew(file)
        else:
            click.echo(rules_schema(), nl=False)

    return rules


def _made_anew(file: Path) -> None:
    """Write the tables of keys in our own manual."""
    file.write_text(manual(file.read_text(encoding="utf-8")), encoding="utf-8")


def _offered() -> str:
    rows = aligned([(each.name, each.language, each.title) for each in entries()])
    return "\n".join([*rows, "", "chatgrow rules new NAME --language LANGUAGE copies one into your rules."])


def _begun(folder: Path, kind: str, language: str, name: str) -> str:
    """Copy an example, with what editors complete it by; says what to do next."""
    entry = next((each for each in entries() if (each.name, each.language) == (kind, language)), None)
    if entry is None:
        offered = ", ".join(f"{each.name} ({each.language})" for each in entries())
        raise click.ClickException(f"there is no example '{kind}' in '{language}'; there are {offered}")
    if not name.replace("-", "_").replace(".", "_").isidentifier():
        raise click.BadParameter("write letters, digits, - and _", param_hint="--name")
    path = folder / f"{name}.yaml"
    if path.exists():
        raise click.ClickException(f"'{path}' is there already; choose another name with --name")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(entry.path.read_text(encoding="utf-8"), encoding="utf-8")
    schema = folder.parent / "rules.schema.json"
    if not schema.exists():
        schema.write_text(rules_schema(), encoding="utf-8")
    return (
        f"{path} is made. Open it and put in your own words, then:\n\n"
        "  chatgrow check                      what is wrong, with line and column\n"
        "  chatgrow rules test                 whether its tests pass\n"
        '  chatgrow say "hello, are you open?"  what would be answered, and why'
    )


def loaded(folder: Path, setting: Setting) -> Loaded:
    """The rules; what keeps some of them out is shown."""
    book = load_folder(folder, setting)
    if book.problems:
        click.echo(f"{problems_listed(book, whole=True)}\n", err=True)
    return book


def now_in(setting: Setting) -> datetime:
    """The time, in the business's zone."""
    return SystemClock().now().astimezone(setting.zone)
