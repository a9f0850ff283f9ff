"""`chatgrow replay`: what the rules would have made of chats that took place."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ..chats import read_chat
from ..listing import problems_listed
from ..loading import Loaded, Setting, load_folder
from .comparing import compared, edited_book
from .gathering import gathered
from .history import history_of
from .material import material_of
from .nouns import Material
from .page import page_of
from .playing import play
from .terminal import summary

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)
_FOLDER = click.Path(file_okay=False, exists=True, path_type=Path)
_EITHER = click.Path(exists=True, path_type=Path)
_Word = TypeVar("_Word", bound=Callable[..., Any])


_OPTIONS = (
    click.option(
        "--history",
        metavar="CONNECTION",
        help="Replay what this connection wrote, instead of FILES.",
    ),
    click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Of it, from this day on."),
    click.option("--rules", type=_FOLDER, help="Another folder of rules than the plugin's."),
    click.option("--against", type=_EITHER, help="An edited rule file, or folder: what would it change?"),
    click.option(
        "--business", multiple=True, metavar="NAME", help="Who is the business in FILES; else guessed."
    ),
    click.option("--connection", default="", help="The connection to which FILES are taken to have come."),
    click.option(
        "--dates", type=click.Choice(["dmy", "mdy", "ymd"]), help="How FILES write dates; else guessed."
    ),
    click.option(
        "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with plots here."
    ),
)


def _options(word: _Word) -> _Word:
    """What may stand behind the word."""
    for option in reversed(_OPTIONS):
        word = option(word)
    return word


def replay_command(folder: Path, around: Callable[[], Setting]) -> click.Command:
    """The word, for a folder of rules and what it stands in."""

    @click.command(short_help="What would the rules have made of real chats?")
    @click.argument("files", nargs=-1, type=_FILE)
    @_options
    @click.pass_context
    def replay(
        ctx: click.Context,
        files: tuple[Path, ...],
        history: str | None,
        since: datetime | None,
        rules: Path | None,
        against: Path | None,
        business: tuple[str, ...],
        connection: str,
        dates: str | None,
        html: Path | None,
    ) -> None:
        """Play chats exported from WhatsApp (FILES, each a .txt or the .zip it came in), or what the hub
        keeps of a connection, through the rules, as if they had just been written: how often each rule
        answers, what stays unanswered, where menus are left, which rules are in each other's way. Nothing
        is sent, called or stored."""
        if bool(files) is bool(history):
            raise click.UsageError("name one or more exported chats, or --history CONNECTION")
        setting = around()
        if history:
            material = history_of(ctx, history, since.replace(tzinfo=setting.zone) if since else None)
        else:
            chats = {path: read_chat(path, dates or "") for path in files}
            material = material_of(chats, business, setting.zone, connection)
        lines, page = _replayed(material, rules or folder, setting, against)
        for line in lines:
            click.echo(line)
        if html:
            _write(html, page())

    return replay


def _replayed(
    material: Material, folder: Path, setting: Setting, against: Path | None
) -> tuple[Iterator[str], Callable[[], str]]:
    """The summary, and how the page is made."""
    book = _usable(load_folder(folder, setting), "they are left out")
    performance = play(book, material, setting.zone)
    comparison = None
    if against:
        edited = _usable(edited_book(book, against, setting))
        comparison = compared(str(against), performance, play(edited, material, setting.zone))
    findings = gathered(book, material, performance)
    return summary(findings, comparison), lambda: page_of(findings, comparison)


def _usable(book: Loaded, otherwise: str = "") -> Loaded:
    """The rules, with what is wrong among them shown; the end of it where that would mislead."""
    if book.problems:
        click.echo(problems_listed(book, whole=True), err=True)
        if not otherwise:
            raise click.ClickException("the edited rules are wrong; mend them, and they are compared")
        click.echo(f"These rules are wrong; {otherwise}.\n", err=True)
    return book


def _write(path: Path, page: str) -> None:
    """The page, readable for its owner only: customers' own words stand in it."""
    path.touch(mode=0o600)
    with click.open_file(str(path), "w", encoding="utf-8") as file:
        file.write(page)
    click.echo(f"\n{path} is written. Customers' words stand in it: keep it safe.")
