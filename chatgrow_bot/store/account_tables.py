"""The tables of users: what they log in with, what they have used, what programs of theirs sign with."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from .metadata import Id, Name, Word, metadata
from .types import Json, Moment, Words

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("username", Name, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Word, nullable=False),
    Column("plan", Word, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("token_version", Integer, nullable=False, default=0),  #: raising it ends every token
    Column("created_at", Moment, nullable=False),
)

#: Logins that have not ended. Removing the row ends every token that came of it.
logins = Table(
    "logins",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    #: SHA-256 of the one refresh token that is good now; empty for a login renewed by its access token
    Column("secret_hash", Name, nullable=False, server_default=text("''")),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),  #: when it was last renewed
    Column("expires_at", Moment, nullable=False),
)

#: Keys for programs. What is stored is the SHA-256 of the secret part.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("secret_hash", Name, nullable=False),
    Column("scopes", Json, nullable=False),  #: a list of words
    Column("connections", Json),  #: a list of ids; none of them: all that the user has
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)

#: Keys with which messages from outside are signed, sealed with the installation's own key.
webhook_keys = Table(
    "webhook_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column(
        "connection_id", Name, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("sealed", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)

#: Ids of messages from outside: each is used once.
webhook_uses = Table(
    "webhook_uses",
    metadata,
    Column("connection_id", Name, ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True),
    Column("webhook_id", String(255), primary_key=True),
    Column("message_id", Id, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

#: How much of what his plan allows a tenant has used in a span of time: `day:2026-01-31`, `month:2026-01`.
usage = Table(
    "usage",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("span", Word, primary_key=True),
    Column("used", BigInteger, nullable=False, server_default=text("0")),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    Column("warned", Boolean, nullable=False, server_default=false()),
)

#: What happened on a connection on a day, counted from the journal.
counts = Table(
    "counts",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("connection_id", Name, primary_key=True),
    Column("day", Word, primary_key=True),  #: 2026-01-31, in UTC
    Column("what", String(160), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
