"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID, _NAME, _WORD = sa.String(32), sa.String(64), sa.String(20)
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    _people()
    _connections()
    _way_out()
    _way_in()
    _facts()
    _consent()
    _plugins()


def _people() -> None:
    op.create_table(
        "meta",
        sa.Column("key", _NAME, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "users",
        sa.Column("id", _ID, nullable=False),
        sa.Column("username", _NAME, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", _WORD, nullable=False),
        sa.Column("plan", _WORD, nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
    )


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("id", _NAME, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone_number", _NAME, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state_since", sa.BigInteger(), nullable=False),
        sa.Column("me", _NAME),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("swept_to", sa.BigInteger()),
        sa.Column("owner", _NAME),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.ForeignKeyConstraint(["tenant"], ["users.id"], name="fk_connections_tenant_users"),
    )
    op.create_index("ix_connections_tenant", "connections", ["tenant"])
    op.create_table(
        "slots",
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("lane", _WORD, nullable=False),
        sa.Column("next_slot", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "lane", name="pk_slots"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_slots_connection_id_connections",
            ondelete="CASCADE",
        ),
    )


def _way_out() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.Column("wa_id", _NAME, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media", sa.Text()),
        sa.Column("lane", _WORD, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("ack", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("recoveries", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", _NAME, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("connection_id", "wa_id", name="uq_outbox_connection_id_wa_id"),
    )
    op.create_index("ix_outbox_chat", "outbox", ["connection_id", "chat", "id"])
    where_ready = sa.text("state IN ('queued', 'retry')")
    op.create_index(
        "ix_outbox_ready",
        "outbox",
        ["connection_id", "lane", "priority", "due", "id"],
        sqlite_where=where_ready,
        postgresql_where=where_ready,
    )
    op.create_index("ix_outbox_tenant", "outbox", ["tenant", "id"])
    where_chat_in_flight = sa.text("state IN ('claimed', 'sending', 'unknown', 'retry')")
    op.create_index(
        "ux_outbox_chat_in_flight",
        "outbox",
        ["connection_id", "chat"],
        unique=True,
        sqlite_where=where_chat_in_flight,
        postgresql_where=where_chat_in_flight,
    )
    op.create_table(
        "timeline",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_timeline"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox.id"], name="fk_timeline_message_id_outbox", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_timeline_message_id", "timeline", ["message_id"])
    op.create_table(
        "idempotency",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("digest", _NAME, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "key", name="pk_idempotency"),
    )


def _way_in() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.Column("participant", _NAME, nullable=False),
        sa.Column("from_me", sa.Boolean(), nullable=False),
        sa.Column("wa_id", _NAME, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", _NAME, nullable=False),
        sa.Column("trace", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint(
            "connection_id",
            "chat",
            "participant",
            "from_me",
            "wa_id",
            name="uq_inbox_connection_id_chat_participant_from_me_wa_id",
        ),
    )
    op.create_index("ix_inbox_tenant", "inbox", ["tenant", "id"])
    op.create_table(
        "jobs",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox.id"], name="fk_jobs_message_id_inbox", ondelete="CASCADE"
        ),
    )


def _facts() -> None:
    op.create_table(
        "journal",
        sa.Column("position", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("hook", _WORD, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_journal"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "bookmarks",
        sa.Column("reader", _NAME, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_bookmarks"),
    )
    op.create_table(
        "parked",
        sa.Column("reader", _NAME, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", "position", name="pk_parked"),
    )


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("person", _NAME, nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_consent"),
    )
    op.create_table(
        "consent_ledger",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("person", _NAME, nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_ledger"),
    )


def _plugins() -> None:
    op.create_table(
        "plugin_store",
        sa.Column("instance", _NAME, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instance", "tenant", "key", name="pk_plugin_store"),
    )
