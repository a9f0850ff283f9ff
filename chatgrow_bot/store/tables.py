"""Every table, once, for both dialects. Rows name their tenant themselves; ids are made by the application
and grow with time, so that nothing has to be read back after an insert."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from ..messages import HOLDS_CHAT, WAITING, State
from .metadata import Id, Name, Word, metadata
from .partial import in_states, partial
from .types import Json, Moment, Words

#: The installation's own values: its secrets, its epoch.
meta = Table("meta", metadata, Column("key", Name, primary_key=True), Column("value", Json, nullable=False))

connections = Table(
    "connections",
    metadata,
    Column("id", Name, primary_key=True),  #: unique in the installation
    Column("tenant", Id, ForeignKey("users.id"), nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("phone_number", Name, nullable=False),
    Column("settings", Json, nullable=False),  #: what differs from the defaults
    Column("state", Word, nullable=False),
    Column("reason", Words, nullable=False, default=""),
    Column("state_since", Moment, nullable=False),
    Column("me", Name),  #: the linked account's chat id
    Column("paused", Boolean, nullable=False, default=False),
    Column("paused_because", Words, nullable=False, server_default=text("''")),
    Column("first_contacts_until", Moment),  #: until then nobody is written to for the first time
    Column("linked_at", Moment),  #: when the account that is linked now was linked: a new one sends less
    Column("swept_to", Moment),  #: what came before this is known to be stored
    # one process today; past one machine these fence a stale worker
    Column("owner", Name),
    Column("epoch", Integer, nullable=False, default=0),
    Column("lease_until", Moment),
    Column("created_at", Moment, nullable=False),
)

#: When each lane of a connection may next send. Written with SENDING, so that a kill cannot skip the gap.
slots = Table(
    "slots",
    metadata,
    Column("connection_id", Name, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("lane", Word, primary_key=True),
    Column("next_slot", Moment, nullable=False),
)

#: When something that is sent little of left, or when it may: first contacts, messages of a new account.
places = Table(
    "places",
    metadata,
    Column("connection_id", Name, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("ration", Word, primary_key=True),
    Column("holder", Name, primary_key=True),  #: a chat, or a message
    Column("at", Moment, nullable=False),
    Column("gone", Boolean, nullable=False),  #: else it is promised
)
Index("ix_places_at", places.c.connection_id, places.c.ration, places.c.at)

#: Messages outlive their connection (history, status), so they name it without a foreign key.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("connection_id", Name, nullable=False),
    Column("chat", Name, nullable=False),
    Column("wa_id", Name, nullable=False),
    Column("kind", Word, nullable=False),
    Column("text", Words, nullable=False),
    Column("media", Json),
    Column("payload", Json),
    #: our id of the message that it quotes or remarks on
    Column("about", Id, nullable=False, server_default=text("''")),
    Column("mentions", Json),
    Column("forwarded", Boolean, nullable=False, server_default=false()),
    Column("lane", Word, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", Word, nullable=False),
    Column("ack", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("recoveries", Integer, nullable=False, default=0),
    Column("epoch", Integer, nullable=False, default=0),
    Column("reason", Words, nullable=False, default=""),
    Column("source", Name, nullable=False),
    Column("because", Words, nullable=False, default=""),
    Column("cause", Id, nullable=False, server_default=text("''")),  #: the message it answers, by our id
    Column("request_id", Id, nullable=False, server_default=text("''")),  #: the request that asked for it
    Column("trace", Json),  #: who was asked before it left, and what came of it
    #: queued, and told to wait: see obstacles.py
    Column("held", Boolean, nullable=False, server_default=false()),
    Column("due", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    UniqueConstraint("connection_id", "wa_id"),
)
# The claim reads the head of one connection and lane.
_WAITS, _HOLDS = in_states("state", WAITING), in_states("state", HOLDS_CHAT)
partial("ix_outbox_ready", _WAITS, outbox, "connection_id lane priority due id")
partial("ux_outbox_chat_in_flight", _HOLDS, outbox, "connection_id chat", unique=True)
partial("ix_outbox_expires", _WAITS, outbox, "expires_at")
#: Waiting, and not for a time that its sender chose: those that others to the same chat are placed behind.
UNPLANNED = text(f"{_WAITS} AND (due <= created_at OR reason != '')")
partial("ix_outbox_last", UNPLANNED, outbox, "connection_id chat lane priority due")
partial("ix_outbox_quarantined", in_states("state", (State.QUARANTINED,)), outbox, "tenant id")
#: Once found half sent. Of no state: SQLite would take the index of another condition on it.
RECOVERED = text("recoveries > 0")
partial("ix_outbox_recovered", RECOVERED, outbox, "id")
partial("ix_outbox_held", text("held"), outbox, "connection_id chat lane")
partial("ix_outbox_cause", text("cause != ''"), outbox, "cause")
_IS_ABOUT, _HAS_MEDIA = text("about != ''"), text("media IS NOT NULL")
partial("ix_outbox_about", _IS_ABOUT, outbox, "about")
partial("ix_outbox_media", _HAS_MEDIA, outbox, "tenant id")
#: How the loop breaker counts: per chat, and over a whole connection.
IS_REPLY = text("lane = 'reply'")
partial("ix_outbox_replies_chat", IS_REPLY, outbox, "connection_id chat created_at")
partial("ix_outbox_replies_connection_id", IS_REPLY, outbox, "connection_id created_at")
#: What was sent to somebody else because of a message that came in.
IS_ELSEWHERE = text("lane = 'send' AND cause != ''")
partial("ix_outbox_elsewhere", IS_ELSEWHERE, outbox, "connection_id created_at")
Index("ix_outbox_tenant", outbox.c.tenant, outbox.c.id)
Index("ix_outbox_chat", outbox.c.connection_id, outbox.c.chat, outbox.c.id)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("outbox.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("state", Word, nullable=False),
    Column("reason", Words, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("digest", Name, nullable=False),  #: of what is sent: another message under the same key is refused
    #: of the request itself, which may name a file that is gone or another by now
    Column("asked", Name, nullable=False, server_default=text("''")),
    Column("message_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("connection_id", Name, nullable=False),
    Column("chat", Name, nullable=False),
    Column("participant", Name, nullable=False),
    Column("from_me", Boolean, nullable=False),
    Column("wa_id", String(128), nullable=False),
    Column("kind", Word, nullable=False),
    Column("text", Words, nullable=False),
    Column("attachment", Json),  #: what WhatsApp says of a file, fetched or not
    Column("media", Json),
    Column("media_trouble", Words, nullable=False, server_default=text("''")),
    Column("payload", Json),
    Column("about", Id, nullable=False, server_default=text("''")),
    Column("about_wa_id", String(128), nullable=False, server_default=text("''")),
    Column("mentions", Json),
    Column("forwarded", Boolean, nullable=False, server_default=false()),
    Column("name", Words, nullable=False),
    Column("chat_name", Words, nullable=False, server_default=text("''")),
    Column("sent_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("outcome", Name, nullable=False, default=""),  #: empty until its way in has ended
    Column("trace", Json),
    # a connection's id can come to another tenant once it is deleted
    UniqueConstraint("connection_id", "chat", "participant", "from_me", "wa_id", "tenant"),
)
Index("ix_inbox_tenant", inbox.c.tenant, inbox.c.id)
Index("ix_inbox_chat", inbox.c.tenant, inbox.c.connection_id, inbox.c.chat, inbox.c.id)
partial("ix_inbox_media", _HAS_MEDIA, inbox, "tenant id")
#: What a person typed on the phone, and where a loop was cut: both silence a chat for a while.
TYPED, CUT = text("from_me"), text("outcome = 'loop'")
partial("ix_inbox_typed", TYPED, inbox, "connection_id chat sent_at")
partial("ix_inbox_cut", CUT, inbox, "connection_id chat received_at")
partial("ix_inbox_about", _IS_ABOUT, inbox, "tenant about")
#: What people wrote in groups: whether somebody wrote before, and when.
IN_GROUP = text("participant != ''")
partial("ix_inbox_participant", IN_GROUP, inbox, "connection_id participant id")

#: People whom a connection knows by a linked id and by a phone number: the same person, one chat.
contacts = Table(
    "contacts",
    metadata,
    Column("connection_id", Name, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("lid", Name, primary_key=True),
    Column("chat", Name, nullable=False),
)
Index("ix_contacts_chat", contacts.c.connection_id, contacts.c.chat)

#: Messages whose way in has not ended: a crash asks again, the end removes the row.
jobs = Table(
    "jobs",
    metadata,
    Column("message_id", Id, ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True),
    Column("connection_id", Name, nullable=False),
    Column("chat", Name, nullable=False),
)

#: The facts. A position is given inside the writer's transaction, so that they stand in the order of commits.
journal = Table(
    "journal",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("hook", Word, nullable=False),
    Column("tenant", Id, nullable=False),
    Column("connection_id", Name, nullable=False),
    Column("body", Json, nullable=False),
    sqlite_autoincrement=True,
)

bookmarks = Table(
    "bookmarks",
    metadata,
    Column("reader", Name, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

parked = Table(
    "parked",
    metadata,
    Column("reader", Name, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("reason", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

#: What a person last said about hearing from a tenant; the ledger keeps every time it was said, with where
#: it was said and by which word.
consent = Table(
    "consent",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("person", Name, primary_key=True),
    Column("opted_out", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    #: the one message that may still go to him: it confirms what he said
    Column("confirmation", Id, nullable=False, server_default=text("''")),
)
consent_ledger = Table(
    "consent_ledger",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("person", Name, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    Column("source", Words, nullable=False),
    Column("word", Words, nullable=False, server_default=text("''")),
    Column("at", Moment, nullable=False),
)
Index("ix_consent_ledger_person", consent_ledger.c.tenant, consent_ledger.c.person, consent_ledger.c.at)

plugin_store = Table(
    "plugin_store",
    metadata,
    Column("instance", Name, primary_key=True),
    Column("tenant", Id, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", Json, nullable=False),
)
