"""A test from a rule file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from chatgrow_bot.messages import Kind

from .conditions.base import Place

#: Who says it when it does not matter: a number kept for films and examples; a group; a connection.
SOMEBODY, SOME_GROUP, SOMEWHERE = "14155550123@c.us", "120363000000000001@g.us", "rehearsal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of a customer in a talk, and what shall come of it."""

    place: Place
    say: str = ""
    kind: Kind = Kind.TEXT
    votes: tuple[str, ...] = ()
    after: timedelta = timedelta(seconds=10)  #: since the one before
    expect: str | None = None  #: the rule that answers or goes on, or `nothing`
    asks: str | None = None  #: the question that is open then, or `nothing`
    reply: str | None = None
    does: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a customer may say, and what shall come of it."""

    place: Place
    tenant: str = ""  #: whose customer says it
    connection: str = SOMEWHERE
    say: str = ""
    name: str = ""
    kind: Kind = Kind.TEXT
    votes: tuple[str, ...] = ()
    at: datetime | None = None  #: by the clock on the business's wall, without a zone; None: now
    zone: tzinfo | None = None  #: of the file's hours; None: the plugin's
    sender: str = SOMEBODY
    in_group: str = ""  #: the group's chat id
    is_new: bool = False
    since_last: timedelta | None = None
    about_ours: bool = False
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)  #: what other plugins' conditions say, by name
    expect: str  #: a rule's id, or `nothing`
    reply: str | None = None  #: the whole text expected, if that matters
    does: tuple[str, ...] | None = None  #: what is done besides
    talk: tuple[Line, ...] = ()  #: several messages, one after the other, instead of one

    @property
    def shown(self) -> str:
        """By what a person knows it."""
        return self.talk[0].say if self.talk else self.say
