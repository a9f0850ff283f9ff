"""Logins that are renewed and ended, keys for programs, keys for messages from outside, what plans have used,
what happened each day, and the request that a message came of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID, _NAME, _WORD = sa.String(32), sa.String(64), sa.String(20)


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    empty = sa.text("''")
    # What signs tokens is made of the installation's key now: a copy of the database gives it away no more.
    meta = sa.table("meta", sa.column("key"))
    op.execute(meta.delete().where(meta.c.key == "jwtSecret"))
    op.add_column("outbox", sa.Column("request_id", _ID, nullable=False, server_default=empty))
    op.create_index("ix_inbox_chat", "inbox", ["tenant", "connection_id", "chat", "id"])
    op.create_table(
        "logins",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("secret_hash", _NAME, nullable=False, server_default=empty),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_logins"),
        _of_user("logins"),
    )
    op.create_index("ix_logins_user_id", "logins", ["user_id"])
    op.create_table(
        "api_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", _NAME, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("connections", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        _of_user("api_keys"),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])
    _webhooks()
    _figures()


def _webhooks() -> None:
    """Messages from outside."""
    op.create_table(
        "webhook_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_keys"),
        _of_connection("webhook_keys"),
    )
    op.create_index("ix_webhook_keys_connection_id", "webhook_keys", ["connection_id"])
    op.create_table(
        "webhook_uses",
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("webhook_id", sa.String(255), nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "webhook_id", name="pk_webhook_uses"),
        _of_connection("webhook_uses"),
    )
    op.create_index("ix_webhook_uses_at", "webhook_uses", ["at"])


def _figures() -> None:
    """What was used, and what happened."""
    none = sa.text("0")
    op.create_table(
        "usage",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("span", _WORD, nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False, server_default=none),
        sa.Column("refused", sa.BigInteger(), nullable=False, server_default=none),
        sa.Column("warned", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("tenant", "span", name="pk_usage"),
    )
    op.create_table(
        "counts",
        sa.Column("tenant", _ID, nullable=False),
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("day", _WORD, nullable=False),
        sa.Column("what", sa.String(160), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection_id", "day", "what", name="pk_counts"),
    )


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE"
    )


def _of_connection(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["connection_id"],
        ["connections.id"],
        name=f"fk_{table}_connection_id_connections",
        ondelete="CASCADE",
    )
