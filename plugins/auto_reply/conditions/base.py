"""What every condition is made of: the message with its facts, a place in the files, and the question."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chatgrow_bot.config import Position
from chatgrow_bot.messages import REMARKS, Inbound
from chatgrow_bot.responses import Customer
from chatgrow_bot.safety.patterns import MAX_TEXT

from ..folding import folded, plain
from ..index import Key
from ..languages import language_of

#: What a condition that holds found in the text, by name.
Captures = Mapping[str, str]
NOTHING_CAPTURED: Captures = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A limited rule has answered in a chat."""

    at: datetime
    message: str  #: id of the message it answered: asked again about that one after a crash, it answers again


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Something that only another plugin can tell: its condition's name, and the value that stands there.
    Wherever it stands it is the same one, and asked once a message."""

    name: str
    value: Any = None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Question)
            and self.name == other.name
            and repr(self.value) == repr(other.value)  # 1 equals True, and is another value
            and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        return hash(self.name)


class Wanting(Exception):
    """A decision needs the answer to a question first. Raised by a condition, caught by `decide`."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.name)
        self.question = question


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision rests on besides the message and the rules."""

    now: datetime  #: aware, in the business's own time zone
    customer: Customer | None = None  #: None: somebody of whom nothing is known
    uses: Mapping[str, Sequence[Use]] = field(default_factory=dict)  #: by rule id, in this chat
    #: What other plugins said; a text is why one could not say.
    told: Mapping[Question, bool | str] = field(default_factory=dict)
    chance: int = 0  #: chooses among variants: the same for one message each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A message with its facts, its text made ready for matching once for all rules."""

    message: Inbound
    customer: Customer
    facts: Facts
    plain: str
    folded: str
    languages: Collection[str] = ()  #: that any rule asks about
    _seen: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Inbound, facts: Facts, languages: Collection[str] = ()) -> "Subject":
        """Ready one message. A remark on an earlier message has no words of its own."""
        text = "" if message.kind in REMARKS else message.text[:MAX_TEXT]
        return cls(
            message=message,
            customer=facts.customer or Customer(chat=message.sender),
            facts=facts,
            plain=plain(text),
            folded=folded(text),
            languages=languages,
        )

    @property
    def language(self) -> str:
        """The language of the text, of those that rules ask about; empty when there is nothing to tell by."""
        if "language" not in self._seen:
            self._seen["language"] = language_of(self.plain, self.languages)
        return str(self._seen["language"])


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

    @property
    def keys(self) -> frozenset[Key] | None:
        """Of which at least one must be in the text for it to hold; None when the text does not tell."""
        ...

    def check(self, subject: Subject) -> Captures | None:
        """What it captured if it holds, None if not. Raises Wanting, and nothing else."""
        ...


def held(is_so: bool) -> Captures | None:
    """A condition's answer that captures nothing."""
    return NOTHING_CAPTURED if is_so else None
