"""What workers write down side by side while messages leave: the intents of many, and the acks of many, each
kind in the same few statements for one as for fifty. Claims are in queue.py."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from ..messages import Delivery, Outbound, State, Step
from . import consent, obstacles, steps
from .dialect import upsert
from .partial import in_states
from .prepared import Asked, Prepared
from .rows import DELIVERY, Outgoing, from_media, from_payload, to_delivery
from .tables import outbox, slots

_STATES = {1: State.SENT, 2: State.DELIVERED, 3: State.READ, 4: State.READ}

_IN_IDS = outbox.c.id.in_(bindparam("ids", expanding=True))
_CLAIMED = Asked(
    select(outbox.c.id, outbox.c.epoch, consent.REFUSED.label("refused")).where(
        _IN_IDS, in_states("outbox.state", (State.CLAIMED,)), *obstacles.MAY_LEAVE
    )
)
_ONE = update(outbox).where(outbox.c.id == bindparam("which"))
_STEP = ("state", "reason", "updated_at", "held")
_INTEND = Prepared(_ONE, (*_STEP, "text", "media", "payload", "kind", "trace"))
_ACK = Prepared(_ONE, (*_STEP, "ack"))
_TAKE_SLOT = Prepared(upsert(slots), slots.c.keys())
_SENT = Asked(select(*DELIVERY).where(_IN_IDS))
_NAMED = Asked(
    select(*DELIVERY).where(
        outbox.c.connection_id == bindparam("connection_id"), outbox.c.wa_id == bindparam("wa_id")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A claimed message is about to be handed over."""

    row: Outgoing
    content: Outbound  #: what is going to be said, after the filters
    trace: Sequence[Step]  #: who was asked before
    at: datetime
    next_slot: datetime  #: when its lane may send again


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A message of ours came so far, as WhatsApp says."""

    connection_id: str
    wa_id: str
    ack: int
    at: datetime
    id: str = ""  #: ours, where it is known: many are found at once by it


def intend(conn: Connection, intents: Sequence[Intent]) -> Sequence[bool]:
    """Write down the intent to send, what is going to be said, and the lane's next slot.

    False for a message that was taken back meanwhile, or whose reader opted out while the filters were asked.
    """
    ids = [each.row.delivery.id for each in intents]
    taken = {(row.id, row.epoch): row.refused for row in _CLAIMED.rows(conn, ids=ids)}
    answers: list[bool] = []
    for each in intents:
        d = each.row.delivery
        refused = taken.get((d.id, each.row.epoch)) if d.expires_at > each.at else None
        if refused:
            since, reason = (State.CLAIMED,), consent.OPTED_OUT
            steps.move(conn, d.id, State.CANCELLED, each.at, since=since, reason=reason)
        answers.append(refused is False)
    if going := list(compress(intents, answers)):
        _INTEND.run(conn, [_intended(each) for each in going])
        _TAKE_SLOT.run(conn, [_slot(each) for each in going])
        steps.told(
            conn,
            [replace(e.row.delivery, state=State.SENDING, reason="", updated_at=e.at) for e in going],
        )
    return answers


def _intended(intent: Intent) -> dict[str, object]:
    content = intent.content
    return {
        "which": intent.row.delivery.id,
        "state": State.SENDING,
        "reason": "",
        "updated_at": intent.at,
        "held": False,
        "text": content.text,
        "media": from_media(content.media),
        "payload": from_payload(content.payload),
        "kind": content.kind,
        "trace": steps.from_trace(intent.trace),
    }


def _slot(intent: Intent) -> dict[str, object]:
    d = intent.row.delivery
    return {"connection_id": d.connection_id, "lane": d.lane, "next_slot": intent.next_slot}


def acked(conn: Connection, acks: Sequence[Came]) -> Sequence[bool]:
    """Note how far messages have come; never back. False for one that is not ours, or was as far already."""
    known = _known(conn, [each for each in acks if each.ack in _STATES])
    news: list[Delivery] = []
    answers: list[bool] = []
    for each in acks:
        row = known.get((each.connection_id, each.wa_id))
        is_news = row is not None and row.ack < each.ack
        answers.append(is_news)
        if row is not None and is_news:
            came = {"ack": each.ack, "state": _STATES[each.ack], "reason": "", "updated_at": each.at}
            row = known[each.connection_id, each.wa_id] = row._replace(**came)
            news.append(to_delivery(row))
    if news:
        _ACK.run(conn, [_came(each) for each in news])
        steps.told(conn, news)
    return answers


def _known(conn: Connection, acks: Sequence[Came]) -> dict[tuple[str, str], Any]:
    ids = [each.id for each in acks if each.id]
    rows = list(_SENT.rows(conn, ids=ids)) if ids else []
    for name, wa_id in {(each.connection_id, each.wa_id) for each in acks if not each.id}:
        rows += _NAMED.rows(conn, connection_id=name, wa_id=wa_id)
    return {(row.connection_id, row.wa_id): row for row in rows}


def _came(delivery: Delivery) -> dict[str, object]:
    return {
        "which": delivery.id,
        "state": delivery.state,
        "reason": "",
        "updated_at": delivery.updated_at,
        "held": False,
        "ack": delivery.ack,
    }
