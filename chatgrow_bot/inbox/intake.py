"""What arrived, as it is stored: those that come at the same time together, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from ..engine import Arrival
from ..errors import BadInput, ConnectionNotFound
from ..hub import FromOutside, Use
from ..ids import new_id
from ..messages import OUTSIDE, PAYLOADS, Inbound, Kind, Step
from ..payloads import well_formed
from ..store import connections, contacts, echoes, spent, webhook_keys, withdrawal
from ..store import inbox as store
from ..store.inbox import Ended
from ..store.spent import Mark
from ..store.withdrawal import Withdrawn
from . import ends
from .wishes import Heeded, Wish, Wishes

#: How far the clock of whoever brings in a message may be ahead of ours.
_AHEAD = timedelta(minutes=5)
_FLOOD = Ended("flood", [Step(stage="flood", result="more than the chat may write; nobody was asked")])


@dataclass(frozen=True, slots=True)
class News:
    """A message that may be one."""

    message: Inbound
    lid: str = ""  #: the writer's linked id, where it and his number are both known
    flood: bool = False  #: nobody is going to be asked about it
    use: Use | None = None  #: under which it comes from outside
    wish: Wish | None = None  #: what its writer wishes, where it says nothing else


@dataclass(frozen=True, slots=True)
class Repeat:
    """It came from outside under an id that a message had before: this one."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A message, as it is stored now."""

    message: Inbound
    has_ended: bool = False  #: nobody is going to be asked about it
    heeded: Heeded | None = None  #: what came of its writer's wish, where that is all it says


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message turned out to be; None when it is no news."""

    stored: Stored | Repeat | None = None
    #: What ended because its writer became known under another name; there may be more of it.
    withdrawn: Withdrawn | None = None


class Intake:
    """Stores what comes in."""

    def __init__(self, wishes: Wishes, zone: tzinfo) -> None:
        self._wishes = wishes
        self._zone = zone

    def take_in(self, conn: Connection, news: Sequence[News]) -> Sequence[Taken]:
        """Who is who, consent and the messages, each as it is stored."""
        gone = spent.among(conn, {mark for each in news for mark in spent.marks_of(each.message)})
        return [self._take_in(conn, each, gone) for each in news]

    def _take_in(self, conn: Connection, news: News, gone: Mapping[Mark, str]) -> Taken:
        message = news.message
        if news.use and (first := _first_under(conn, message, news.use)) != message.id:
            return Taken(Repeat(first))
        if gone and not gone.keys().isdisjoint(spent.marks_of(message)):
            return Taken()  # its writer was erased since
        withdrawn: Withdrawn | None = None
        if news.lid and contacts.learn(
            conn, message.tenant, message.connection_id, news.lid, message.sender
        ):  # what is queued under the one name is for somebody who may have opted out under the other
            withdrawn = withdrawal.withdraw(conn, message.tenant, message.sender, message.received_at)
        return Taken(self._stored(conn, store.placed(conn, message), news), withdrawn)

    def _stored(self, conn: Connection, message: Inbound, news: News) -> Stored | None:
        if message.from_me and echoes.is_echo(conn, message):
            return None
        wish = news.wish if news.wish and self._wishes.is_meant(conn, message) else None
        heeds = self._wishes.ended(conn, message, wish) if wish else None
        ended = heeds or (_FLOOD if news.flood else None)
        if not store.add(conn, message, ended):
            return None
        if ended:
            ends.count(conn, message, ends.End(outcome=ended.outcome), message.received_at, self._zone)
        heeded = self._wishes.heed(conn, message, wish) if wish else None
        return Stored(message, has_ended=ended is not None, heeded=heeded if heeds else None)


def _first_under(conn: Connection, message: Inbound, use: Use) -> str:
    """The message that an id stands for, which is this one if the id is new."""
    if connections.owner(conn, message.connection_id) != message.tenant:
        raise ConnectionNotFound(f"There is no connection '{message.connection_id}'")
    if use.key_id:
        webhook_keys.note_use(conn, use.key_id, message.received_at)
    mark = spent.of_use(message.tenant, message.connection_id, use.id)
    if mark in (gone := spent.among(conn, {mark})):
        return gone[mark]
    return webhook_keys.take(conn, message.connection_id, use.id, message.id, message.received_at)


def from_outside(tenant: str, connection_id: str, said: FromOutside, now: datetime) -> Inbound:
    """Somebody's words from outside WhatsApp, as they are going to be stored. Raises BadInput for a time to
    come."""
    if said.sent_at > now + _AHEAD:
        raise BadInput("The time of the message is yet to come; in numbers it is in seconds")
    arrival = Arrival(
        chat=said.sender,
        wa_id=f"{OUTSIDE}{new_id()}",
        kind=Kind.TEXT,
        text=said.text,
        name=said.name,
        sent_at=said.sent_at,
    )
    return as_stored(tenant, connection_id, arrival, now)


def as_stored(tenant: str, connection_id: str, arrival: Arrival, now: datetime) -> Inbound:
    """What arrived, as it is going to be stored. Raises BadInput for what could not be read again."""
    is_its_own = arrival.payload is None or type(arrival.payload) is PAYLOADS.get(arrival.kind)
    if not is_its_own or not well_formed(arrival.text, arrival.payload):
        raise BadInput(f"What arrived does not have the form of a message of the kind '{arrival.kind}'")
    return Inbound(
        id=new_id(),
        tenant=tenant,
        connection_id=connection_id,
        chat=arrival.chat,
        participant=arrival.participant,
        from_me=arrival.from_me,
        wa_id=arrival.wa_id,
        kind=arrival.kind,
        text=arrival.text,
        attachment=arrival.attachment,
        payload=arrival.payload,
        about_wa_id=arrival.about,
        mentions=arrival.mentions,
        forwarded=arrival.forwarded,
        name=arrival.name,
        chat_name=arrival.chat_name,
        sent_at=arrival.sent_at,
        received_at=now,
    )
