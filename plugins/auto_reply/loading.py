"""From a folder of rule files to rules. A wrong rule, or a wrong file, leaves the others working and tells
what to mend."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from chatgrow_bot.config import Document, InvalidConfig, Position, Problem, check, survey

from .conditions import (
    AllPhrases,
    AnyPattern,
    AnyPhrase,
    Condition,
    ExactPhrase,
    ForTenants,
    Limit,
    Place,
    PrivateChat,
    SaysSomething,
)
from .language import FileHead, RuleEntry, TextEntry
from .rules import Example, Rule

At = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The rules of a folder in the order in which they are asked, and all that kept others out."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def longest_limit(self) -> timedelta:
        """How long a use must be remembered."""
        return max((rule.limit.per for rule in self.rules if rule.limit), default=timedelta())


def load_folder(folder: Path) -> RuleBook:
    """Read all rule files of a folder, by name. Never raises for what is in them."""
    if not folder.is_dir():
        hint = "make the folder, or name another under `rules:` in chatgrow.yaml"
        return RuleBook(problems=(Problem(Position(str(folder)), "there is no such folder", hint),))
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix not in (".yaml", ".yml"):
            continue
        for found in _load_file(path):
            if isinstance(found, Problem):
                problems.append(found)
            elif first := rules.get(found.id):
                message = f"the id '{found.id}' is taken by the rule at {first.place}"
                problems.append(Problem(found.place.position, message, "give one of them another id"))
            else:
                rules[found.id] = found
    return RuleBook(rules=tuple(rules.values()), problems=tuple(problems))


def check_folder(folder: Path) -> list[Problem]:
    """All that is wrong with the rule files of a folder; what `load_folder` finds, and nothing else."""
    return list(load_folder(folder).problems)


def _load_file(path: Path) -> Iterator[Rule | Problem]:
    if path.suffix == ".yml":
        yield Problem(
            Position(str(path)), "the name ends in .yml and is not read", "rename it to end in .yaml"
        )
        return
    try:
        document = survey(path)
    except InvalidConfig as error:
        yield from error.problems
        return
    head, problems = check(FileHead, document, without={"rules"})
    problems += [problem for at, problem in document.problems if at == ("rules",)]
    entries = document.value(("rules",))
    if not isinstance(entries, list | None):
        hint = "write `rules:` and below it each rule, after `- `"
        problems.append(Problem(document.position(("rules",)), "'rules' must be a list of rules", hint))
    yield from problems
    if head and not problems:
        for index in range(len(entries or ())):  # none at all: every line is commented out
            yield from _load_rule(document, head, ("rules", index))


def _load_rule(document: Document, head: FileHead, at: At) -> Iterator[Rule | Problem]:
    entry, problems = check(RuleEntry, document, at)
    yield from problems
    if not entry:
        return
    limit = None
    if entry.limit:
        place, per = _place(document, (*at, "limit")), timedelta(seconds=entry.limit.per)
        limit = Limit(place=place, rule=entry.id, times=entry.limit.times, per=per)
    yield Rule(
        id=entry.id,
        place=_place(document, at),
        tenants=None if head.tenants is None else frozenset(head.tenants),
        conditions=(
            PrivateChat(place=_place(document, at)),
            SaysSomething(place=_place(document, at)),
            *_scope(document, head),
            *_asked(document, entry.when.text, (*at, "when", "text")),
        ),
        reply=entry.reply,
        limit=limit,
        examples=tuple(_examples(document, head, entry, (*at, "tests"))),
    )


def _scope(document: Document, head: FileHead) -> Iterator[Condition]:
    if head.tenants is not None:
        yield ForTenants(place=_place(document, ("tenants",)), tenants=frozenset(head.tenants))


def _asked(document: Document, text: TextEntry, at: At) -> Iterator[Condition]:
    if text.exact:
        yield ExactPhrase(place=_place(document, (*at, "exact")), phrases=text.exact)
    if text.any:
        yield AnyPhrase(place=_place(document, (*at, "any")), phrases=text.any)
    if text.all:
        yield AllPhrases(place=_place(document, (*at, "all")), phrases=text.all)
    if text.pattern:
        yield AnyPattern(place=_place(document, (*at, "pattern")), patterns=text.pattern)


def _examples(document: Document, head: FileHead, entry: RuleEntry, at: At) -> Iterator[Example]:
    for index, example in enumerate(entry.tests):
        yield Example(
            place=_place(document, (*at, index)),
            tenant=head.tenants[0] if head.tenants else "",
            say=example.say,
            name=example.name,
            expect=example.expect or entry.id,
            reply=example.reply,
        )


def _place(document: Document, at: At) -> Place:
    return Place(path=".".join(map(str, at)), position=document.position(at))
