"""The nouns that flow through the hub. Frozen data, no behaviour beyond what they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from .payloads import Contacts, Deletion, Edit, Location, Payload, Poll, Reaction, Vote
from .states import FILES as FILES
from .states import HOLDS_CHAT as HOLDS_CHAT
from .states import NEVER_LEFT as NEVER_LEFT
from .states import REMARKS as REMARKS
from .states import UNSENT as UNSENT
from .states import WAITING as WAITING
from .states import ConnectionState as ConnectionState
from .states import ConversationEvent as ConversationEvent
from .states import ConversationState as ConversationState
from .states import Kind as Kind
from .states import Lane as Lane
from .states import Priority as Priority
from .states import State as State

#: Characters of a text, at most: WhatsApp takes no more.
TEXT_LIMIT = 65_536
#: How `wa_id` begins of a message that never was on WhatsApp, which has no such ids.
OUTSIDE = "OUTSIDE-"
#: People that a text mentions, at most.
MENTIONS_LIMIT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file in the spool. Its name there is its hash; the name people see is only data."""

    path: Path
    sha256: str
    mimetype: str
    filename: str
    size: int  #: bytes
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What WhatsApp says of a file that came in, before anybody has looked at it."""

    mimetype: str = ""
    filename: str = ""
    size: int = 0  #: bytes; 0 when it is not told


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNamed:
    """A file by exactly one of three names, taken into the spool when it is needed."""

    path: str = ""
    url: str = ""
    upload_id: str = ""
    kind: Kind | None = None
    filename: str = ""
    mimetype: str = ""


#: The payload of each kind that has one.
PAYLOADS: dict[Kind, type[Payload]] = {
    Kind.LOCATION: Location,
    Kind.CONTACT: Contacts,
    Kind.POLL: Poll,
    Kind.VOTE: Vote,
    Kind.REACTION: Reaction,
    Kind.EDIT: Edit,
    Kind.DELETION: Deletion,
}
_KINDS = {payload: kind for kind, payload in PAYLOADS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message that came in, as stored."""

    id: str
    tenant: str
    connection_id: str
    chat: str  #: canonical chat id
    participant: str = ""  #: who wrote, in a group; empty in a private chat
    from_me: bool = False  #: typed on the linked phone itself
    wa_id: str
    kind: Kind = Kind.TEXT
    text: str = ""  #: the words, or the caption of a file
    attachment: Attachment | None = None  #: of a file, fetched or not
    media: Media | None = None  #: the file itself, once it is in the spool
    media_trouble: str = ""  #: why there is no file, once that is certain
    payload: Payload | None = None
    about: str = ""  #: our id of the earlier message that it answers, or remarks on; empty if not known here
    about_wa_id: str = ""  #: the same as WhatsApp names it
    mentions: tuple[str, ...] = ()  #: chat ids of people named in the text
    forwarded: bool = False
    name: str = ""  #: the name the writer gave himself; never proof of who it is
    chat_name: str = ""  #: the group's name
    sent_at: datetime
    received_at: datetime

    @property
    def sender(self) -> str:
        """The chat id of the person who wrote."""
        return self.participant or self.chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Something to send, before it is stored."""

    to: str  #: a number in international form, or a chat id
    text: str = ""  #: the words, or the caption of `media`
    media: Media | None = None
    file: FileNamed | None = None  #: in an answer, instead of `media`: the core takes it into the spool
    payload: Payload | None = None
    about: str = ""  #: our id of the earlier message that it quotes or, with such a payload, remarks on
    mentions: tuple[str, ...] = ()  #: numbers or chat ids of people; each stands in the text as @number
    forwarded: bool = False  #: shown as forwarded
    connection_id: str | None = None  #: an answer leaves it out: the connection asked is the one that answers
    priority: Priority = Priority.NORMAL
    send_at: datetime | None = None
    ttl: timedelta | None = None
    because: str = ""  #: what made it, for people who ask why: a rule's place, a command, a caller

    @property
    def kind(self) -> Kind:
        """What it carries."""
        if self.payload is not None:
            return _KINDS[type(self.payload)]
        return self.media.kind if self.media else Kind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An outgoing message as stored: what, where to, and how far it has come. It carries no text."""

    id: str
    tenant: str
    connection_id: str
    chat: str
    wa_id: str  #: the id under which WhatsApp knows it, fixed before the first try
    kind: Kind
    lane: Lane
    priority: Priority
    state: State
    ack: int = 0  #: -1 refused, 0 pending, 1 server, 2 phone, 3 read, 4 played
    attempts: int = 0
    reason: str = ""  #: why it is in this state, in a sentence
    source: str = ""  #: who asked: `api`, or a plugin's name
    because: str = ""
    about: str = ""  #: our id of the earlier message that it quotes or remarks on
    request_id: str = ""  #: the request that asked for it, as the log names it
    created_at: datetime
    due: datetime  #: not sent before
    expires_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One step in a message's life."""

    at: datetime
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChange:
    """A connection went from one state to another."""

    connection_id: str
    tenant: str
    state: ConnectionState
    previous: ConnectionState
    reason: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """How a connection fares. Facts are written on change only."""

    connection_id: str
    tenant: str
    state: ConnectionState
    is_healthy: bool
    can_send: bool
    can_receive: bool
    heartbeat_age: float | None  #: seconds since the page last answered; None before it ever did
    backlog: int  #: messages waiting
    reason: str = ""  #: what is wrong, in a sentence
    memory: int | None = None  #: bytes that its session takes; None while that is not known
    cpu: float | None = None  #: share of one core that it took since the look before
    lag: float = 0.0  #: seconds by which the whole hub was late at worst, of late
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something went wrong that a person may want to know."""

    where: str  #: the part or the plugin's name
    reason: str
    tenant: str = ""
    connection_id: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUse:
    """Somebody used an admin command."""

    name: str
    by: str  #: the user's id
    ok: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A plugin wants others to know of a message: a rule said `notify`."""

    topic: str  #: what it is about, in a word of the rule's author
    note: str = ""  #: his own words; never the customer's
    by: str  #: the plugin's name
    because: str = ""  #: what made it, such as a rule's place
    message_id: str = ""  #: of what came in
    tenant: str
    connection_id: str
    at: datetime


#: What the journal tells, by the name of the hook that hears it.
@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChange:
    """Something happened in a conversation that was handed to a team."""

    conversation_id: str
    number: int  #: by which people call it: counts within its tenant
    tenant: str
    connection_id: str
    event: ConversationEvent
    state: ConversationState
    team: str
    agent: str = ""  #: who has it now
    previous_agent: str = ""  #: who had it before, where that changed
    by: str = ""  #: who did it: an agent, a rule, a caller, `the customer`, `the clock`
    at: datetime


Fact = Inbound | Delivery | ConnectionChange | HealthReport | Fault | CommandUse | Notice | ConversationChange


@dataclass(frozen=True, slots=True)
class Drop:
    """A filter's verdict: this message goes no further."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """An outbound filter's verdict: not now. Ask again after so many seconds."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a trace: who was asked, and what came of it."""

    stage: str  #: consent, seen, filter, guard, answer, ...
    by: str = ""
    result: str
    ms: float = 0.0
