"""What a rule can ask about a message. Each condition knows its place in the file, for the trace to name it.

A new kind of condition is one class here and one key in language.py; `decide` does not change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chatgrow_bot.addresses import GROUP
from chatgrow_bot.config import Position
from chatgrow_bot.messages import REMARKS, Inbound
from chatgrow_bot.safety.patterns import MAX_TEXT, Pattern

from .folding import folded, plain

#: What a condition that holds found in the text, by name.
Captures = Mapping[str, str]
_NOTHING_CAPTURED: Captures = {}

_SHOWN = 4  # phrases that a trace repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A limited rule has answered in a chat."""

    at: datetime
    message: str  #: id of the message it answered: asked again about that one after a crash, it answers again


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision rests on besides the message and the rules."""

    now: datetime  #: aware, in the business's own time zone
    uses: Mapping[str, Sequence[Use]] = field(default_factory=dict)  #: by rule id, in this chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A message with its facts, its text made ready for matching once for all rules."""

    message: Inbound
    facts: Facts
    plain: str
    folded: str

    @classmethod
    def of(cls, message: Inbound, facts: Facts) -> "Subject":
        """Ready one message."""
        text = message.text[:MAX_TEXT]
        return cls(message=message, facts=facts, plain=plain(text), folded=folded(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in the rule files."""

    path: str  #: within the file, such as `rules.0.when.text.any`
    position: Position

    def __str__(self) -> str:
        return f"{self.position.file}:{self.position.line}"


class Condition(Protocol):
    """One question about a message."""

    @property
    def place(self) -> Place:
        """Where it is asked."""
        ...

    @property
    def unmet(self) -> str:
        """What to tell a person when it does not hold. Never a word of the message."""
        ...

    def check(self, subject: Subject) -> Captures | None:
        """What it captured if it holds, None if not. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words to look for: as written in the rule, and folded."""

    written: str
    folded: str

    def __str__(self) -> str:
        return f"'{self.written}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateChat:
    """A person writes to us alone. All rules ask it: a bot that answers a group disturbs everyone in it."""

    place: Place
    unmet: str = "the message is from a group"

    def check(self, subject: Subject) -> Captures | None:
        """Whether the chat is with one person."""
        return None if subject.message.chat.endswith(GROUP) else _NOTHING_CAPTURED


@dataclass(frozen=True, slots=True, kw_only=True)
class SaysSomething:
    """Somebody says something to us. All rules ask it: a pattern such as `.*` fits a photo without a word,
    and a reaction or an edit is only a remark on what was said before."""

    place: Place
    unmet: str = "the message has no words of its own"

    def check(self, subject: Subject) -> Captures | None:
        """Whether there are words, and not as a remark."""
        is_remark = subject.message.kind in REMARKS
        return None if is_remark or not subject.plain.strip() else _NOTHING_CAPTURED


@dataclass(frozen=True, slots=True, kw_only=True)
class ForTenants:
    """The file's rules are for these tenants only."""

    place: Place
    tenants: frozenset[str]
    unmet: str = "the file is for other tenants"

    def check(self, subject: Subject) -> Captures | None:
        """Whether the message belongs to one of them."""
        return _NOTHING_CAPTURED if subject.message.tenant in self.tenants else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyPhrase:
    """At least one of the phrases is in the text."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that was looked for."""
        return f"none of {_listed(self.phrases)} is in the text"

    def check(self, subject: Subject) -> Captures | None:
        """Whether a phrase is there, as whole words."""
        return _NOTHING_CAPTURED if any(p.folded in subject.folded for p in self.phrases) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPhrases:
    """Every phrase is in the text, in any order."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that was looked for."""
        return f"not all of {_listed(self.phrases)} are in the text"

    def check(self, subject: Subject) -> Captures | None:
        """Whether all are there, as whole words."""
        return _NOTHING_CAPTURED if all(p.folded in subject.folded for p in self.phrases) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactPhrase:
    """The text is one of the phrases, and nothing else."""

    place: Place
    phrases: tuple[Phrase, ...]

    @property
    def unmet(self) -> str:
        """All that it was compared with."""
        return f"the text is not exactly {_listed(self.phrases, 'or')}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether the whole text is one of them."""
        return _NOTHING_CAPTURED if any(p.folded == subject.folded for p in self.phrases) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyPattern:
    """At least one of the patterns finds something; its named groups go into the reply."""

    place: Place
    patterns: tuple[Pattern, ...]
    unmet: str = "the pattern finds nothing in the text"

    def check(self, subject: Subject) -> Captures | None:
        """The named groups of the first pattern that finds something."""
        for pattern in self.patterns:
            if found := pattern.search(subject.plain):
                return {name: value or "" for name, value in found.named.items()}
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The rule answers a chat so many times in so long a time, and no more."""

    place: Place
    rule: str
    times: int
    per: timedelta

    @property
    def words(self) -> str:
        """The limit as a person would say it."""
        times = "once" if self.times == 1 else f"{self.times} times"
        return f"{times} in {_shown(self.per)}"

    @property
    def unmet(self) -> str:
        """That it is reached."""
        return f"it answers a chat {self.words}, and it has"

    def check(self, subject: Subject) -> Captures | None:
        """Whether there is room for one more answer."""
        since = subject.facts.now - self.per
        uses = subject.facts.uses.get(self.rule, ())
        recent = sum(use.at > since and use.message != subject.message.id for use in uses)
        return _NOTHING_CAPTURED if recent < self.times else None


def _shown(duration: timedelta) -> str:
    """A duration as rules write it: 90m, 1d."""
    seconds = int(duration.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _listed(phrases: Sequence[Phrase], word: str = "and") -> str:
    """The first few; who wants all of them has the place."""
    shown, more = phrases[:_SHOWN], len(phrases) - _SHOWN
    *most, last = [*map(str, shown), *([f"{more} more"] if more > 0 else [])]
    return f"{', '.join(most)} {word} {last}" if most else last
