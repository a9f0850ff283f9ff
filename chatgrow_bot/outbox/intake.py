"""Messages to send, as they are stored: those asked for at the same time together, in one transaction,
each with an answer of its own."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from ..errors import (
    BadInput,
    ChatgrowError,
    ConnectionNotFound,
    ConnectionNotReady,
    IdempotencyMismatch,
    MessageNotFound,
    OptedOut,
)
from ..hub import ConnectionView
from ..messages import REMARKS, ConnectionState, Delivery, Kind, Outbound
from ..store import connections as stored_connections
from ..store import consent, contacts
from ..store import outbox as store
from ..store.rows import Outgoing, reference
from .counting import Counting

#: What a person has to do before a connection in this state can send.
_TO_DO = {
    ConnectionState.LOGGED_OUT: "it was unlinked on the phone",
    ConnectionState.BANNED: "WhatsApp closed the account",
    ConnectionState.FAILED: "it cannot start",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A message that somebody wants queued."""

    row: Outgoing
    key: str | None
    digest: str
    asked: str = ""


class Intake:
    """Stores what may be queued."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting

    def take_in(self, conn: Connection, asks: Sequence[Ask]) -> Sequence[Delivery | ChatgrowError]:
        """Whatever is asked for at the same time is stored together; each gets its own answer."""
        views = stored_connections.by_id(conn, {ask.row.delivery.connection_id for ask in asks})
        heavy = self._counting.too_large(conn, [ask.row for ask in asks])
        out = _out(conn, [ask.row.delivery for ask in asks])
        known: dict[tuple[str, str], tuple[str, Outgoing | None]] = {}
        answers: list[Delivery | ChatgrowError] = []
        fresh: list[Ask] = []
        for ask in asks:
            new = ask.row.delivery
            place = (new.tenant, ask.key) if ask.key else None
            if place and (before := known.get(place) or store.by_key(conn, *place)):
                answers.append(_repeated(before, ask.digest))
            elif refused := (
                refusal(new.tenant, new.connection_id, views.get(new.connection_id))
                or unwanted(new.id in out)
                or heavy.get(new.id)
                or _misses(conn, new)
            ):
                answers.append(refused)
            else:
                answers.append(new)
                fresh.append(ask)
                if place:
                    known[place] = (ask.digest, ask.row)
        came_of = self._store(conn, fresh)
        return [came_of.get(each.id, each) if isinstance(each, Delivery) else each for each in answers]

    def _store(self, conn: Connection, fresh: Sequence[Ask]) -> Mapping[str, Delivery | ChatgrowError]:
        """As many as their users' plans allow, and what came of each, by message id."""
        refused = self._counting.take(conn, [ask.row for ask in fresh])
        taken = [ask for ask in fresh if ask.row.delivery.id not in refused]
        stored = store.add(conn, [ask.row for ask in taken], wanted=True)
        for ask in taken:
            if ask.key:
                store.keep_key(conn, ask.row, ask.key, ask.digest, ask.asked)
        return {**refused, **{each.id: each for each in stored}}


def _out(conn: Connection, new: Sequence[Delivery]) -> Set[str]:
    """Those of these messages, by id, whose readers want nothing, under the name given or the chat's own."""
    names = {d.id: {d.chat, contacts.canonical(conn, d.connection_id, d.chat)} for d in new}
    out = consent.all_opted_out(conn, {(d.tenant, name) for d in new for name in names[d.id]})
    return {d.id for d in new if any((d.tenant, name) in out for name in names[d.id])}


def refusal(tenant: str, name: str, view: ConnectionView | None) -> ChatgrowError | None:
    """Why nothing of a tenant's may be queued on a connection; None when it may."""
    if view is None or view.tenant != tenant:
        return ConnectionNotFound(f"There is no connection '{name}'")
    if view.me is None:
        return ConnectionNotReady(f"Connection '{name}' is {view.state}: it was never linked")
    if view.state in _TO_DO:
        return ConnectionNotReady(f"Connection '{name}' is {view.state}: {_TO_DO[view.state]}")
    return None


def unwanted(opted_out: bool) -> OptedOut | None:
    """Why nothing is queued for somebody who has opted out."""
    return OptedOut("This person wants no messages from you") if opted_out else None


def _misses(conn: Connection, delivery: Delivery) -> ChatgrowError | None:
    """What is wrong with the message that this one is about."""
    if not delivery.about:
        return None
    about = reference(conn, delivery.tenant, delivery.connection_id, delivery.about)
    if about is None:
        name = delivery.connection_id
        return MessageNotFound(f"Connection '{name}' has no message '{delivery.about}' to refer to")
    here, there = (contacts.canonical(conn, delivery.connection_id, c) for c in (delivery.chat, about.chat))
    if delivery.kind in REMARKS and here != there:
        return BadInput(f"A {delivery.kind} goes to the chat of the message that it is about: {about.chat}")
    if delivery.kind is Kind.EDIT and not about.from_me:
        return BadInput("Only messages of one's own can be edited")
    return None


def _repeated(known: tuple[str, Outgoing | None], digest: str) -> Delivery | ChatgrowError:
    before, row = known
    if before != digest or row is None:
        return IdempotencyMismatch("This Idempotency-Key was used for another message")
    return row.delivery


def digest(connection_id: str, message: Outbound) -> str:
    """What was asked, as one short value: the same request has the same."""
    media = message.media and (message.media.sha256, message.media.filename, message.media.kind)
    asked: list[object] = [
        connection_id,
        message.to,
        message.text,
        media,
        message.priority,
        message.send_at,
        message.ttl,
    ]
    asked += [message.kind, message.payload, message.about, message.mentions, message.forwarded]
    return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()
