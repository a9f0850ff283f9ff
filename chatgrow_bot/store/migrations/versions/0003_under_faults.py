"""Why a connection is paused, when first contacts may go again, since when its account is linked, who was
asked before a message left, which message caused it, and whether it waits for a better time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    empty = sa.text("''")
    op.add_column("connections", sa.Column("paused_because", sa.Text(), nullable=False, server_default=empty))
    op.add_column("connections", sa.Column("first_contacts_until", sa.BigInteger()))
    op.add_column("connections", sa.Column("linked_at", sa.BigInteger()))
    op.add_column("outbox", sa.Column("trace", sa.Text()))
    op.add_column("outbox", sa.Column("cause", sa.String(32), nullable=False, server_default=empty))
    op.add_column("outbox", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    is_held, has_cause = sa.text("held"), sa.text("cause != ''")
    op.create_index(
        "ix_outbox_held",
        "outbox",
        ["connection_id", "chat", "lane"],
        sqlite_where=is_held,
        postgresql_where=is_held,
    )
    op.create_index(
        "ix_outbox_cause", "outbox", ["cause"], sqlite_where=has_cause, postgresql_where=has_cause
    )
    # what a message names must outlive it: other messages, files
    is_about, has_media = sa.text("about != ''"), sa.text("media IS NOT NULL")
    op.create_index("ix_outbox_about", "outbox", ["about"], sqlite_where=is_about, postgresql_where=is_about)
    for table in ("outbox", "inbox"):
        op.create_index(
            f"ix_{table}_media",
            table,
            ["tenant", "id"],
            sqlite_where=has_media,
            postgresql_where=has_media,
        )
    _silences()
    _places()
    _long_queues()


def _silences() -> None:
    """How the loop breaker counts replies, and what silences a chat."""
    is_reply, typed, cut = sa.text("lane = 'reply'"), sa.text("from_me"), sa.text("outcome = 'loop'")
    for name, table, columns, where in (
        ("ix_outbox_replies_chat", "outbox", ["connection_id", "chat", "created_at"], is_reply),
        ("ix_outbox_replies_connection_id", "outbox", ["connection_id", "created_at"], is_reply),
        ("ix_inbox_typed", "inbox", ["connection_id", "chat", "sent_at"], typed),
        ("ix_inbox_cut", "inbox", ["connection_id", "chat", "received_at"], cut),
    ):
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _places() -> None:
    """When something that is sent little of left, or may leave."""
    connection_id = sa.Column("connection_id", sa.String(64), nullable=False)
    op.create_table(
        "places",
        connection_id,
        sa.Column("ration", sa.String(20), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "ration", "holder", name="pk_places"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connections.id"],
            name="fk_places_connection_id_connections",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_places_at", "places", ["connection_id", "ration", "at"])


def _long_queues() -> None:
    """What is asked every minute or at every message finds its rows, however many wait."""
    waits = "state IN ('queued', 'retry')"
    last = ["connection_id", "chat", "lane", "priority", "due"]
    for name, columns, words in (
        ("ix_outbox_expires", ["expires_at"], waits),
        ("ix_outbox_last", last, f"{waits} AND (due <= created_at OR reason != '')"),
        ("ix_outbox_quarantined", ["tenant", "id"], "state IN ('quarantined')"),
    ):
        where = sa.text(words)
        op.create_index(name, "outbox", columns, sqlite_where=where, postgresql_where=where)
