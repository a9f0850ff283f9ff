"""The tables of what is known of customers, of how answers came about, and of who was erased."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, text

from .metadata import Id, Name, Word, metadata
from .partial import partial
from .types import Json, Moment

#: Words on a person and what is kept about him, by the name under which each of his chats stands.
customers = Table(
    "customers",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("person", Name, primary_key=True),
    Column("tags", Json, nullable=False),
    Column("fields", Json, nullable=False),
    Column("set_at", Json),  #: when each field was set last, or forgotten, in microseconds since 1970
    #: When he last wrote what is kept no more, in microseconds since 1970, by connection and, where it was in
    #: a group, its chat; 0 where it was no writing.
    Column("wrote", Json),
    Column("updated_at", Moment, nullable=False),
)

#: Lines that many traces share, once.
trace_pages = Table(
    "trace_pages",
    metadata,
    Column("digest", Name, primary_key=True),
    Column("used_at", Moment, nullable=False),
    Column("lines", Json, nullable=False),  #: last: long as it is, what stands behind it is slow to reach
)
#: How plugins came to answer a message, or not to.
traces = Table(
    "traces",
    metadata,
    Column("message_id", Id, ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True),
    Column("plugin", Name, primary_key=True),
    Column("page", Name, ForeignKey("trace_pages.digest"), nullable=False, index=True),
    Column("asked", Integer, nullable=False),
    Column("marks", Json),
    Column("is_dull", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)
partial("ix_traces_dull", text("is_dull"), traces, "at")

#: A key for each person of whom the log speaks; without it nobody can tell any more of whom.
person_keys = Table(
    "person_keys",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("person", Name, primary_key=True),
    Column("key", String(255), nullable=False),  #: sealed
)
#: Who was exported and erased, when and by whom; a person stands in it as a keyed hash.
privacy_log = Table(
    "privacy_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("subject", Name, nullable=False),
    Column("what", Word, nullable=False),
    Column("by", Name, nullable=False),
    Column("counts", Json, nullable=False),
    Column("at", Moment, nullable=False),
)
Index("ix_privacy_log_tenant", privacy_log.c.tenant, privacy_log.c.id)
#: Who was erased and wants nothing: hashes under the installation's key.
suppressions = Table(
    "suppressions",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("at", Moment, nullable=False),
)
#: Ids of messages and requests of who was erased, which may come once more: hashes under the same key.
spent = Table(
    "spent",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("subject", Name, primary_key=True),
    Column("message_id", Id, nullable=False),  #: of the message that is gone
    Column("at", Moment, nullable=False, index=True),
)
