"""What a rule can ask about a message besides its words: what it carries, who wrote it, where."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatgrow_bot.addresses import GROUP
from chatgrow_bot.messages import FILES, Kind
from chatgrow_bot.payloads import Vote

from ..folding import folded
from .base import Captures, Place, Question, Subject, Wanting, held


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatIs:
    """The chat is with one person, or a group, or may be either; perhaps one of some."""

    place: Place
    private: frozenset[str] | None = None  #: people whose chats count; None: all
    groups: frozenset[str] | None = frozenset()  #: groups that count; None: all
    keys: None = None

    @property
    def unmet(self) -> str:
        """Who is not meant."""
        if self.groups == frozenset():
            return "the message is from a group" if self.private is None else "the writer is not one of those"
        return "the message is not from a group" if self.private == frozenset() else "the chat is not meant"

    def check(self, subject: Subject) -> Captures | None:
        """Whether the chat counts."""
        chat = subject.message.chat
        meant = self.groups if chat.endswith(GROUP) else self.private
        return held(meant is None or chat in meant)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForTenants:
    """The file's rules are for these tenants only."""

    place: Place
    tenants: frozenset[str]
    unmet: str = "the file is for other tenants"
    keys: None = None

    def check(self, subject: Subject) -> Captures | None:
        """Whether the message belongs to one of them."""
        return held(subject.message.tenant in self.tenants)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnConnection:
    """The message came to one of these connections."""

    place: Place
    connections: tuple[str, ...]
    keys: None = None

    @property
    def unmet(self) -> str:
        """Which they are."""
        return f"it came to another connection than {' or '.join(self.connections)}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it came there."""
        return held(subject.message.connection_id in self.connections)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBy:
    """One of these people wrote it."""

    place: Place
    people: frozenset[str]  #: chat ids
    unmet: str = "somebody else wrote it"
    keys: None = None

    def check(self, subject: Subject) -> Captures | None:
        """Whether he is one of them."""
        return held(subject.message.sender in self.people)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carries:
    """The message carries something of one of these kinds."""

    place: Place
    kinds: frozenset[Kind]  #: with Kind.TEXT, one without anything besides words counts too
    keys: None = None

    @property
    def unmet(self) -> str:
        """What was looked for."""
        if self.kinds == {Kind.TEXT}:
            return "it carries more than words"
        if self.kinds == FILES:
            return "it carries no file"
        return f"it carries no {' or '.join(sorted(self.kinds))}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it does."""
        return held(subject.message.kind in self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstContact:
    """The customer writes for the first time, or not."""

    place: Place
    wanted: bool
    keys: None = None

    @property
    def unmet(self) -> str:
        """What he is instead."""
        return "the customer has written before" if self.wanted else "the customer writes for the first time"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is as wanted."""
        return held(subject.customer.is_new is self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """The customer has one of these tags."""

    place: Place
    tags: tuple[str, ...]
    keys: None = None

    @property
    def unmet(self) -> str:
        """The tags."""
        return f"the customer has no tag {' or '.join(self.tags)}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether he has one."""
        return held(not subject.customer.tags.isdisjoint(self.tags))


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldIs:
    """What is kept about the customer under a name is one of these; or is kept at all, or is not."""

    place: Place
    name: str
    values: frozenset[str] = frozenset()  #: folded
    is_set: bool | None = None
    keys: None = None

    @property
    def unmet(self) -> str:
        """What it is not."""
        if self.is_set is None:
            return f"the customer's '{self.name}' is another, or not known"
        return f"the customer's '{self.name}' is {'not known' if self.is_set else 'known'}"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is so."""
        value = subject.customer.fields.get(self.name, "")
        if self.is_set is not None:
            return held(bool(value) is self.is_set)
        return held(bool(value) and (folded(value) or value) in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliesToUs:
    """The message quotes one of ours, or not."""

    place: Place
    wanted: bool
    keys: None = None

    @property
    def unmet(self) -> str:
        """What it does instead."""
        return "it quotes no message of ours" if self.wanted else "it quotes a message of ours"

    def check(self, subject: Subject) -> Captures | None:
        """Whether it is as wanted. A vote is no quote."""
        quotes = subject.customer.about_ours and subject.message.kind is not Kind.VOTE
        return held(quotes is self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class VotedFor:
    """The message is a vote for one of these options."""

    place: Place
    options: frozenset[str]  #: folded
    unmet: str = "it is no vote for one of these options"
    keys: None = None

    def check(self, subject: Subject) -> Captures | None:
        """Whether one of them was chosen."""
        vote = subject.message.payload
        chosen = vote.options if isinstance(vote, Vote) else ()
        return held(any((folded(option) or option) in self.options for option in chosen))


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSays:
    """A condition of another plugin holds."""

    place: Place
    name: str
    question: Question
    keys: None = None

    @property
    def unmet(self) -> str:
        """Whose it is."""
        return f"'{self.name}' says no"

    def check(self, subject: Subject) -> Captures | None:
        """What it said; asked first, if it was not. One that could not say does not hold."""
        told: Mapping[Question, bool | str] = subject.facts.told
        if self.question not in told:
            raise Wanting(self.question)
        return held(told[self.question] is True)
