"""A step with rows: a parent table copied while children point at it, a column filled, an index made."""

import sqlalchemy as sa
from alembic import op

from chatgrow_bot.store.upgrade import VERSIONS

revision = "next"
down_revision = max(file.name[:4] for file in VERSIONS.glob("0*.py"))
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("connections", recreate="auto") as table:
        table.alter_column("name", new_column_name="label")
        table.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="green"))
    op.execute("UPDATE connections SET colour = 'red' WHERE paused")
    op.create_index("ix_connections_colour", "connections", ["colour"])
