"""What arrived, as it is stored: those that come at the same time together, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from .. import consent
from ..engine import Arrival
from ..errors import BadInput, ConnectionNotFound
from ..hub import Use
from ..ids import new_id
from ..messages import PAYLOADS, Inbound, Step
from ..payloads import well_formed
from ..store import connections, contacts, echoes, webhook_keys
from ..store import inbox as store
from ..store.inbox import Ended

_FLOOD = Ended("flood", [Step(stage="flood", result="more than the chat may write; nobody was asked")])


@dataclass(frozen=True, slots=True)
class News:
    """A message that may be one."""

    message: Inbound
    lid: str = ""  #: the writer's linked id, where it and his number are both known
    flood: bool = False  #: nobody is going to be asked about it
    use: Use | None = None  #: under which it comes from outside


@dataclass(frozen=True, slots=True)
class Repeat:
    """It came from outside under an id that a message had before: this one."""

    message_id: str


def take_in(conn: Connection, news: Sequence[News]) -> Sequence[Inbound | Repeat | None]:
    """Who is who, consent and the messages; each as it is stored, None when it is no news."""
    return [_take_in(conn, each) for each in news]


def _take_in(conn: Connection, news: News) -> Inbound | Repeat | None:
    message = news.message
    if news.use and (first := _first_under(conn, message, news.use)) != message.id:
        return Repeat(first)
    if news.lid:
        contacts.learn(conn, message.tenant, message.connection_id, news.lid, message.sender)
    message = store.placed(conn, message)
    if message.from_me and echoes.is_echo(conn, message):
        return None
    if not store.add(conn, message, _FLOOD if news.flood else None):
        return None
    wish = None if message.from_me else consent.heard(message.text)
    if wish is not None:
        consent.obey(conn, message, wish)
    return message


def _first_under(conn: Connection, message: Inbound, use: Use) -> str:
    """The message that an id stands for, which is this one if the id is new."""
    if connections.owner(conn, message.connection_id) != message.tenant:
        raise ConnectionNotFound(f"There is no connection '{message.connection_id}'")
    if use.key_id:
        webhook_keys.note_use(conn, use.key_id, message.received_at)
    return webhook_keys.take(conn, message.connection_id, use.id, message.id, message.received_at)


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
