"""What an edited rule file would change: the same messages, played through both."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..loading import Loaded, Setting, load_folder
from ..reading import load_file
from ..together import together
from .gathering import SAMPLES
from .nouns import Outcome, Performance, Played


class Change(StrEnum):
    """What is otherwise with the edited rules."""

    NEWLY = "newly answered"
    NO_LONGER = "no longer answered"
    ANOTHER = "answered by another rule"
    WORDS = "answered in other words"
    OTHERWISE = "silent for another reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Messages of which the same became otherwise."""

    change: Change
    before: str  #: the rules that answered, or why none did
    after: str
    times: int
    samples: Sequence[tuple[Played, Played]]  #: before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Edited rules against the present ones."""

    edited: str  #: the file or folder
    before: int  #: messages answered
    after: int
    same: int  #: messages of which the same became
    changed: Sequence[Changed]  #: the commonest of each kind first

    def times(self, change: Change) -> int:
        """How many messages it happened to."""
        return sum(each.times for each in self.changed if each.change is change)


def edited_book(present: Loaded, path: Path, setting: Setting) -> Loaded:
    """The rules as an edited folder or file would have them. A file takes the place of the present one of its
    name; where there is none, it is added."""
    if path.is_dir():
        return load_folder(path, setting)
    taken = {name: file for name, file in present.files.items() if name.name != path.name}
    files = {**taken, path: load_file(path, setting)}
    ordered = {name: files[name] for name in sorted(files, key=lambda each: each.name)}
    rules, clashes = together(ordered)
    problems = [*files[path].problems, *(clash.problem for clash in clashes)]
    languages = dict.fromkeys(name for file in ordered.values() for name in file.languages)
    return Loaded(rules=rules, problems=tuple(problems), languages=tuple(languages), files=ordered)


def compared(edited: str, before: Performance, after: Performance) -> Comparison:
    """What became of each message, before and after."""
    pairs: defaultdict[tuple[Change, str, str], list[tuple[Played, Played]]] = defaultdict(list)
    for one, other in zip(before.played, after.played, strict=True):
        if change := _change(one, other):
            pairs[change, _by(one), _by(other)].append((one, other))
    changed = [
        Changed(change=change, before=was, after=now, times=len(its), samples=_samples(its))
        for (change, was, now), its in pairs.items()
    ]
    order = list(Change)
    return Comparison(
        edited=edited,
        before=_answered(before),
        after=_answered(after),
        same=len(before.played) - sum(each.times for each in changed),
        changed=sorted(changed, key=lambda each: (order.index(each.change), -each.times, each.after)),
    )


def _change(one: Played, other: Played) -> Change | None:
    was, now = one.outcome is Outcome.ANSWERED, other.outcome is Outcome.ANSWERED
    if was and now:
        if one.rules != other.rules:
            return Change.ANOTHER
        return Change.WORDS if one.reply != other.reply else None
    if was or now:
        return Change.NEWLY if now else Change.NO_LONGER
    return Change.OTHERWISE if one.outcome is not other.outcome else None


def _by(each: Played) -> str:
    return " and ".join(each.rules) or each.outcome.value


def _samples(its: Sequence[tuple[Played, Played]]) -> list[tuple[Played, Played]]:
    """A few, no two of the same words."""
    return list({one.line.text.strip().casefold(): (one, other) for one, other in its}.values())[:SAMPLES]


def _answered(performance: Performance) -> int:
    return sum(each.outcome is Outcome.ANSWERED for each in performance.played)
