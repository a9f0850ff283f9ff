"""What a replay is made of: what was written, and what the bot would have made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chatgrow_bot.messages import Kind
from chatgrow_bot.payloads import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of a chat, from either side."""

    at: datetime  #: aware
    chat: str  #: which of the chats it stands in
    who: str  #: the writer; unlike any other writer's
    name: str = ""  #: the name he gave himself, or the phone's owner gave him
    text: str = ""
    kind: Kind = Kind.TEXT
    payload: Payload | None = None  #: where it is known
    is_ours: bool = False  #: the business wrote it
    is_automatic: bool = False  #: ... and no person did
    in_group: bool = False
    about_ours: bool = False  #: it quotes, or votes on, one of ours
    place: str = ""  #: where to find it, such as `chat.txt:12`


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that is replayed, in the order of time."""

    lines: tuple[Line, ...]
    chats: int
    title: str  #: where it comes from, in words
    notes: tuple[str, ...] = ()  #: what was assumed, and what was doubtful, for people
    connection: str = ""  #: it was written there; empty: every connection is meant
    tenant: str = ""


class Outcome(StrEnum):
    """What became of a customer's message."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"  #: no rule answered
    ASKED_AGAIN = "no answer to a menu or form"  #: as the bot saw it, which had asked something
    HANDED_OFF = "with a person"  #: a rule had handed the chat to a team, so the bot was silent
    OPTED_OUT = "opted out"  #: the customer wants nothing, so the bot was silent
    REMARK = "a remark"  #: a reaction, a deletion: nobody expects an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A customer's message, and what the bot would have made of it."""

    line: Line
    outcome: Outcome
    rules: tuple[str, ...] = ()  #: that answered, by id
    reply: str = ""  #: all that the customer would have been told
    next_rule: str = ""  #: would have answered if the first of `rules` were not there
    in_dialogue: bool = False  #: it was said to a question of a menu or a form
    left: str = ""  #: the question at which a menu or form was given up, as `rule/question`


@dataclass(frozen=True, slots=True, kw_only=True)
class RanOut:
    """A menu or a form to which no answer came in time."""

    place: str  #: the question, as `rule/question`
    line: Line  #: the last message that was said in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """A whole replay."""

    played: tuple[Played, ...]
    ran_out: tuple[RanOut, ...] = ()
    begun: int = 0  #: menus and forms
    without: tuple[str, ...] = ()  #: of other plugins, of which it is not known what they say or do


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a customer wrote until the business next did."""

    messages: Sequence[Played]
    answer: Line | None  #: what the business said to that, if it did before it was too late to be an answer

    @property
    def waited(self) -> timedelta | None:
        """How long the customer waited for it."""
        return self.answer.at - self.messages[0].line.at if self.answer else None

    @property
    def is_answered(self) -> bool:
        """Whether the bot would have answered."""
        return any(each.outcome is Outcome.ANSWERED for each in self.messages)
