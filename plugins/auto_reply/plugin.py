"""The plugin itself: holds the rules that are in force, and lends them to the hooks."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field
from tzlocal import get_localzone

from chatgrow_bot.config import Folder, render
from chatgrow_bot.errors import ChatgrowError
from chatgrow_bot.hub import Answer, Command, Identity, Role
from chatgrow_bot.messages import Inbound
from chatgrow_bot.plugin import (
    Bot,
    Check,
    CliCommand,
    PersonalData,
    Plugin,
    PluginConfig,
    Reload,
    hook,
)
from chatgrow_bot.responses import Customer, Response

from .calls import Calls
from .calls_people import personal_data
from .checking import checked
from .cli_rules import rules_command
from .conditions import Facts
from .hookspecs import RuleHooks
from .listing import problems_listed, rules_listed
from .loading import Loaded, Setting, load_folder
from .parts import parts_of
from .replay import replay_command
from .responding import Responding
from .rules import Decision, decide
from .tracing import page_of
from .uses import Uses
from .watching import Look, changes, look

#: Characters of a message up to which deciding takes less time than handing it to a thread.
_SHORT = 2_000


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
    watch: bool = Field(True, description="Whether changed rule files are loaded by themselves.")
    webhook_secret: str = Field(
        "", description="Signs what `webhook:` sends, as `!secret NAME`; unsigned if left out."
    )


class AutoReply(Plugin):
    """Answers customers by rules."""

    Config = Config
    Hooks = RuleHooks

    def __init__(self, bot: Bot) -> None:
        super().__init__(bot)
        self._book = Loaded()
        self._setting = Setting()
        self._uses = Uses(bot)
        self._calls: Calls
        self._loading = asyncio.Lock()
        #: Long texts decided at once: more threads than this keep the loop from its turn.
        self._long = asyncio.Semaphore(2)

    @hook
    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Load what can be loaded; a wrong rule is reported and left out."""
        self._calls = Calls(self.bot, self.bot.config.webhook_secret)
        async with self._calls.running():
            before = await asyncio.to_thread(look, self.bot.config.rules)
            self._book = await self._read(None)
            for problem in self._book.problems:
                self.bot.log.error("a rule is left out", problem=render([problem]))
            self.bot.log.info("rules loaded", rules=len(self._book.rules), problems=len(self._book.problems))
            if self.bot.config.watch:
                self.bot.spawn(self._watch(before), "watch the rule files")
            yield

    @hook
    async def answer(self, message: Inbound, customer: Customer) -> Response:
        """What the first rule that fits does."""
        book = self._book
        limited = book.longest_limit
        facts = Facts(
            now=message.received_at.astimezone(self._setting.zone),
            customer=customer,
            uses=await self._uses.of(message) if limited else {},
            chance=zlib.crc32(message.id.encode()),
        )
        decision = await self._decide(book, message, facts)
        responding = Responding(message, customer)
        response = await responding.respond(book, decision, self._setting.parts)
        for trouble in responding.troubles:
            self.bot.log.error("a rule's action failed", trouble=trouble)
        if responding.calls:
            await self._calls.add(message.tenant, message.id, responding.calls)
        spent = [rule.id for rule in decision.rules if rule.limit]
        if spent:
            await self._uses.add(message, spent, keep=limited)
            self._forget_old_uses(message, book)
        return response

    async def _decide(self, book: Loaded, message: Inbound, facts: Facts) -> Decision:
        """The decision, with what other plugins say where it needs that."""
        while True:
            if len(message.text) > _SHORT or not book.index.is_quick(len(message.text)):
                # in a thread: a costly pattern on a long text must not hold up the other chats
                async with self._long:
                    decision = await asyncio.to_thread(decide, book, message, facts)
            else:
                decision = decide(book, message, facts)
            question = decision.wanting
            if question is None:
                return decision
            told: bool | str
            try:
                known = self._setting.parts.conditions[question.name]
                told = await known.ask(
                    message, facts.customer or Customer(chat=message.sender), question.value
                )
            except KeyError:
                told = "its plugin is gone"
            except ChatgrowError as error:
                told = error.detail
                self.bot.log.warning("a rule's condition failed", condition=question.name, why=told)
            facts = replace(facts, told={**facts.told, question: told})

    @hook
    def register_commands(self) -> Iterable[Command]:
        """What admins may do with the rules; of a second instance, by its own name."""
        own = "" if self.bot.name == "auto_reply" else f"{self.bot.name}-"
        return (
            Command(
                name=f"{own}rules",
                help="Lists the rules that answer, and what keeps others out.",
                role=Role.VIEWER,
                run=self._list,
            ),
            Command(
                name=f"{own}rules-reload",
                help="Reads the rule files again; one with anything wrong in it keeps its rules of before.",
                role=Role.OPERATOR,
                run=self._reload,
            ),
        )

    @hook
    def register_cli(self) -> Iterable[CliCommand]:
        """`chatgrow rules` and `chatgrow replay`."""
        folder = self.bot.config.rules
        return rules_command(folder, self._around), replay_command(folder, self._around)

    @hook
    def register_checks(self) -> Iterable[Check]:
        """For `chatgrow check`: every mistake in the rule files, and their tests."""
        return (lambda: checked(self.bot.config.rules, self._around()),)

    @hook
    def register_reloads(self) -> Iterable[Reload]:
        """The rule files."""
        return (Reload(what="rules", run=self._load_anew),)

    @hook
    def register_personal_data(self) -> Iterable[PersonalData]:
        """Calls of web addresses that name a person. Limits are found by the core, by his chat."""
        return (personal_data(self.bot.name),)

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
        answer = await self._load_anew()
        if not answer.ok and who.role is not Role.ADMIN:
            problems = problems_listed(self._book, whole=False)
            return Answer(text=f"{_loaded(self._book)}\n\n{problems}", ok=False)
        return answer

    async def _load_anew(self) -> Answer:
        """Read everything, build, swap; a wrong file keeps its rules of before, and says so."""
        async with self._loading:
            self._book = book = await self._read(self._book)
        if not book.problems:
            self.bot.log.info("rules reloaded", rules=len(book.rules))
            return Answer(text=_loaded(book))
        for problem in book.problems:
            self.bot.log.error("a rule file is wrong; its rules of before stay", problem=render([problem]))
        return Answer(text=f"{_loaded(book)}\n\n{problems_listed(book, whole=True)}", ok=False)

    async def _watch(self, read: Look) -> None:
        async for _ in changes(self.bot.config.rules, since=read):
            await self._load_anew()

    async def _read(self, before: Loaded | None) -> Loaded:
        self._setting = self._around()
        return await asyncio.to_thread(_ready, self.bot.config.rules, self._setting, before)

    def _around(self) -> Setting:
        """The business's time zone, and what other plugins bring now."""
        return Setting(zone=self.bot.config.time_zone or get_localzone(), parts=parts_of(self))

    def _forget_old_uses(self, message: Inbound, book: Loaded) -> None:
        if self._uses.sweep_due(message.tenant, message.received_at):
            work = self._uses.sweep(message.tenant, message.received_at - book.longest_limit)
            self.bot.spawn(work, "forget old uses")


def _ready(folder: Path, setting: Setting, before: Loaded | None) -> Loaded:
    book = load_folder(folder, setting, before)
    _ = book.index, page_of(book)  # made here, in the thread, and not at the first message
    return book


def _loaded(book: Loaded) -> str:
    kept = ", ".join(path.name for path in book.kept)
    return f"{len(book.rules)} rules loaded." + (
        f" These files keep their rules of before: {kept}." if kept else ""
    )
