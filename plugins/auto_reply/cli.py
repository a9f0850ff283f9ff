"""`chatgrow say` and `chatgrow rules test`: the rules on the console, by the same `decide` that answers
customers, without a hub running."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from chatgrow_bot.addresses import chat_of
from chatgrow_bot.clock import SystemClock
from chatgrow_bot.errors import InvalidPhoneNumber

from .conditions import Facts
from .listing import problems_listed, rehearsed_listed, trace_listed
from .loading import RuleBook, load_folder
from .rehearsal import SOMEBODY, rehearse, said
from .rules import decide


def cli_commands(folder: Path, zone: ZoneInfo | None) -> list[click.Command]:
    """The sub-commands, for a folder of rules and the business's time zone (None: the machine's)."""

    @click.command(short_help="What would the rules answer, and why?")
    @click.argument("text")
    @click.option("--from", "chat", default=SOMEBODY, callback=_chat, help="The number that writes.")
    @click.option("--name", default="", help="The name the writer goes by.")
    @click.option("--tenant", default="", help="The user whose customer it is, for files with `tenants:`.")
    def say(text: str, chat: str, name: str, tenant: str) -> None:
        """Say TEXT to the rules as a customer would. Prints the reply and, for each rule asked, why not."""
        now = _now(zone)
        book = _load(folder)
        decision = decide(book.rules, said(text, now, name=name, chat=chat, tenant=tenant), Facts(now=now))
        click.echo(
            f"{decision.rule} answers:\n\n{decision.reply}\n" if decision.rule else "No rule answers.\n"
        )
        click.echo(trace_listed(decision))
        if decision.rule and decision.rule.limit:
            click.echo(f"\nIn a real chat it answers {decision.rule.limit.words}.")

    @click.group()
    def rules() -> None:
        """The rules by which customers are answered."""

    @rules.command()
    def test() -> None:
        """Run the tests in the rule files. Exit code 1 if one fails or a rule is wrong."""
        book = _load(folder)
        results = rehearse(book.rules, _now(zone))
        click.echo(rehearsed_listed(results))
        if book.problems or any(done.failure for done in results):
            raise SystemExit(1)

    return [say, rules]


def _load(folder: Path) -> RuleBook:
    book = load_folder(folder)
    if book.problems:
        click.echo(f"{problems_listed(book, whole=True)}\n", err=True)
    return book


def _now(zone: ZoneInfo | None) -> datetime:
    return SystemClock().now().astimezone(zone)


def _chat(_context: click.Context, _option: click.Parameter, number: str) -> str:
    try:
        return chat_of(number)
    except InvalidPhoneNumber as error:
        raise click.BadParameter(str(error)) from error
