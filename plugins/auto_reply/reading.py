"""From one rule file to its rules. What is wrong with one rule leaves the others of the file."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from chatgrow_bot.config import At, InvalidConfig, Position, Problem, check, survey
from chatgrow_bot.hours import BusinessHours
from chatgrow_bot.messages import Kind

from .actions import Action
from .book import Rule
from .captures import found_by
from .conditions import ChatIs, Condition, ForTenants, LanguageIs, Limit, Never, OnConnection
from .dialogues.checks import faults
from .filling import FIELDS
from .language.file import MOMENT, ExampleEntry, FileHead, LineEntry, RuleEntry
from .language.when import Never as NeverEntry
from .making import Making
from .parts import Parts
from .rehearsed import SOME_GROUP, SOMEBODY, SOMEWHERE, Example, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One file, as it was loaded."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()
    languages: tuple[str, ...] = ()  #: that it asks about
    digest: str = ""  #: of its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What rule files stand in."""

    zone: tzinfo = UTC  #: the business's, for files that name none
    parts: Parts = field(default_factory=Parts)  #: what other plugins bring


#: Nothing but the files themselves.
NO_SETTING = Setting()


def load_file(path: Path, setting: Setting) -> RuleFile:
    """Read a file. Never raises: a fault of ours in one must not take the others along."""
    try:
        return _load_file(path, setting)
    except Exception as error:
        reason = f"it cannot be read: {type(error).__name__}: {error}"
        return RuleFile(problems=(Problem(Position(str(path)), reason),))


def _load_file(path: Path, setting: Setting) -> RuleFile:
    if path.suffix == ".yml":
        whole = Position(str(path))
        return RuleFile(
            problems=(Problem(whole, "the name ends in .yml and is not read", "rename it to end in .yaml"),)
        )
    try:
        document = survey(path, root=_project(path.absolute().parent))
    except InvalidConfig as error:
        return RuleFile(problems=tuple(error.problems))
    head, problems = check(FileHead, document, without={"rules"})
    problems += [problem for at, problem in document.problems if at == ("rules",)]
    entries = document.value(("rules",))
    if not isinstance(entries, list | None):
        hint = "write `rules:` and below it each rule, after `- `"
        problems.append(Problem(document.position(("rules",)), "'rules' must be a list of rules", hint))
    if head is None or problems:
        return RuleFile(problems=tuple(problems))
    hours = BusinessHours.of(head.hours, setting.zone) if head.hours else None
    language = head.language[0] if head.language else ""
    making = Making(document=document, hours=hours, parts=setting.parts, language=language)
    rules = [  # none at all: every line is commented out
        rule for index in range(len(entries or ())) if (rule := _rule(making, head, ("rules", index)))
    ]
    return RuleFile(
        rules=tuple(rules),
        problems=tuple(making.problems),
        languages=tuple(dict.fromkeys((*(head.language or ()), *making.languages))),
        digest=hashlib.sha256(document.text.encode(errors="replace")).hexdigest(),
    )


def _project(folder: Path) -> Path:
    """Where relative names of files start: the folder around `config/`, or the rules' own."""
    return folder.parent.parent if folder.parent.name == "config" else folder


def _rule(making: Making, head: FileHead, at: At) -> Rule | None:
    """A rule; None, and told why, when anything is wrong with it."""
    entry, problems = check(RuleEntry, making.document, at)
    making.problems += problems
    if not entry:
        return None
    before = len(making.problems)
    captures = found_by(entry.when)
    making.known, making.unsure = (*FIELDS, *captures.all), captures.all - captures.sure
    conditions = tuple(_conditions(making, head, entry, at))
    rule = Rule(
        id=entry.id,
        place=making.place(at),
        tenants=None if head.tenants in (None, "all") else frozenset(head.tenants or ()),
        conditions=conditions,
        exception=making.all_of(entry.unless, (*at, "unless")) if entry.unless else None,
        actions=_actions(making, entry, at),
        otherwise=making.actions(entry.else_ or (), (*at, "else")),
        limit=_limit(making, entry, at),
        goes_on=entry.continue_,
        locale=making.language or "en",
        zone=making.hours.zone if making.hours else None,
        hours=making.hours,
        captures=captures.sure,
        examples=tuple(_examples(making, head, entry, at)),
    )
    making.problems += faults(rule)
    return rule if len(making.problems) == before else None


