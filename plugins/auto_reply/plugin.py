"""The plugin itself: holds the rules that are in force, and lends them to the hooks."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field

from chatgrow_bot.config import Folder, render
from chatgrow_bot.hub import Answer, Command, Identity, Role
from chatgrow_bot.messages import Inbound, Outbound
from chatgrow_bot.plugin import Bot, Check, CliCommand, Plugin, PluginConfig, hook

from .cli import cli_commands
from .conditions import Facts
from .listing import problems_listed, rules_listed
from .loading import RuleBook, check_folder, load_folder
from .rules import decide
from .uses import Uses


class Config(PluginConfig):
    """Where the rules are, and what time it is there."""

    rules: Folder = Field(
        Path("config/rules"),
        validate_default=True,
        description="The folder of rule files: every *.yaml in it.",
    )
    time_zone: ZoneInfo | None = Field(
        None, description="For {{ time }} and {{ date }}, such as Asia/Jerusalem; the machine's if left out."
    )


class AutoReply(Plugin):
    """Answers customers by rules."""

    Config = Config

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._book = RuleBook()
        self._uses = Uses(bot)

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Load what can be loaded; a wrong rule is reported and left out."""
        self._book = await self._read()
        for problem in self._book.problems:
            self.bot.log.error("a rule is left out", problem=render([problem]))
        self.bot.log.info("rules loaded", rules=len(self._book.rules), problems=len(self._book.problems))
        yield

    @hook
    async def answer(self, message: Inbound) -> Outbound | None:
        """The reply of the first rule that fits."""
        book, config = self._book, self.bot.config
        limited = book.longest_limit
        facts = Facts(
            now=message.received_at.astimezone(config.time_zone),
            uses=await self._uses.of(message.tenant, message.chat) if limited else {},
        )
        # in a thread: a costly pattern on a long text must not hold up the other chats
        decision = await asyncio.to_thread(decide, book.rules, message, facts)
        if decision.rule is None:
            return None
        if decision.rule.limit:
            await self._uses.add(message, decision.rule.id, keep=limited)
            self._forget_old_uses(message, book)
        return Outbound(to=message.chat, text=decision.reply, because=str(decision.rule))

    @hook
    def register_commands(self) -> Iterable[Command]:
        """What admins may do with the rules."""
        return (
            Command(
                name="rules",
                help="Lists the rules that answer, and what keeps others out.",
                role=Role.VIEWER,
                run=self._list,
            ),
            Command(
                name="rules-reload",
                help="Reads the rule files again; with anything wrong in them, keeps the rules there are.",
                role=Role.OPERATOR,
                run=self._reload,
            ),
        )

    @hook
    def register_cli(self) -> Iterable[CliCommand]:
        """`chatgrow say` and `chatgrow rules`."""
        return cli_commands(self.bot.config.rules, self.bot.config.time_zone)

    @hook
    def register_checks(self) -> Iterable[Check]:
        """For `chatgrow check`: every mistake in the rule files."""
        return (lambda: render(check_folder(self.bot.config.rules)),)

    async def _list(self, _args: Sequence[str], who: Identity) -> Answer:
        admin = who.role is Role.ADMIN
        rules = [
            rule for rule in self._book.rules if admin or rule.tenants is None or who.user_id in rule.tenants
        ]
        problems = problems_listed(self._book, whole=admin)
        return Answer(
            text="\n\n".join(filter(None, (rules_listed(rules), problems))),
            data={
                "rules": [{"id": rule.id, "place": str(rule.place)} for rule in rules],
                "problems": [str(problem.position) for problem in self._book.problems],
            },
        )

    async def _reload(self, _args: Sequence[str], who: Identity) -> Answer:
        book = await self._read()
        if book.problems:
            problems = problems_listed(book, whole=who.role is Role.ADMIN)
            return Answer(text=f"Nothing has changed; the rules before stay.\n\n{problems}", ok=False)
        self._book = book
        self.bot.log.info("rules reloaded", rules=len(book.rules), by=who.user_id)
        return Answer(text=f"{len(book.rules)} rules loaded.")

    async def _read(self) -> RuleBook:
        return await asyncio.to_thread(load_folder, self.bot.config.rules)

    def _forget_old_uses(self, message: Inbound, book: RuleBook) -> None:
        if self._uses.sweep_due(message.tenant, message.received_at):
            work = self._uses.sweep(message.tenant, message.received_at - book.longest_limit)
            self.bot.spawn(work, "forget old uses")
