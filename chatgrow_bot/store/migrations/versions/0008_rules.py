"""What is known of customers, how answers came about, and who was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID, _NAME, _WORD, _KEY = sa.String(32), sa.String(64), sa.String(20), sa.String(255)


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    _customers()
    _traces()
    _erasures()
    _consent()


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("person", _NAME, nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("set_at", sa.Text(), nullable=True),
        sa.Column("wrote", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_customers"),
    )
    for name, where, table, columns in (
        ("ix_outbox_elsewhere", "lane = 'send' AND cause != ''", "outbox", ["connection_id", "created_at"]),
        ("ix_inbox_participant", "participant != ''", "inbox", ["connection_id", "participant", "id"]),
    ):
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _traces() -> None:
    op.create_table(
        "trace_pages",
        sa.Column("digest", _NAME, nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_trace_pages"),
    )
    op.create_table(
        "traces",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("plugin", _NAME, nullable=False),
        sa.Column("page", _NAME, nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=True),
        sa.Column("is_dull", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "plugin", name="pk_traces"),
        sa.ForeignKeyConstraint(
            ["message_id"], ["inbox.id"], name="fk_traces_message_id_inbox", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["page"], ["trace_pages.digest"], name="fk_traces_page_trace_pages"),
    )
    op.create_index("ix_traces_page", "traces", ["page"])
    dull = sa.text("is_dull")
    op.create_index("ix_traces_dull", "traces", ["at"], sqlite_where=dull, postgresql_where=dull)


def _erasures() -> None:
    op.create_table(
        "person_keys",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("person", _NAME, nullable=False),
        sa.Column("key", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "person", name="pk_person_keys"),
    )
    op.create_table(
        "privacy_log",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("subject", _NAME, nullable=False),
        sa.Column("what", _WORD, nullable=False),
        sa.Column("by", _NAME, nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_log"),
    )
    op.create_index("ix_privacy_log_tenant", "privacy_log", ["tenant", "id"])
    op.create_table(
        "suppressions",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("subject", _NAME, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subject", name="pk_suppressions"),
    )
    op.create_table(
        "spent",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("subject", _NAME, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subject", name="pk_spent"),
    )
    op.create_index("ix_spent_at", "spent", ["at"])


def _consent() -> None:
    empty = sa.text("''")
    op.add_column("consent", sa.Column("confirmation", _ID, nullable=False, server_default=empty))
    op.add_column("consent_ledger", sa.Column("word", sa.Text(), nullable=False, server_default=empty))
    op.create_index("ix_contacts_chat", "contacts", ["connection_id", "chat"])
    op.create_index("ix_consent_ledger_person", "consent_ledger", ["tenant", "person", "at"])
    to_come = sa.text("state IN ('waiting', 'file')")
    op.create_index(
        "ix_bulk_rows_person", "bulk_rows", ["chat"], sqlite_where=to_come, postgresql_where=to_come
    )
