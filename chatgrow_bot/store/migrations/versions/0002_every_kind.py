"""Every kind of message: what it carries besides words and files, what it is about, and who is who."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID, _NAME = sa.String(32), sa.String(64)
_EMPTY, _FALSE = sa.text("''"), sa.false()


def upgrade() -> None:
    """Forward only: the copy made before it is the way back."""
    with op.batch_alter_table("inbox") as inbox:
        # ids made for votes and remarks are longer
        inbox.alter_column("wa_id", existing_type=_NAME, existing_nullable=False, type_=sa.String(128))
        # whoever takes a deleted connection's id may get what its earlier owner got
        same = ["connection_id", "chat", "participant", "from_me", "wa_id"]
        inbox.drop_constraint(f"uq_inbox_{'_'.join(same)}", type_="unique")
        inbox.create_unique_constraint(f"uq_inbox_{'_'.join(same)}_tenant", [*same, "tenant"])
    for table in ("outbox", "inbox"):
        op.add_column(table, sa.Column("payload", sa.Text()))
        op.add_column(table, sa.Column("about", _ID, nullable=False, server_default=_EMPTY))
        op.add_column(table, sa.Column("mentions", sa.Text()))
        op.add_column(table, sa.Column("forwarded", sa.Boolean(), nullable=False, server_default=_FALSE))
    op.add_column("inbox", sa.Column("attachment", sa.Text()))
    op.add_column("inbox", sa.Column("media_trouble", sa.Text(), nullable=False, server_default=_EMPTY))
    op.add_column("inbox", sa.Column("about_wa_id", sa.String(128), nullable=False, server_default=_EMPTY))
    op.add_column("inbox", sa.Column("chat_name", sa.Text(), nullable=False, server_default=_EMPTY))
    is_about = sa.text("about != ''")
    op.create_index(
        "ix_inbox_about",
        "inbox",
        ["tenant", "about"],
        sqlite_where=is_about,
        postgresql_where=is_about,
    )
    op.create_table(
        "contacts",
        sa.Column("connection_id", _NAME, nullable=False),
        sa.Column("lid", _NAME, nullable=False),
        sa.Column("chat", _NAME, nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection_id", "lid"),
    )
