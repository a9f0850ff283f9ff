"""The loop breaker at work: which automatic messages may follow one that came in, by what was said before in
its chat, and in any other chat that one of them goes to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ..addresses import chat_of
from ..errors import InvalidPhoneNumber
from ..limits import LoopLimits
from ..messages import REMARKS, Inbound, Lane, Outbound, Step
from ..responses import Customer
from ..store import contacts, customers, dialogues
from ..store import inbox as store
from ..store import replies as stored_replies
from ..store.rows import Outgoing

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

#: When something was said, and what.
Said = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Lately:
    """What happened lately in a chat and on its connection."""

    typed: datetime | None  #: when a person last wrote there from the phone
    cuts: Sequence[datetime]  #: when reply loops were cut
    replies: Sequence[Said]  #: automatic ones to the chat
    hour: int  #: automatic messages of the connection within the hour


@dataclass(frozen=True, slots=True)
class Past:
    """What has to be known before anybody is asked about a message."""

    customer: Customer
    holder: str  #: which plugin waits for something from him; the dialogue is for it alone
    lately: Lately


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What was sent lately to another chat, and is going to be."""

    times: list[datetime]  #: of all automatic messages
    because: list[Said]  #: those that the chat of the message caused


@dataclass(frozen=True, slots=True)
class Reply:
    """An automatic message, and the lane in which it goes."""

    content: Outbound
    lane: Lane = Lane.REPLY


@dataclass(frozen=True, slots=True)
class LetThrough:
    """What the loop breaker lets through, and what it says of the rest."""

    replies: list[Reply] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def without(self, refusal: str, fault: str) -> None:
        """One is left out."""
        self.steps.append(Step(stage="loop breaker", result=refusal))
        self.faults.append(fault)


class Loops:
    """Looks back, and decides."""

    def __init__(self, limits: LoopLimits) -> None:
        self._limits = limits

    def past(self, conn: Connection, message: Inbound, now: datetime) -> Past:
        """Who wrote a message, and what was before."""
        customer, held = customers.of(conn, message), dialogues.held(conn, message, now)
        return Past(
            customer=replace(customer, dialogue=held.dialogue) if held else customer,
            holder=held.plugin if held else "",
            lately=self.lately(conn, message.connection_id, message.chat, now),
        )

    def lately(self, conn: Connection, connection_id: str, chat: str, now: datetime) -> Lately:
        """What happened in a chat."""
        sent = stored_replies.to_chat(conn, connection_id, chat, self._long_ago(now))
        taken_over = now - timedelta(seconds=self._limits.take_over)
        return Lately(
            typed=store.typed(conn, connection_id, chat, taken_over),
            cuts=store.cuts(conn, connection_id, chat, now - _DAY),
            replies=[(row.delivery.created_at, _said(row.content)) for row in sent],
            hour=stored_replies.count(conn, connection_id, now - _HOUR),
        )

    def silenced(self, lately: Lately, now: datetime) -> tuple[str, Step] | None:
        """How the way in ends in a chat, or on a connection, that is silent now, and why."""
        for outcome, stage, reason in (
            ("taken over", "guard", self._limits.taken_over(lately.typed, now)),
            ("silent", "loop breaker", self._limits.silent(lately.cuts, now)),
            ("capped", "loop breaker", self._limits.exhausted(lately.hour)),
        ):
            if reason:
                return outcome, Step(stage=stage, result=reason)
        return None

    def hushed(self, conn: Connection, row: Outgoing, now: datetime) -> str:
        """Why a message that nobody wrote for must not be said in its chat; empty when it may."""
        lately = self.lately(conn, row.delivery.connection_id, row.delivery.chat, now)
        if silenced := self.silenced(lately, now):
            return silenced[1].result
        return self._limits.refuses(lately.replies, _said(row.content), now) or ""

    def stay(self, message: Inbound, replies: Sequence[Outbound]) -> bool:
        """Whether all replies go to the message's own chat, without looking anything up."""
        return all(_place(each, message) == (message.connection_id, message.chat) for each in replies)

    def elsewhere(
        self, conn: Connection, message: Inbound, replies: Sequence[Outbound], now: datetime
    ) -> Sequence[Elsewhere | None]:
        """What was sent lately to the chat of each reply; None where that is the message's own."""
        here, known = (message.connection_id, message.chat), dict[tuple[str, str], Elsewhere]()
        found: list[Elsewhere | None] = []
        for reply in replies:
            name, chat = _place(reply, message)
            place = name, contacts.canonical(conn, name, chat)
            if place != here and place not in known:
                known[place] = self._sent_to(conn, place, here, now)
            found.append(known.get(place))
        return found

    def _sent_to(
        self, conn: Connection, place: tuple[str, str], here: tuple[str, str], now: datetime
    ) -> Elsewhere:
        since = self._long_ago(now)
        answered = stored_replies.to_chat(conn, *place, since)
        caused = stored_replies.from_elsewhere(conn, *place, since)
        return Elsewhere(
            times=[row.delivery.created_at for row in (*answered, *(each.row for each in caused))],
            because=[
                (each.row.delivery.created_at, _said(each.row.content))
                for each in caused
                if (each.connection_id, each.chat) == here
            ],
        )

    def let_through(
        self,
        lately: Lately,
        replies: Sequence[tuple[Outbound, Elsewhere | None]],
        now: datetime,
        *,
        in_dialogue: bool = False,
    ) -> tuple[bool, LetThrough]:
        """The replies that may go, and whether a loop is cut. It is one where a chat causes too much, in
        itself or in another; where another only has more than enough from all, nobody falls silent for it.
        `in_dialogue`: they follow from what somebody was asked."""
        through, sent = LetThrough(), list(lately.replies)
        here = self._limits.in_dialogue() if in_dialogue else self._limits
        for content, other in replies:
            said = _said(content)
            mine = sent if other is None else other.because
            if refusal := (self._limits if other else here).refuses(mine, said, now):
                through.without(refusal, f"a reply loop was cut: {refusal}")
                return True, through
            if other and (refusal := self._limits.crowded(other.times, now)):
                refusal = f"not sent to another chat, which had {refusal}"
                through.without(refusal, f"a message is {refusal}")
                continue
            mine.append((now, said))
            if other:
                other.times.append(now)
            through.replies.append(Reply(content, Lane.SEND if other else Lane.REPLY))
        return False, through

    def _long_ago(self, now: datetime) -> datetime:
        return now - timedelta(seconds=self._limits.long_seconds)


def _place(reply: Outbound, message: Inbound) -> tuple[str, str]:
    """By which connection a reply goes where. What can go nowhere is refused where it is looked at as a
    message; a plugin without types may have put anything there."""
    name = reply.connection_id
    try:
        chat = chat_of(reply.to) if isinstance(reply.to, str) else message.chat
    except InvalidPhoneNumber:
        chat = message.chat
    return (name if name and isinstance(name, str) else message.connection_id), chat


def _said(content: Outbound) -> str:
    """The words, or what stands in their place: two different pictures are not the same reply twice."""
    if content.kind in REMARKS:
        return f"{content.payload} {content.about}"
    return content.text or (content.media.sha256 if content.media else str(content.payload))