def _conditions(making: Making, head: FileHead, entry: RuleEntry, at: At) -> Iterator[Condition]:
    """What a rule asks, and what its file asks for all of its rules."""
    if isinstance(entry.when, NeverEntry):
        yield Never(place=making.place((*at, "when")))
    yield from making.conditions(entry.when, (*at, "when"))
    if head.tenants not in (None, "all"):
        yield ForTenants(place=making.place(("tenants",)), tenants=frozenset(head.tenants or ()))
    where = ("groups",) if "groups" in head.model_fields_set else ("contacts",)
    place = making.place(where if head.model_fields_set.intersection(("groups", "contacts")) else at)
    yield ChatIs(place=place, private=_those(head.contacts), groups=_those(head.groups))
    if head.connections:
        yield OnConnection(place=making.place(("connections",)), connections=head.connections)
    if head.language:
        yield LanguageIs(place=making.place(("language",)), languages=head.language, lenient=True)


def _those(named: tuple[str, ...] | str) -> frozenset[str] | None:
    if isinstance(named, str):
        return None if named == "all" else frozenset()
    return frozenset(named)


def _actions(making: Making, entry: RuleEntry, at: At) -> tuple[Action, ...]:
    if entry.reply:
        return (making.reply(entry.reply, (*at, "reply")),)
    return making.actions(entry.then or (), (*at, "then"))


def _limit(making: Making, entry: RuleEntry, at: At) -> Limit | None:
    if not entry.limit:
        return None
    per = timedelta(seconds=entry.limit.per)
    return Limit(place=making.place((*at, "limit")), rule=entry.id, times=entry.limit.times, per=per)


def _examples(making: Making, head: FileHead, entry: RuleEntry, at: At) -> Iterator[Example]:
    tenant = head.tenants[0] if isinstance(head.tenants, tuple) else ""
    for index, example in enumerate(entry.tests):
        yield Example(
            place=making.place((*at, "tests", index)),
            tenant=tenant,
            connection=example.connection or (head.connections or (SOMEWHERE,))[0],
            say=example.say,
            name=example.name,
            kind=_kind(example),
            votes=(example.poll,) if example.poll else (),
            at=datetime.strptime(example.at, MOMENT) if example.at else None,  # noqa: DTZ007 (its zone beside it)
            zone=making.hours.zone if making.hours else None,
            sender=example.from_ or _first(head.contacts, SOMEBODY),
            in_group=_first(head.groups, SOME_GROUP) if example.group or head.contacts == "none" else "",
            is_new=example.first_contact,
            since_last=timedelta(seconds=example.since_last) if example.since_last is not None else None,
            about_ours=example.reply_to_us,
            tags=frozenset(example.tags),
            fields=example.fields,
            told=example.told,
            expect=example.expect or entry.id,
            reply=example.reply,
            does=example.does,
            talk=tuple(
                _line(making, each, (*at, "tests", index, "talk", number))
                for number, each in enumerate(example.talk)
            ),
        )


def _line(making: Making, entry: LineEntry, at: At) -> Line:
    return Line(
        place=making.place(at),
        say=entry.say,
        kind=_kind(entry),
        votes=(entry.poll,) if entry.poll else (),
        after=timedelta(seconds=entry.after),
        expect=entry.expect,
        asks=entry.asks,
        reply=entry.reply,
        does=entry.does,
    )


def _kind(entry: LineEntry | ExampleEntry) -> Kind:
    return Kind.VOTE if entry.poll else Kind(entry.media or Kind.TEXT)


def _first(named: tuple[str, ...] | str, otherwise: str) -> str:
    return named[0] if isinstance(named, tuple) else otherwise
