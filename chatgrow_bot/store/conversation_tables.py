"""The tables of what is expected from customers, of conversations that teams have, of figures by day."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, text

from .metadata import KEEPS_LARGEST, Id, Name, Word, metadata
from .partial import partial
from .types import Json, Moment, Words

_NOTHING = text("''")

#: What plugins wait for from customers: one thing a chat and writer.
dialogues = Table(
    "dialogues",
    metadata,
    Column("connection_id", Name, primary_key=True),
    Column("chat", Name, primary_key=True),
    Column("participant", Name, primary_key=True),  #: in a group; else empty
    Column("tenant", Id, nullable=False),
    Column("plugin", Name, nullable=False),
    Column("state", Json, nullable=False),
    Column("farewell", Words, nullable=False, server_default=_NOTHING),
    Column("message_id", Id, nullable=False),  #: what came in when it was asked
    Column("asked_at", Moment, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)

#: Conversations of customers with teams.
conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("tenant", Id, nullable=False),
    Column("connection_id", Name, nullable=False),
    Column("chat", Name, nullable=False),
    Column("name", Words, nullable=False, server_default=_NOTHING),
    Column("state", Word, nullable=False),
    Column("team", Name, nullable=False),
    Column("agent", Name, nullable=False, server_default=_NOTHING),
    Column("language", Word, nullable=False, server_default=_NOTHING),
    Column("note", Words, nullable=False, server_default=_NOTHING),
    Column("because", Words, nullable=False, server_default=_NOTHING),
    Column("message_id", Id, nullable=False, server_default=_NOTHING),  #: what came in when it was opened
    Column("opened_at", Moment, nullable=False),
    Column("assigned_at", Moment),
    Column("answered_at", Moment),
    Column("closed_at", Moment),
    Column("closed_by", Name, nullable=False, server_default=_NOTHING),
    Column("rating", Integer),
    Column("rating_until", Moment),  #: a number that the customer writes until then is his rating
    Column("escalations", Integer, nullable=False, server_default=text("0")),
    Column("wrote_at", Moment),
    Column("spoke_at", Moment),
    Column("due_at", Moment),  #: when the clock has to look at it next; none when only people move it
    Index("uq_conversations_number", "tenant", "number", unique=True),
    Index("ix_conversations_state", "tenant", "state", "number"),
    Index("ix_conversations_chat", "connection_id", "chat", "number"),
    Index("ix_conversations_given", "tenant", "team", "assigned_at"),
)
_OPEN = text("state != 'closed'")
partial("uq_conversations_open", _OPEN, conversations, "connection_id chat", unique=True)
partial("ix_conversations_due", text("due_at IS NOT NULL"), conversations, "due_at")

#: What happened in them.
happenings = Table(
    "happenings",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "conversation_id", Id, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("at", Moment, nullable=False),
    Column("event", Word, nullable=False),
    Column("by", Name, nullable=False),
    Column("team", Name, nullable=False, server_default=_NOTHING),
    Column("agent", Name, nullable=False, server_default=_NOTHING),
    Column("note", Words, nullable=False, server_default=_NOTHING),
)

#: Figures by day: how often something happened, and how long it took.
tallies = Table(
    "tallies",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("day", String(10), primary_key=True),  #: 2026-12-31, by the hub's time zone
    Column("what", Word, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("seconds", BigInteger, nullable=False, server_default=text("0")),  #: the sum, where time is told
    Column("longest", BigInteger, nullable=False, server_default=text("0"), info={KEEPS_LARGEST: True}),
)
