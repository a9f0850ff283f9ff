"""What the hub answers, as frozen objects. Keys that this version does not know are passed over, and states
are plain texts, so that a newer hub is understood by an older client."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that the hub told; on the wire its names are in camelCase."""


class Connection(Answer, frozen=True, kw_only=True):
    """A connection."""

    connection_id: str
    name: str = ""
    phone_number: str = ""
    settings: Mapping[str, Any] = {}
    state: str  #: created, starting, qr, pairing_code, ..., online, ..., failed
    reason: str = ""  #: why it is in this state
    paused: bool = False  #: whether messages wait although it could send
    paused_because: str = ""
    first_contacts_until: datetime | None = None  #: until then nobody is written to for the first time
    picture_at: datetime | None = None
    me: str | None = None  #: the linked account's chat id
    created_at: datetime
    state_since: datetime


class QrCode(Answer, frozen=True, kw_only=True):
    """A QR code to link by. A secret: who scans it owns the account."""

    code: str  #: what the QR code says
    qr_code: str  #: a data: URL of a picture of it
    expires_at: datetime

    def __repr__(self) -> str:
        return f"QrCode(expires_at={self.expires_at})"


class PairingCode(Answer, frozen=True, kw_only=True):
    """A code to type on the phone. A secret, too."""

    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"PairingCode(expires_at={self.expires_at})"


class Accepted(Answer, frozen=True, kw_only=True):
    """A message that is stored and will be sent."""

    message_id: str
    status: str
    reason: str = ""
    estimated_send_at: datetime  #: by the pacing; when it left, if it has


class Decided(Answer, frozen=True, kw_only=True):
    """A message after it was taken back."""

    message_id: str
    status: str
    reason: str = ""


class Upload(Answer, frozen=True, kw_only=True):
    """A file that the hub keeps until a message names it."""

    upload_id: str
    type: str
    mimetype: str
    filename: str
    size: int  #: bytes
    sha256: str


class TimelineStep(Answer, frozen=True, kw_only=True):
    """One step of a message's life."""

    at: datetime
    status: str
    reason: str = ""


class Media(Answer, frozen=True, kw_only=True):
    """A file that a message carries."""

    status: str  #: ready, fetching, unavailable
    reason: str = ""
    url: str = ""
    mimetype: str = ""
    filename: str = ""
    size: int = 0


class Message(Answer, frozen=True, kw_only=True, tag_field="direction"):
    """What every message has."""

    message_id: str
    connection_id: str
    chat: str
    type: str
    text: str = ""
    media: Media | None = None
    payload: Mapping[str, Any] | None = None
    about: str = ""  #: the id of the message that it answers, or remarks on
    mentions: Sequence[str] = ()
    forwarded: bool = False


class SentMessage(Message, frozen=True, kw_only=True, tag="outbound"):
    """A message that went out, or is to."""

    status: str
    reason: str = ""
    ack: int = 0  #: -1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played
    attempts: int = 0
    priority: str = "normal"
    source: str = ""
    because: str = ""
    request_id: str = ""
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    updated_at: datetime
    waits_for: str = ""  #: what stands in its way; told of a single message only, like the timeline
    timeline: Sequence[TimelineStep] = ()


class ReceivedMessage(Message, frozen=True, kw_only=True, tag="inbound"):
    """A message that came in."""

    participant: str = ""  #: who wrote, in a group
    from_me: bool = False  #: typed on the linked phone itself
    name: str = ""  #: that the writer gave himself; no proof of who it is
    chat_name: str = ""
    sent_at: datetime
    received_at: datetime


class Contact(Answer, frozen=True, kw_only=True):
    """Somebody with whom a connection has written."""

    chat: str
    number: str | None = None
    name: str = ""
    last_inbound_at: datetime | None = None
    last_outbound_at: datetime | None = None
    opted_out: bool = False


class Event(Answer, frozen=True, kw_only=True):
    """Something that happened. `gap`: the hub no longer keeps what happened between, look for yourself."""

    id: str = ""
    type: str
    timestamp: datetime | None = None
    data: Mapping[str, Any] = {}


class Commanded(Answer, frozen=True, kw_only=True):
    """What an admin command says."""

    ok: bool
    text: str = ""
    data: Mapping[str, Any] = {}
