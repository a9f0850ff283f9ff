"""Rows of inbox and outbox as the nouns they are; what both the journal and the nouns' own modules read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from ..engine import Reference
from ..messages import (
    OUTSIDE,
    PAYLOADS,
    Attachment,
    Delivery,
    Inbound,
    Kind,
    Lane,
    Media,
    Outbound,
    Priority,
    State,
)
from ..payloads import Payload
from .prepared import Asked
from .tables import inbox, outbox

#: The columns of `outbox` that make a delivery.
DELIVERY = [outbox.c[each.name] for each in fields(Delivery)]
_INBOUNDS = Asked(select(inbox).where(inbox.c.id.in_(bindparam("ids", expanding=True))))
_DELIVERIES = Asked(select(*DELIVERY).where(outbox.c.id.in_(bindparam("ids", expanding=True))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An outgoing message whole: its delivery, and what it says."""

    delivery: Delivery
    text: str = ""
    media: Media | None = None
    payload: Payload | None = None
    mentions: tuple[str, ...] = ()  #: chat ids
    forwarded: bool = False
    cause: str = ""  #: our id of the message that it answers
    recoveries: int = 0  #: times it was found half sent
    epoch: int = 0  #: of the process that last took it up
    gap: timedelta = timedelta(0)  #: how far behind others to its chat it is placed; not stored

    @property
    def content(self) -> Outbound:
        """What it says, in the form in which filters see it."""
        return Outbound(
            to=self.delivery.chat,
            text=self.text,
            media=self.media,
            payload=self.payload,
            about=self.delivery.about,
            mentions=self.mentions,
            forwarded=self.forwarded,
            because=self.delivery.because,
        )


def inbound(conn: Connection, tenant: str, message_id: str) -> Inbound | None:
    """One message that came in."""
    found = conn.execute(select(inbox).where(inbox.c.id == message_id, inbox.c.tenant == tenant)).first()
    return to_inbound(found) if found else None


def outgoing(conn: Connection, tenant: str, message_id: str) -> Outgoing | None:
    """One outgoing message."""
    found = conn.execute(select(outbox).where(outbox.c.id == message_id, outbox.c.tenant == tenant)).first()
    return to_outgoing(found) if found else None


def inbounds(conn: Connection, ids: Collection[str]) -> Mapping[str, Inbound]:
    """Those of these messages that came in and are kept, by id, whosever they are."""
    return {row.id: to_inbound(row) for row in _INBOUNDS.rows(conn, ids=sorted(ids))} if ids else {}


def deliveries(conn: Connection, ids: Collection[str]) -> Mapping[str, Delivery]:
    """Those of these outgoing messages that are kept, by id, whosever they are."""
    return {row.id: to_delivery(row) for row in _DELIVERIES.rows(conn, ids=sorted(ids))} if ids else {}


def reference(conn: Connection, tenant: str, connection_id: str, message_id: str) -> Reference | None:
    """How WhatsApp names a message of this connection, sent or received; None when there is no such, or when
    it came from outside WhatsApp."""
    sent = outgoing(conn, tenant, message_id)
    if sent and sent.delivery.connection_id == connection_id:
        return Reference(chat=sent.delivery.chat, wa_id=sent.delivery.wa_id, from_me=True)
    came = inbound(conn, tenant, message_id)
    if came and came.connection_id == connection_id and not came.wa_id.startswith(OUTSIDE):
        return Reference(chat=came.chat, wa_id=came.wa_id, from_me=came.from_me, participant=came.participant)
    return None


def to_inbound(row: Any) -> Inbound:
    """A row of `inbox`."""
    return Inbound(
        id=row.id,
        tenant=row.tenant,
        connection_id=row.connection_id,
        chat=row.chat,
        participant=row.participant,
        from_me=row.from_me,
        wa_id=row.wa_id,
        kind=Kind(row.kind),
        text=row.text,
        attachment=Attachment(**row.attachment) if row.attachment else None,
        media=to_media(row.media),
        media_trouble=row.media_trouble,
        payload=to_payload(Kind(row.kind), row.payload),
        about=row.about,
        about_wa_id=row.about_wa_id,
        mentions=tuple(row.mentions or ()),
        forwarded=row.forwarded,
        name=row.name,
        chat_name=row.chat_name,
        sent_at=row.sent_at,
        received_at=row.received_at,
    )


def to_outgoing(row: Any) -> Outgoing:
    """A row of `outbox`."""
    delivery = to_delivery(row)
    return Outgoing(
        delivery=delivery,
        text=row.text,
        media=to_media(row.media),
        payload=to_payload(delivery.kind, row.payload),
        mentions=tuple(row.mentions or ()),
        forwarded=row.forwarded,
        cause=row.cause,
        recoveries=row.recoveries,
        epoch=row.epoch,
    )


def to_delivery(row: Any) -> Delivery:
    """A row with what of `outbox` is no content."""
    return Delivery(
        id=row.id,
        tenant=row.tenant,
        connection_id=row.connection_id,
        chat=row.chat,
        wa_id=row.wa_id,
        kind=Kind(row.kind),
        lane=Lane(row.lane),
        priority=Priority(row.priority),
        state=State(row.state),
        ack=row.ack,
        attempts=row.attempts,
        reason=row.reason,
        source=row.source,
        because=row.because,
        about=row.about,
        request_id=row.request_id,
        created_at=row.created_at,
        due=row.due,
        expires_at=row.expires_at,
        updated_at=row.updated_at,
    )


def to_payload(kind: Kind, value: Mapping[str, Any] | None) -> Payload | None:
    """A stored payload; its kind says what it is."""
    return None if value is None else msgspec.convert(value, PAYLOADS[kind])


def from_payload(payload: Payload | None) -> Any:
    """A payload as it is stored."""
    return None if payload is None else msgspec.to_builtins(payload)


def to_media(value: Mapping[str, Any] | None) -> Media | None:
    """A stored media reference."""
    if not value:
        return None
    return Media(**{**value, "path": Path(value["path"]), "kind": Kind(value["kind"])})


def from_media(media: Media | None) -> dict[str, Any] | None:
    """A media reference as it is stored."""
    if media is None:
        return None
    return {
        "path": str(media.path),
        "sha256": media.sha256,
        "mimetype": media.mimetype,
        "filename": media.filename,
        "size": media.size,
        "kind": media.kind.value,
    }
