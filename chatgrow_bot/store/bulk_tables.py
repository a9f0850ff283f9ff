"""The tables of bulk sends: the requests, and their rows as they will be said."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from .metadata import Id, Name, Word, metadata
from .partial import partial
from .types import Json, Moment, Words

bulk_batches = Table(
    "bulk_batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("connection_id", Name, nullable=False),
    Column("name", Words, nullable=False),
    Column("state", Word, nullable=False),
    Column("reason", Words, nullable=False),  #: why it ended, or stands still in the middle
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("media", Json),  #: what is common to all rows without content of their own; their words are theirs
    Column("payload", Json),
    Column("hours", Json),
    Column("send_at", Moment),
    Column("expires_at", Moment),
    Column("key", String(255)),  #: the Idempotency-Key of the request
    Column("asked", Name, nullable=False),  #: a digest of it
    Column("request_id", Id, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    UniqueConstraint("tenant", "key"),
)
Index("ix_bulk_batches_tenant", bulk_batches.c.tenant, bulk_batches.c.id)
#: Those that the feeder looks at.
LIVE = text("ended_at IS NULL")
partial("ix_bulk_batches_live", LIVE, bulk_batches, "connection_id")

bulk_rows = Table(
    "bulk_rows",
    metadata,
    Column("batch_id", Id, ForeignKey("bulk_batches.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recipient", Words, nullable=False),  #: as it was written
    Column("chat", Name, nullable=False),
    Column("text", Words, nullable=False),
    Column("own", Boolean, nullable=False),  #: what it carries is its own, and not the batch's
    Column("file", Json),  #: what is to be fetched
    Column("media", Json),  #: what was
    Column("payload", Json),
    #: a word of hub.RowState; or `file`, `fed`, `settled`: waits for its file, is a message, which has left
    Column("state", Word, nullable=False),
    Column("reason", Words, nullable=False),
    Column("message_id", Id),
)
partial("ix_bulk_rows_fed", text("state = 'fed'"), bulk_rows, "batch_id message_id")
partial("ix_bulk_rows_waiting", text("state = 'waiting'"), bulk_rows, "batch_id number")
partial("ix_bulk_rows_file", text("state = 'file'"), bulk_rows, "batch_id number")
partial("ix_bulk_rows_media", text("media IS NOT NULL"), bulk_rows, "batch_id")
partial("ix_bulk_rows_message", text("message_id IS NOT NULL"), bulk_rows, "message_id")
partial("ix_bulk_rows_person", text("state IN ('waiting', 'file')"), bulk_rows, "chat")
#: The same in queries that other tables with a state stand in.
IS_FED, ROW_WAITS, ROW_HAS_FILE = (text(f"bulk_rows.state = '{each}'") for each in ("fed", "waiting", "file"))
ROW_IS_TO_COME = text("bulk_rows.state IN ('waiting', 'file')")
