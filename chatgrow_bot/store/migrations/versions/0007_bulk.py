"""Bulk sends: the requests, and their rows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID, _NAME, _WORD = sa.String(32), sa.String(64), sa.String(20)


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    op.create_table(
        "bulk_batches",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("media", sa.Text()),
        sa.Column("payload", sa.Text()),
        sa.Column("hours", sa.Text()),
        sa.Column("send_at", sa.BigInteger()),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("key", sa.String(255)),
        sa.Column("asked", _NAME, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_batches"),
        sa.UniqueConstraint("tenant", "key", name="uq_bulk_batches_tenant_key"),
    )
    op.create_index("ix_bulk_batches_tenant", "bulk_batches", ["tenant", "id"])
    _partial("ix_bulk_batches_live", "bulk_batches", "connection_id", "ended_at IS NULL")
    _rows()


def _rows() -> None:
    op.create_table(
        "bulk_rows",
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("file", sa.Text()),
        sa.Column("media", sa.Text()),
        sa.Column("payload", sa.Text()),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message_id", _ID),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_bulk_rows"),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["bulk_batches.id"],
            name="fk_bulk_rows_batch_id_bulk_batches",
            ondelete="CASCADE",
        ),
    )
    _partial("ix_bulk_rows_fed", "bulk_rows", "batch_id message_id", "state = 'fed'")
    _partial("ix_bulk_rows_waiting", "bulk_rows", "batch_id number", "state = 'waiting'")
    _partial("ix_bulk_rows_file", "bulk_rows", "batch_id number", "state = 'file'")
    _partial("ix_bulk_rows_media", "bulk_rows", "batch_id", "media IS NOT NULL")
    _partial("ix_bulk_rows_message", "bulk_rows", "message_id", "message_id IS NOT NULL")


def _partial(name: str, table: str, columns: str, where: str) -> None:
    which = sa.text(where)
    op.create_index(name, table, columns.split(), sqlite_where=which, postgresql_where=which)
